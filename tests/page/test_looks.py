"""How the page looks and is read: light and dark, wide and narrow, by labels and contrast; SLAMON_PICTURES=docs draws them."""

import os
from pathlib import Path

import pytest

from tests.page.desk import fact
from tests.page.test_browser import live

AUDIT = (Path(__file__).parent / "audit.js").read_text()
PICTURES = os.environ.get("SLAMON_PICTURES")


async def audited(page) -> list[str]:
    found: list[str] = await page.evaluate(AUDIT)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_every_text_can_be_read_and_everything_has_a_name(server, opened, scheme, width):
    page = await opened(server, color_scheme=scheme, viewport={"width": width, "height": 900})
    await live(page)
    assert await audited(page) == []
    if PICTURES:
        name = f"page-{scheme}.png" if width == 1280 else f"page-narrow-{scheme}.png"
        await page.screenshot(path=Path(PICTURES) / name, full_page=True)
    await page.get_by_role("button", name="INC-1044").first.click()
    await page.get_by_role("heading", name="resolution").wait_for()
    assert await audited(page) == []
    if PICTURES and width == 1280:
        await page.screenshot(path=Path(PICTURES) / f"page-explained-{scheme}.png")


async def test_the_door_can_be_read_too(guarded, opened):
    page = await opened(guarded, allowed=("401",), color_scheme="dark")
    await page.get_by_text("The tickets are behind a door.").wait_for()
    assert [one for one in await audited(page) if "texts were measured" not in one] == []


async def test_the_schemes_differ_and_follow_the_system(server, opened):
    page = await opened(server, color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(ground)
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert await page.evaluate(ground) != light
    await live(page)
    assert await page.locator(".fill").first.evaluate("(one) => getComputedStyle(one).transitionDuration") == "0s"


async def test_rows_that_are_cards_are_still_a_table_for_screen_readers(server, opened):
    page = await opened(server, viewport={"width": 360, "height": 800})
    await live(page)
    table = page.get_by_role("table", name="At risk")
    assert await table.get_by_role("row").count() == 6
    assert await table.get_by_role("columnheader").count() == 6
    assert await table.get_by_role("row").nth(1).get_by_role("cell").count() == 6


async def test_a_flood_of_facts_stays_bounded_and_is_announced_in_one_sentence(server, opened, source):
    page = await opened(server)
    await live(page)
    await source.tell_lines(*(fact(number, "breach", 0, "x" * 200) for number in range(4000, 4300)))
    await page.get_by_role("button", name="INC-4299").wait_for()
    assert await page.locator("#facts li").count() == 100
    assert (await page.locator("#told").inner_text()).endswith(" breach")
