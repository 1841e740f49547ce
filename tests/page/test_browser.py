"""What a person sees and does on the page, in a real Chromium."""

import asyncio

from tests.page.desk import EVIL, clock, fact


async def live(page) -> None:
    await page.locator("#connection[data-state=live]").wait_for()
    await page.locator("#facts li").first.wait_for()


async def test_countdowns_run_and_say_in_words_what_their_colour_says(server, opened):
    page = await opened(server)
    await live(page)
    left = page.locator("#at-risk-table tbody tr .count")
    assert await left.count() == 5
    before = await left.all_inner_texts()
    await asyncio.sleep(2.2)
    after = await left.all_inner_texts()
    assert (before[0].startswith("1 m 3"), before[0] != after[0], before[4] == after[4]) == (True, True, True)
    words = [text.split("\n")[-1] for text in await page.locator("#at-risk-table .urgency").all_inner_texts()]
    assert [word.lstrip("✕▲◆○ ") for word in words] == [
        "within 15 minutes", "within 15 minutes", "within the hour", "later", "later",
    ]  # fmt: skip
    assert "Europe/Berlin" in await page.locator("#zone").inner_text()


async def test_a_clock_that_is_new_or_gone_is_shown_without_a_reload(server, opened, desk):
    page = await opened(server)
    await live(page)
    desk.clocks = [clock(2000, -2, "Too late"), *desk.clocks[2:]]
    await page.get_by_role("button", name="INC-2000").wait_for()
    names = await page.locator("#at-risk-table button.name").all_inner_texts()
    assert [name.split(":")[0].strip() for name in names] == ["INC-2000", "INC-1038", "INC-1051", "INC-1029"]
    assert (await page.locator("#at-risk-table .count").first.inner_text()).startswith("−")


async def test_the_countdown_follows_the_clock_of_the_server_and_not_of_the_viewer(server, opened):
    page = await opened(server)
    await live(page)
    await page.evaluate("Date.now = () => 0")
    await asyncio.sleep(1)
    assert (await page.locator("#at-risk-table .count").first.inner_text()).startswith("1 m")


async def test_a_text_of_a_ticket_stays_a_text_and_only_web_addresses_become_links(server, opened):
    page = await opened(server)
    await live(page)
    assert EVIL in await page.locator("#at-risk-table").inner_text()
    links = await page.locator("a.outside").evaluate_all("all => all.map((one) => [one.href, one.rel])")
    assert links
    assert all(href.startswith("https://desk.example.com/") and rel == "noopener noreferrer" for href, rel in links)
    assert not any("INC-1042" in href for href, _ in links)
    await page.get_by_role("button", name="INC-1044").first.click()
    await page.get_by_role("heading", name="resolution").wait_for()
    assert EVIL in await page.locator("#subject-body").inner_text()


async def test_a_ticket_is_explained_by_keyboard_alone(server, opened):
    page = await opened(server)
    await live(page)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    for _ in range(6):  # customer, group, policy, within, the button, the first ticket
        await page.keyboard.press("Tab")
    assert (await page.evaluate("document.activeElement.textContent")).startswith("INC-1044")
    await page.keyboard.press("Enter")
    body = page.locator("#subject-body")
    await page.get_by_role("heading", name="resolution").wait_for()
    said = await body.inner_text()
    for part in ("waiting for customer", "4h (priority=P1)", "3 h 00 m 00 s", "mail 3 h", "Counted", "Paused"):
        assert part in said, part
    await page.keyboard.press("Escape")
    await page.locator("#subject").wait_for(state="hidden")
    assert (await page.evaluate("document.activeElement.textContent")).startswith("INC-1044")


async def test_focus_stays_on_a_ticket_while_the_table_changes_around_it(server, opened, desk):
    page = await opened(server)
    await live(page)
    await page.get_by_role("button", name="INC-1038").focus()
    desk.clocks = [clock(2000, 5, "First"), *desk.clocks[1:]]
    await page.get_by_role("button", name="INC-2000").wait_for()
    assert (await page.evaluate("document.activeElement.textContent")).startswith("INC-1038")


