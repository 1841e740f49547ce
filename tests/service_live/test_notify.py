"""slamon promises that a page reaches who has to be woken, once, whatever happens to pager, notifier and broker's group."""

import asyncio
import hmac
import signal
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.notify.facts import CLOCK, breach, cleared, correction, ended, warning
from tests.notify.pager import CLOSE, HANG, LOST, pager
from tests.service_live.live import Live, now_ms, ticket
from tests.service_live.notifying import KEY, SECRET, Notifying, of_clock

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


@pytest.fixture
def notifying(kafka: Broker, kafka_prefix: str, tmp_path: Path) -> Iterator[Notifying]:
    made = Notifying(kafka.bootstrap, kafka_prefix, tmp_path)
    yield made
    made.close()


def actions(told: list[dict]) -> list[tuple[str, str]]:
    return [(each["dedup_key"], each.get("event_action") or each["action"]) for each in told]


async def test_a_page_is_opened_got_worse_and_closed_at_both_kinds_of_receivers(notifying: Notifying) -> None:
    await notifying.make_topics()
    async with pager() as duty, pager() as chat:
        settings = notifying.settings([notifying.pagerduty("duty", duty.url), notifying.webhook("chat", chat.url)])
        notifier = notifying.start(settings)
        await notifying.ready(notifier)
        await notifying.write(warning(0, escalate_to="head of support"))
        await duty.until(lambda p: len(p.taken) == 1)
        await notifying.write(breach())
        await duty.until(lambda p: len(p.taken) == 2)
        await notifying.write(ended("missed", 90, remaining_seconds=-1800))
        await duty.until(lambda p: len(p.taken) == 3)
        await chat.until(lambda p: len(p.taken) == 3)

        assert actions(duty.taken) == [(CLOCK, "trigger"), (CLOCK, "trigger"), (CLOCK, "resolve")]
        assert actions(chat.taken) == [(CLOCK, "trigger"), (CLOCK, "update"), (CLOCK, "resolve")]
        first = duty.taken[0]
        assert (first["routing_key"], duty.got[0].path) == (KEY, "/v2/enqueue")
        details = first["payload"]["custom_details"]
        assert (details["title"], details["customer"], details["group"]) == ("No mail since noon", "acme", "mail")
        assert details["link"] == first["links"][0]["href"] == "https://desk.example.com/T-1"
        assert details["next_step"].endswith("follow https://wiki.example.com/gold; then call head of support")

        for got in chat.got:
            instant, digest = (part.split("=")[1] for part in got.headers["X-Slamon-Signature"].split(","))
            signed = f"{instant}.".encode() + got.body
            assert hmac.new(SECRET.encode(), signed, "sha256").hexdigest() == digest
            assert got.headers["Idempotency-Key"] == got.told["id"]
        kept = await notifying.kept()
        assert kept[CLOCK]["sent"] == {"duty": [False, [], 1], "chat": [False, [], 1]}
        log = notifier.log.read_text()
        assert KEY not in log
        assert SECRET not in log


async def test_a_pager_that_is_busy_broken_or_hangs_gets_the_page_once_it_can(notifying: Notifying) -> None:
    await notifying.make_topics()
    async with pager(script=[429, 500, HANG, CLOSE], headers={"Retry-After": "2"}) as duty:
        notifier = notifying.start(notifying.settings([notifying.pagerduty("duty", duty.url)]))
        await notifying.ready(notifier)
        await notifying.write(breach())
        await duty.until(lambda p: p.taken, 60)
        assert [got.answered for got in duty.got] == [429, 500, HANG, CLOSE, 202]
        assert {got.told["dedup_key"] for got in duty.got} == {CLOCK}
        assert duty.got[1].at - duty.got[0].at >= 2, "Retry-After"
        metrics = await asyncio.to_thread(scrape, notifier.port)
        assert metrics['slamon_notify_retries_total{receiver="duty"}'] == 4
        assert metrics['slamon_notify_sent_total{action="trigger",receiver="duty"}'] == 1
        assert metrics['slamon_notify_open_pages{receiver="duty"}'] == 1


async def test_a_page_that_is_refused_is_said_and_the_others_go_on(notifying: Notifying) -> None:
    await notifying.make_topics()
    async with pager(script=[400], answer=f"invalid event: {KEY}") as duty:
        notifier = notifying.start(notifying.settings([notifying.pagerduty("duty", duty.url)]))
        await notifying.ready(notifier)
        await notifying.write(of_clock(breach(), 1), of_clock(breach(), 2))
        await duty.until(lambda p: p.taken)
        await asyncio.sleep(0.5)
        assert [got.answered for got in duty.got] == [400, 202]
        (said,) = notifier.said("page_refused")
        assert (said["level"], said["why"]) == ("error", "400 invalid event: ***")
        assert said["clock_id"] == duty.got[0].told["dedup_key"]
        metrics = await asyncio.to_thread(scrape, notifier.port)
        assert metrics['slamon_notify_refused_total{receiver="duty"}'] == 1


