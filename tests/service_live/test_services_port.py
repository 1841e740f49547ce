"""What the ports of workers tell of services: each of its own, and of those it took over from another."""

import asyncio
import signal
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.service_live.live import Live, Worker, now_ms, word

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

MONTHLY = """
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: shop}
spec:
  services: [service-0, service-1, service-2, service-3, service-4, service-5, never-heard-of]
  period: month
  objectives:
    availability: {target: 99.9%, burn_rates: standard}
"""
NAMES = [f"service-{number}" for number in range(6)]
SECONDS = 40


@pytest.fixture
def live(live: Live) -> Live:
    live.policies = MONTHLY
    return live


def shown(worker: Worker, family: str) -> dict[str, float]:
    """The gauge by service."""
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        s.labels["service"]: s.value
        for parsed in parse(text)
        for s in parsed.samples
        if s.name == family and s.labels.get("state", "down") == "down"
    }


async def both(one: Worker, two: Worker, family: str) -> tuple[dict[str, float], dict[str, float]]:
    return await asyncio.to_thread(shown, one, family), await asyncio.to_thread(shown, two, family)


def listed(worker: Worker) -> list[str]:
    """Every service of the worker, page by page."""
    found, cursor = [], ""
    while cursor is not None:
        page = worker.get(f"/api/v1/services?limit=1{cursor and '&cursor='}{cursor}", **{"Slamon-Hop": "1"})
        assert not page["truncated"]
        found += [one["service"] for one in page["services"]]
        cursor = page["next"]
    return found


async def test_each_worker_tells_of_its_own_services_and_of_those_it_takes_over(live: Live) -> None:
    await live.make_topics()
    one, two = live.start("one"), live.start("two")
    await live.ready(one, two, seconds=90)
    at = now_ms()
    await live.write([word(name, "up", at - 120_000) for name in NAMES])
    await live.write([word(name, "down", at - 60_000) for name in NAMES])
    for _ in range(SECONDS):
        ones, twos = await both(one, two, "slamon_service_state")
        if sum(ones.values()) + sum(twos.values()) == len(NAMES):
            break
        await asyncio.sleep(1)
    assert sorted([*ones, *twos]) == sorted([*NAMES, "never-heard-of"]), "each on one worker only"
    assert sorted(listed(one) + listed(two)) == NAMES
    for worker, own in ((one, ones), (two, twos)):
        for name in NAMES:
            told = worker.get(f"/api/v1/services/{name}")
            if name not in own:
                assert told["error"] == "other_worker"
                continue
            (clock,) = told["clocks"]
            assert (clock["state"], told["monitors"][0]["state"]) == ("down", "down")
            assert 60 <= clock["budget"]["used_seconds"] < 60 + 2 * SECONDS
    due = [entry["service"] for worker in (one, two) for entry in worker.get("/api/v1/at-risk")["clocks"]]
    assert sorted(due) == NAMES
    left = {**shown(one, "slamon_time_to_breach_seconds"), **shown(two, "slamon_time_to_breach_seconds")}
    assert all(2300 < left[name] < 2700 for name in NAMES), left
    assert left["never-heard-of"] == float("inf")
    one.send(signal.SIGTERM)
    await one.ended()
    await live.ready(two, seconds=90)
    for _ in range(SECONDS):
        outages = await asyncio.to_thread(shown, two, "slamon_outages")
        if len(outages) > len(NAMES):
            break
        await asyncio.sleep(1)
    assert sorted(outages) == sorted([*NAMES, "never-heard-of"])
    assert listed(two) == NAMES
