"""However late records come: the same truth in the end, and none of it too early (semantics 4.1, 4.3, 4.4).

Of tickets and services, with thresholds, periods and corrections, with and without an allowed lateness. The readers of
the kit fail where a fact comes twice or a correction changes nothing.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from slamon.sla.events import ServiceEvent, TicketEvent
from slamon.sla.policy import Activation, PolicyBook
from tests.availability import histories
from tests.availability.machine import Timed
from tests.kit import DAY, HOUR, MINUTE, Bench, limits
from tests.test_properties import END, policy_sets, records

Events = Sequence[TicketEvent] | Sequence[ServiceEvent]
BY_REOPENING = {
    "restored",
    "reopened",
    "same_instant",
    "covered",
    "true_again",
}  # what later records do to earlier facts
allowed = st.sampled_from([1, MINUTE, 90 * MINUTE, 2 * DAY])
quiet = settings(
    max_examples=int(os.environ.get("SLAMON_EXAMPLES", "60")),
    deadline=None,
    derandomize="SLAMON_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.generate],
)


def bench_of(book: PolicyBook, lateness: int) -> Bench:
    bench = Bench(book, limits(allowed_lateness_ms=lateness))
    bench.reader = Timed()
    return bench


def in_time(data: st.DataObject, told: Events, lateness: int) -> list[tuple[int, TicketEvent | ServiceEvent]]:
    """Each record with the instant it comes at: no later than allowed."""
    return sorted(
        ((one.at + data.draw(st.sampled_from([0, 1, lateness // 2, lateness])), one) for one in told),
        key=lambda arrival: arrival[0],
    )


def arrive(bench: Bench, arrivals: Sequence[tuple[int, TicketEvent | ServiceEvent]], end: int) -> None:
    """Partition time passes each arrival just before it is applied: a record comes before the timers of its instant."""
    lateness = bench.limits.allowed_lateness_ms
    for instant, record in arrivals:
        bench.tick(instant)
        bench.deliver(record, time=instant)
        assert all(at < instant - lateness for at in told_at(bench)), "a fact left before its time"
    bench.tick(end + lateness)


def told_at(bench: Bench) -> list[int]:
    assert isinstance(bench.reader, Timed)
    return [bench.reader.instants[key] for key in bench.reader.bodies]


@quiet
@given(st.data())
def test_tickets_whose_records_come_within_the_allowed_lateness_are_never_corrected_for_it(data: st.DataObject):
    book = PolicyBook((Activation(0, data.draw(policy_sets("v1"))),))
    # A row that tells when its ticket was opened speaks of the past, however soon it comes itself.
    told, lateness = [replace(one, created_at=None) for one in data.draw(records())], data.draw(allowed)
    bench = bench_of(book, lateness)
    arrive(bench, in_time(data, told, lateness), END)
    assert {one["reason"] for one in bench.reader.corrections} <= BY_REOPENING
    whole = bench_of(book, 0)
    whole.deliver(*told, caught_up=False)
    whole.tick(END)
    assert bench.reader.stands.keys() == whole.reader.stands.keys()


@quiet
@given(st.data())
def test_services_whose_words_come_within_the_allowed_lateness_are_never_corrected_for_it(data: st.DataObject):
    book = histories.book_of(data.draw(histories.policies()), data.draw(histories.planned()))
    told, lateness = data.draw(histories.records()), data.draw(allowed)
    bench, end = bench_of(book, lateness), max(histories.END, *(one.at + 1 for one in told))
    arrive(bench, in_time(data, told, lateness), end)
    assert {one["reason"] for one in bench.reader.corrections} <= BY_REOPENING
    whole = bench_of(book, 0)
    whole.deliver(*told, caught_up=False)
    whole.tick(end)
    assert bench.reader.stands.keys() == whole.reader.stands.keys()


@quiet
@given(st.data())
def test_any_order_leads_to_the_same_truth_also_where_facts_wait(data: st.DataObject):
    """Ticket and service by turns, later than allowed, repeated, over restarts: corrections lead to one truth."""
    lateness = data.draw(allowed)
    tickets = PolicyBook((Activation(0, data.draw(policy_sets("v1"))),))
    services = histories.book_of(data.draw(histories.policies()), [])
    for book, told, end in (
        (tickets, data.draw(records()), END),
        (services, data.draw(histories.records()), histories.END),
    ):
        bench = bench_of(book, lateness)
        present = 0
        for one in data.draw(st.permutations([*told, *told[:2]])):
            bench.deliver(one, time=present or None, caught_up=bool(present))
            if data.draw(st.booleans()):
                present = max(present, one.at + data.draw(st.sampled_from([0, lateness, lateness + 1, HOUR])))
                bench.tick(present)
            if not data.draw(st.integers(0, 4)):
                bench.rebuild()
        bench.tick(max(end, present) + lateness)
        whole = bench_of(book, 0)
        whole.deliver(*told, caught_up=False)
        whole.tick(max(end, present))
        assert bench.reader.stands.keys() == whole.reader.stands.keys()
