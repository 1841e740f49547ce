"""What a second reading found: instants that coincide, clocks that come and go, and what is kept too long or not long enough."""

from dataclasses import replace

from slamon.sla.conditions import Field
from slamon.sla.events import ServiceEvent
from slamon.sla.policy import Activation, PolicyBook
from tests.availability.promises import promise, says, uptime
from tests.kit import MINUTE, Bench, at, book, policies

DAILY = promise("availability", "99%", "day")
GOLD = Field("tier", ("gold",))


def told(promises: PolicyBook, *batches: tuple[ServiceEvent, ...], until: str) -> list[tuple[str, str]]:
    """(what, when) of every fact that stands but statements; the batches arrive one after the other."""
    bench = Bench(promises)
    for batch in batches:
        bench.deliver(*batch)
    bench.tick(until)
    return sorted(
        (body["what"], body["ended_at"] or body["breached_at"])
        for body in bench.reader.stands.values()
        if body["what"] != "statement"
    )


def test_a_record_at_the_very_end_of_a_period_does_not_end_the_promise():
    """Semantics 5.2: the record comes first, then the period ends and the next one begins."""
    facts = told(
        book(policies(uptime(DAILY))),
        (says("2024-04-01 10:00", "up"), says("2024-04-02 00:00", "up")),
        until="2024-04-03 12:00",
    )
    assert facts == [("met", "2024-04-02T00:00:00Z"), ("met", "2024-04-03T00:00:00Z")]


def test_fields_told_at_the_very_end_of_a_period_leave_an_outage_whole():
    """Semantics 5.5: an outage is as long as it is by the wall, across the end of a period."""
    bench = Bench(book(policies(uptime(DAILY, min_outage_ms=10 * MINUTE))))
    down = says("2024-04-01 23:55", "down")
    again = says("2024-04-02 00:00", "down", fields={"tier": "gold"})
    bench.deliver(says("2024-04-01 10:00", "up"), down, again, says("2024-04-02 00:06", "up"))
    bench.tick("2024-04-03 12:00")
    statements = [body for body in bench.reader.stands.values() if body["what"] == "statement"]
    assert sorted(body["downtime_seconds"] for body in statements) == [300, 360]


def test_a_promise_that_returns_within_a_period_begins_there_however_records_were_batched():
    """Semantics 4.1: batches decide nothing."""
    promises = book(policies(replace(uptime(DAILY), when=GOLD)))
    events = (
        says("2024-04-01 10:00", "up", fields={"tier": "gold"}),
        says("2024-04-02 05:00", "up", fields={"tier": "tin"}),
        says("2024-04-02 06:00", "up", fields={"tier": "gold"}),
    )
    together = told(promises, events, until="2024-04-03 12:00")
    assert together == told(promises, *((event,) for event in events), until="2024-04-03 12:00")
    bench = Bench(promises)
    bench.deliver(*events)
    assert [clock.start for clock in bench.service("checkout").clocks] == [at("2024-04-02 06:00")]


def test_a_version_that_relaxes_the_target_at_due_at_is_in_time():
    """Semantics 3.6, 5.7: a budget used up exactly is kept, and from that instant on there is more of it."""
    relaxed = policies(uptime(promise("availability", "98%", "day")), version="v2")
    due = at("2024-04-02 01:14:24")
    promises = PolicyBook(
        (
            Activation(0, policies(uptime(replace(DAILY, name="availability day")))),
            Activation(due, relaxed, to_open=True),
        )
    )
    facts = told(
        promises,
        (says("2024-04-01 10:00", "up"), says("2024-04-02 01:00", "down"), says("2024-04-02 01:20", "up")),
        until="2024-04-03 12:00",
    )
    assert facts == [("met", "2024-04-02T00:00:00Z"), ("met", "2024-04-03T00:00:00Z")]


def test_a_service_deleted_at_the_very_end_of_a_period_has_its_verdict():
    """Semantics 5.2: a period is half-open, so it was over."""
    facts = told(
        book(policies(uptime(DAILY))),
        (says("2024-04-01 10:00", "up"), says("2024-04-02 00:00", None, deleted=True)),
        until="2024-04-03 12:00",
    )
    assert facts == [("met", "2024-04-02T00:00:00Z")]