async def test_the_feed_shows_the_newest_first_strikes_what_was_withdrawn_and_announces_what_is_new(
    server, opened, source
):
    page = await opened(server)
    await live(page)
    lines = page.locator("#facts li")
    assert await lines.count() == 6
    assert "Warning 90%" in await lines.first.inner_text()
    assert "INC-1009" in await page.locator("#facts li.gone").inner_text()
    await source.tell_lines(fact(3000, "breach", 0, "Broken just now"))
    await page.get_by_role("button", name="INC-3000").wait_for()
    assert "INC-3000" in await lines.first.inner_text()
    assert await page.locator("#told").inner_text() == "Breach: resolution of INC-3000"
    await page.get_by_label("Show", exact=True).select_option("correction")
    assert await lines.count() == 1


async def test_budgets_and_workers_are_told_in_words(server, opened):
    page = await opened(server)
    await live(page)
    services = await page.locator("#service-list").inner_text()
    for part in (
        "7 m 50 s of 43 m 12 s budget left (18 %)",
        "down",
        "gone at",
        "budget of 43 m 12 s overdrawn by 45 s",
    ):
        assert part in services, part
    workers = await page.locator("#workers").inner_text()
    for part in ("slamon-0", "ready", "0, 1, 2 active", "silent", "3 h 00 m"):
        assert part in workers, part


async def test_filters_ask_for_their_clocks_alone(server, opened):
    page = await opened(server)
    await live(page)
    await page.get_by_label("Customer", exact=True).fill("Globex")
    await page.keyboard.press("Enter")
    await page.get_by_text("1 open clock.").wait_for()
    assert await page.locator("#at-risk-table tbody tr").count() == 1
    assert "?" not in page.url


async def test_what_is_missing_is_said(server, opened, desk):
    desk.owned = frozenset({0, 2})
    page = await opened(server)
    await live(page)
    assert "no worker has told of partition 1" in await page.locator("#at-risk-note").inner_text()
    desk.clocks = []
    await page.get_by_text("None is known to be due.").wait_for()


async def test_a_lost_worker_is_said_and_found_again(server, opened):
    page = await opened(server, allowed=("ERR_",))
    await live(page)
    await server.stop()
    await page.locator("#connection[data-state=lost]").wait_for()
    assert "Not live" in await page.locator("#connection").inner_text()
    await server.start()  # on the same port
    await page.locator("#connection[data-state=live]").wait_for()


async def test_a_token_opens_the_page_and_stands_nowhere_but_in_the_tab(guarded, opened):
    page = await opened(guarded, allowed=("401",))
    await page.get_by_text("The tickets are behind a door.").wait_for()
    assert await page.evaluate("document.activeElement.id") == "token"
    await page.keyboard.type("not-the-token-0123456789")
    await page.keyboard.press("Enter")
    await page.get_by_text("This token opens nothing here.").wait_for()
    await page.keyboard.type("a-token-of-the-test-0123")
    await page.keyboard.press("Enter")
    await live(page)
    kept = await page.evaluate("[location.href, document.cookie, JSON.stringify(localStorage)].join()")
    assert "a-token" not in kept + await page.content()
    await page.reload()
    await live(page)
    await page.get_by_role("button", name="Forget token").click()
    await page.get_by_text("The tickets are behind a door.").wait_for()


async def test_nobody_can_watch_any_more_and_the_table_is_asked_for_instead(server, opened, desk, monkeypatch):
    monkeypatch.setattr("slamon.service.feed.MAX_VIEWERS", 0)
    page = await opened(server, allowed=("503",))
    await page.get_by_role("button", name="INC-1044").wait_for()
    await page.get_by_text("at most 0 viewers at once").first.wait_for()
