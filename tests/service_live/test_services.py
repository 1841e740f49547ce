"""What a worker says of a service that goes down: at its instant, once, whoever the worker is and whatever came between."""

import asyncio
import signal

import pytest

from slamon.runtime.deadletter import list_letters
from tests.service_live.live import Live, now_ms, word
from tests.service_live.services import POLICIES, budget_ms, millis, told
from tests.service_live.test_operators import slamon

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


@pytest.fixture
def live(live: Live) -> Live:
    live.policies = POLICIES
    return live


async def test_an_outage_is_warned_of_before_its_budget_is_gone_and_breaks_the_promise_at_the_instant(
    live: Live,
) -> None:
    """Semantics 5.7: nothing but time passes between the record and the two facts."""
    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    at = now_ms()
    fields = {"title": "Checkout", "customer": "Globex"}
    await live.write([word("checkout", "up", at - 60_000, fields=fields), word("checkout", "down", at)])
    facts = await live.until(lambda found: told(found, "breach"))
    assert [(f["data"]["what"], f["topic"], f["type"]) for f in sorted(facts, key=lambda f: f["time"])] == [
        ("warning", "warnings", "io.slamon.service.warning.v1"),
        ("breach", "breaches", "io.slamon.service.breach.v1"),
    ]
    (warning,), (breach,) = told(facts, "warning"), told(facts, "breach")
    assert breach["time"] == breach["data"]["breached_at"] == breach["data"]["due_at"] == warning["data"]["due_at"]
    assert millis(breach["time"]) == at + budget_ms(breach)
    assert millis(warning["time"]) - millis(breach["time"]) in (-3_000, -2_999)
    assert (warning["data"]["threshold"], warning["data"]["severity"]) == ("3s before", "critical")
    assert (breach["data"]["state"], breach["data"]["context"]["title"]) == ("down", "Checkout")
    assert {fact["headers"]["live"] for fact in facts} == {"true"}
    (outage,) = breach["data"]["explanation"]["outages"]
    assert (millis(outage["from"]), outage["seconds"] * 1000) == (at, budget_ms(breach))
    (clock,) = (await asyncio.to_thread(worker.get, "/api/v1/services/checkout"))["clocks"]
    assert (clock["clock_id"], clock["breached_at"]) == (breach["data"]["clock_id"], breach["time"])
    asked = ["explain", "checkout", "--from", f"http://127.0.0.1:{worker.port}"]
    explained = await asyncio.to_thread(slamon, *asked)
    assert (explained.returncode, "availability: active" in explained.stdout) == (0, True), explained
    await asyncio.sleep(2)
    assert len(await live.facts()) == 2


async def test_an_outage_that_ends_in_time_takes_its_warning_back_and_leaves_the_rest_of_the_budget(live: Live) -> None:
    await live.make_topics()
    await live.ready(live.start())
    at = now_ms()
    await live.write([word("checkout", "up", at - 60_000), word("checkout", "down", at)])
    await live.until(lambda found: told(found, "warning"))
    await live.write([word("checkout", "up", at + 5_000)])
    facts = await live.until(lambda found: told(found, "cleared"))
    (cleared,) = told(facts, "cleared")
    assert (millis(cleared["time"]), cleared["data"]["reason"]) == (at + 5_000, "recovered")
    assert cleared["data"]["due_at"] is None
    again = at + 9_000
    await live.write([word("checkout", "down", again)])
    facts = await live.until(lambda found: told(found, "breach"))
    (breach,) = told(facts, "breach")
    assert millis(breach["time"]) == again + budget_ms(breach) - 5_000
    assert [millis(f["time"]) for f in told(facts, "warning")][1] == again  # less than three seconds are left at once
    assert breach["data"]["outages"] == 2


async def test_a_recovery_heard_of_late_takes_the_breach_back(live: Live) -> None:
    """Semantics 4.3: another monitor's word was on its way."""
    await live.make_topics()
    await live.ready(live.start())
    at = now_ms() - 30_000
    await live.write([word("checkout", "up", at - 60_000), word("checkout", "down", at)])
    facts = await live.until(lambda found: told(found, "breach"))
    (breach,) = told(facts, "breach")
    await live.write([word("checkout", "up", at + 4_000)])
    facts = await live.until(lambda found: len(told(found, "correction")) >= 2)
    corrections = [f for f in told(facts, "correction") if f["data"]["corrects"] == breach["id"]]
    assert sorted(f["topic"] for f in corrections) == ["breaches", "outcomes"]
    assert {(f["id"], f["data"]["reinstates"], f["data"]["reason"]) for f in corrections} == {
        (corrections[0]["id"], False, "late_record")
    }


async def test_a_worker_killed_in_an_outage_loses_nothing_and_repeats_nothing(live: Live) -> None:
    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    at = now_ms()
    names = [f"service-{n}" for n in range(30)]
    await live.write([word(name, "up", at - 60_000) for name in names])
    await live.write([word(name, "down", at) for name in names])
    await asyncio.sleep(1.5)
    worker.send(signal.SIGKILL)
    await worker.ended()
    await live.ready(live.start())
    facts = await live.until(lambda found: len(found) >= 60)
    ids = [fact["id"] for fact in facts]
    assert len(ids) == len(set(ids)) == 60
    assert {millis(fact["time"]) for fact in told(facts, "breach")} == {at + budget_ms(facts[0])}
    assert sorted(fact["subject"] for fact in told(facts, "warning")) == sorted(names)


async def test_of_two_workers_each_watches_services_of_its_own_and_one_takes_over_from_the_other(live: Live) -> None:
    await live.make_topics()
    one, two = live.start("one"), live.start("two")
    await live.ready(one, two, seconds=90)
    at = now_ms()
    names = [f"service-{n}" for n in range(30)]
    await live.write([word(name, "up", at - 60_000) for name in names])
    await live.write([word(name, "down", at) for name in names])
    await asyncio.sleep(1)
    one.send(signal.SIGKILL)
    await live.ready(two, seconds=90)
    facts = await live.until(lambda found: len(found) >= 60)
    assert sorted((f["subject"], f["data"]["what"]) for f in facts) == sorted(
        (name, what) for name in names for what in ("warning", "breach")
    )


async def test_a_service_whose_key_is_buried_has_no_promise_any_more(live: Live) -> None:
    await live.make_topics()
    await live.ready(live.start())
    at = now_ms()
    await live.write([word("checkout", "up", at - 60_000), word("search", "up", at - 60_000)])
    await live.write([word("checkout", "down", at), word("search", "down", at)])
    await live.bury("checkout")
    facts = await live.until(lambda found: told(found, "breach", "search"))
    (cancelled,) = told(facts, "cancelled")
    assert (cancelled["subject"], cancelled["data"]["reason"], cancelled["topic"]) == (
        "checkout",
        "deleted",
        "outcomes",
    )
    assert not told(facts, "breach", "checkout")
    assert not told(facts, "warning", "checkout")


async def test_a_record_of_a_service_that_cannot_be_understood_stands_in_the_dead_letter(live: Live) -> None:
    await live.make_topics()
    await live.ready(live.start())
    at = now_ms()
    good = [word("checkout", "up", at - 60_000), word("checkout", "down", at)]
    bad = [
        word("a", "gone", at),
        word("b", "up", at + 3_600_000),
        {"service": "c", "at": "2026-01-05 10:00", "state": "up"},
    ]
    await live.write([*bad, *good])
    await live.until(lambda found: told(found, "breach"))
    letters = (await list_letters(live.cluster)).letters
    assert sorted(letter.reason for letter in letters) == ["bad_instant", "from_the_future", "unknown_value"]