async def test_a_receiver_that_hangs_holds_nobody_else_back(notifying: Notifying) -> None:
    await notifying.make_topics()
    async with pager(usual=HANG) as slow, pager() as fast:
        receivers = [notifying.pagerduty("slow", slow.url), notifying.pagerduty("fast", fast.url)]
        notifier = notifying.start(notifying.settings(receivers))
        await notifying.ready(notifier)
        await notifying.write(*(of_clock(breach(), n) for n in range(40)))
        await fast.until(lambda p: len(p.taken) == 40, 15)
        assert len(slow.got) < 10
        metrics = await asyncio.to_thread(scrape, notifier.port)
        assert metrics['slamon_notify_waiting{receiver="slow"}'] == 40
        assert metrics['slamon_notify_oldest_waiting_seconds{receiver="slow"}'] > 0
        assert metrics["slamon_notify_lag_records"] == 0, "facts are read on, so no worker and no group sees the pager"


async def test_a_notifier_killed_before_it_knew_of_the_answer_says_the_same_again(notifying: Notifying) -> None:
    """Kill -9 between delivery and what is kept of it: the page is repeated under its key, and closed after."""
    await notifying.make_topics()
    async with pager(script=[LOST, HANG]) as duty:
        settings = notifying.settings([notifying.pagerduty("duty", duty.url)])
        first = notifying.start(settings)
        await notifying.ready(first)
        await notifying.write(breach())
        await duty.until(lambda p: len(p.got) == 2)
        first.send(signal.SIGKILL)
        await first.ended()
        second = notifying.start(settings)
        await notifying.ready(second)
        await duty.until(lambda p: len(p.taken) == 2)
        assert actions(duty.taken) == [(CLOCK, "trigger")] * 2

        second.send(signal.SIGKILL)
        await second.ended()
        await notifying.write(ended("missed", 90))
        third = notifying.start(settings)
        await duty.until(lambda p: len(p.taken) == 3)
        assert actions(duty.taken)[-1] == (CLOCK, "resolve")
        assert third.process.poll() is None


async def test_a_page_that_may_have_arrived_is_closed_although_its_answer_was_lost(notifying: Notifying) -> None:
    await notifying.make_topics()
    async with pager(script=[LOST, HANG]) as duty:
        settings = notifying.settings([notifying.pagerduty("duty", duty.url)])
        first = notifying.start(settings)
        await notifying.ready(first)
        await notifying.write(warning(0))
        await duty.until(lambda p: len(p.got) == 2)
        first.send(signal.SIGKILL)
        await first.ended()
        await notifying.write(cleared(5), correction(warning(0)))
        notifying.start(settings)
        await duty.until(lambda p: len(p.taken) == 2)
        assert actions(duty.taken) == [(CLOCK, "trigger"), (CLOCK, "resolve")]


async def test_nothing_is_lost_and_nothing_is_left_open_over_kills_under_load(notifying: Notifying) -> None:
    await notifying.make_topics()
    async with pager() as duty:
        settings = notifying.settings([notifying.pagerduty("duty", duty.url)])
        first = notifying.start(settings)
        await notifying.ready(first)
        await notifying.write(*(of_clock(breach(), n) for n in range(60)))
        await duty.until(lambda p: len(p.taken) >= 20)
        first.send(signal.SIGKILL)
        await first.ended()
        await notifying.write(*(of_clock(ended("missed", 90), n) for n in range(30)))
        await notifying.write(*(of_clock(breach(), n) for n in range(60, 70)))
        second = notifying.start(settings)
        still = {f"{n:032x}" for n in range(30, 70)}
        await duty.until(lambda p: set(open_at(p.taken)) == still, 60)
        await asyncio.sleep(1)
        assert set(open_at(duty.taken)) == still
        repeats = Counter(actions(duty.taken))
        assert sum(number - 1 for number in repeats.values()) <= 1, "only what was under way is said again"
        second.send(signal.SIGTERM)
        assert await second.ended(20) == 0


def open_at(told: list[dict]) -> list[str]:
    """Which pages are open after all that was told."""
    last = {each["dedup_key"]: each["event_action"] for each in told}
    return [clock for clock, action in last.items() if action == "trigger"]


