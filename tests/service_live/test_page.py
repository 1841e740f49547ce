"""The page of a real worker shows what another one owns, and hears what is told in every partition."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from slamon.engine.partitioner import partition_of
from tests.page.conftest import CHROMIUM, FLAGS
from tests.service_live.live import PARTITIONS, Live, now_ms, ticket, word
from tests.service_live.test_api import POLICIES, Pair

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

NAMES = [f"INC-{number}" for number in range(3000, 3012)]


@pytest_asyncio.fixture
async def pair(live: Live) -> AsyncIterator[Pair]:
    live.policies = POLICIES.replace(
        "targets: {P1: 2h, default: 4h}, warn: [50%]", "targets: {P1: 3s, default: 4h}, warn: [50%]"
    )
    await live.make_topics()
    live.environment = {"SLAMON_ACCESS__TOKEN_FILES": str(live.folder / "tokens")}
    made = Pair(live)
    live.headers = made.headers
    for worker in made.workers:
        worker.opened_by = made.headers
    await live.ready(*made.workers)
    yield made


async def facts_of(pair: Pair, number: int, wanted: int) -> list[dict]:
    """So many breaches as one worker's stream tells them."""
    found: dict[str, dict] = {}
    url = f"http://127.0.0.1:{pair.workers[number].port}/api/v1/events"
    async with (
        asyncio.timeout(30),
        aiohttp.ClientSession() as session,
        session.get(url, headers=pair.headers) as stream,
    ):
        while len(found) < wanted:
            block = (await stream.content.readuntil(b"\n\n")).decode().strip().splitlines()
            if block[0] == "event: fact" and (line := json.loads(block[-1].removeprefix("data: ")))["what"] == "breach":
                found[line["id"]] = line
    return list(found.values())


async def test_every_worker_tells_all_partitions_and_a_browser_shows_them(pair, tmp_path):
    assert {partition_of(name.encode(), PARTITIONS) for name in NAMES} == set(range(PARTITIONS))
    later = [
        ticket(f"{name}-slow", "created", now_ms(), "1", fields={"priority": "P3", "customer": "acme"})
        for name in NAMES
    ]
    soon = [ticket(name, "created", now_ms(), "1", fields={"priority": "P1", "title": "<b>mail</b>"}) for name in NAMES]
    await pair.live.write([*soon, *later, word("checkout", "up", now_ms())])
    both = await asyncio.gather(*(facts_of(pair, number, len(NAMES)) for number in (0, 1)))
    for told in both:
        assert sorted(line["ticket"] for line in told) == NAMES
        assert {line["context"]["title"] for line in told} == {"<b>mail</b>"}
    late = await facts_of(pair, 0, len(NAMES))  # of the time before anybody watched
    assert sorted(line["ticket"] for line in late) == NAMES
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    if CHROMIUM is None or shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    async with playwright.async_playwright() as running:
        browser = await running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        page.set_default_timeout(15_000)
        await page.goto(f"http://127.0.0.1:{pair.workers[0].port}/")
        await page.locator("#token").fill(pair.headers["Authorization"].removeprefix("Bearer "))
        await page.keyboard.press("Enter")
        for name in NAMES:
            await page.locator("#at-risk").get_by_role("button", name=f"{name}-slow").first.wait_for()
            await page.locator("#facts").get_by_role("button", name=name).first.wait_for()
        assert await page.locator("#worker-table tbody tr").count() == 2
        assert "checkout" in await page.locator("#service-list").inner_text()
        for name in NAMES[:4]:  # of both workers
            await page.locator("#at-risk").get_by_role("button", name=f"{name}-slow").first.click()
            await page.get_by_role("heading", name="resolution").wait_for()
            await page.keyboard.press("Escape")
        await browser.close()