async def test_a_backlog_pages_only_for_what_still_stands(notifying: Notifying) -> None:
    await notifying.make_topics()
    async with pager() as duty:
        settings = notifying.settings([notifying.pagerduty("duty", duty.url)])
        first = notifying.start(settings)
        await notifying.ready(first)
        first.send(signal.SIGTERM)
        assert await first.ended(20) == 0
        await notifying.write(*(of_clock(breach(), n) for n in range(200)))
        await notifying.write(*(of_clock(ended("missed", 90), n) for n in range(1, 200)))
        await notifying.write(of_clock(breach(), 500), live=False)
        await notifying.ready(notifying.start(settings))
        await duty.until(lambda p: p.taken)
        await asyncio.sleep(1)
        assert actions(duty.taken) == [(f"{0:032x}", "trigger")]


async def test_a_first_start_pages_for_nothing_that_was_before(notifying: Notifying) -> None:
    await notifying.make_topics()
    await notifying.write(of_clock(breach(), 1))
    async with pager() as duty:
        settings = notifying.settings([notifying.pagerduty("duty", duty.url)])
        first = notifying.start(settings)
        await notifying.ready(first)
        await notifying.write(of_clock(breach(), 2))
        await duty.until(lambda p: p.taken)
        assert actions(duty.taken) == [(f"{2:032x}", "trigger")]


async def test_two_notifiers_share_the_work_and_one_takes_over(notifying: Notifying) -> None:
    await notifying.make_topics()
    async with pager() as duty:
        settings = notifying.settings([notifying.pagerduty("duty", duty.url)], several=True)
        one = notifying.start(settings)
        await notifying.ready(one)
        await notifying.write(*(of_clock(warning(0), n) for n in range(30)))
        await duty.until(lambda p: len(p.taken) == 30)
        two = notifying.start(settings)
        await notifying.ready(two)
        await notifying.write(*(of_clock(breach(), n) for n in range(30)))
        await duty.until(lambda p: len(p.taken) == 60)
        one.send(signal.SIGTERM)
        assert await one.ended(20) == 0
        await notifying.write(*(of_clock(ended("missed", 90), n) for n in range(30)))
        await duty.until(lambda p: not open_at(p.taken), 40)
        assert Counter(actions(duty.taken)).most_common(1)[0][1] == 2
        assert [line for each in (one, two) for line in each.said("worker_crashed")] == []


def scrape(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


async def test_a_ticket_pages_through_a_real_worker_and_its_answer_closes_the_page(
    live: Live, notifying: Notifying
) -> None:
    await live.make_topics()
    async with pager() as duty:
        notifier = notifying.start(notifying.settings([notifying.pagerduty("duty", duty.url)]))
        worker = live.start()
        await asyncio.gather(live.ready(worker), notifying.ready(notifier))
        assert await asyncio.to_thread(notifier.get, "/readyz") == {"ready": True, "reasons": []}
        at = now_ms()
        fields = {"status": "open", "priority": "P1", "title": "No mail", "customer": "acme", "group": "mail"}
        await live.write([ticket("T-1", "created", at, "a", fields=fields)])
        await duty.until(lambda p: len(p.taken) == 2)
        warned, broke = duty.taken
        assert "breaks 'resolution' (4s) in" in warned["payload"]["summary"]
        assert (warned["payload"]["severity"], broke["payload"]["severity"]) == ("warning", "critical")
        assert broke["payload"]["custom_details"]["title"] == "No mail"
        told_after = duty.got[1].at - duty.got[0].at
        assert told_after < 10, "the breach is told when it happens"
        await live.write([ticket("T-1", "resolved", now_ms(), "b", fields={"status": "resolved"})])
        await duty.until(lambda p: len(p.taken) == 3)
        assert duty.taken[2]["event_action"] == "resolve"
        assert len({each["dedup_key"] for each in duty.taken}) == 1


async def test_a_notifier_that_was_frozen_tells_nothing_of_what_another_has_told_meanwhile(
    notifying: Notifying,
) -> None:
    """It would open a page again that its successor has closed, and nobody would close that one."""
    await notifying.make_topics()
    async with pager(script=[503, 503, 503]) as duty:
        settings = notifying.settings([notifying.pagerduty("duty", duty.url)], several=True)
        one = notifying.start(settings)
        await notifying.ready(one)
        await notifying.write(breach())
        await duty.until(lambda p: len(p.got) == 3)
        one.send(signal.SIGSTOP)
        two = notifying.start(settings)
        await duty.until(lambda p: p.taken, 60)
        await notifying.write(ended("missed", 90))
        await duty.until(lambda p: len(p.taken) == 2)
        one.send(signal.SIGCONT)
        await asyncio.sleep(8)
        assert actions(duty.taken) == [(CLOCK, "trigger"), (CLOCK, "resolve")]
        assert one.said("notify_round_late")
        for each in (one, two):
            each.send(signal.SIGTERM)
            assert await each.ended(20) == 0
