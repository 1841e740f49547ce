"""Records that repeat what stands are taken in at a glance, and nobody can tell: every fact is told in the same bytes."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slamon.engine.heads import glance
from slamon.engine.keys import TICKET as ROWS
from slamon.sla.conditions import Field
from slamon.sla.coverage import Rules
from slamon.sla.events import Kind, TicketEvent
from slamon.sla.policy import Activation, Objective, ObjectiveKind, Policy, PolicyBook, PolicySet, Statuses
from tests.kit import HOUR, MINUTE, TICKET, Bench, book, objective, paused_by, policies, record, span
from tests.test_properties import END, MONDAY, instants, objectives, policy_sets, quiet

# What it says covers nobody, but with it in force no record is taken in at a glance.
NOBODY = Policy(
    "nobody",
    (
        Objective(
            "never",
            ObjectiveKind.CUSTOM,
            replace(objective("resolution").targets, default=span("1h")),
            objective("resolution").calendar,
            start=Field("status", ("never",)),
        ),
    ),
    when=Field("nowhere", ("ever",)),
)
OTHER_WORDS = Statuses(resolved=frozenset({"hold"}), closed=frozenset({"open"}))


def plain(promises: PolicySet) -> PolicySet:
    def of(objective: Objective) -> Objective:
        kind = ObjectiveKind.RESOLUTION if objective.kind is ObjectiveKind.CUSTOM else objective.kind
        return replace(objective, kind=kind, start=None, stop=None, cancel=None, reset=None)

    kept = [replace(one, objectives=tuple(map(of, one.objectives))) for one in promises.policies]
    return replace(promises, policies=tuple(kept), overrides=())


def slow(promises: PolicySet) -> PolicySet:
    return replace(promises, policies=(*promises.policies, NOBODY))


@st.composite
def plain_sets(draw: st.DrawFn, version: str) -> PolicySet:
    found = plain(draw(policy_sets(version)))
    if draw(st.booleans()):  # a policy to which the same words mean something else, and one objective by two names
        odd = Policy("odd", tuple(map(_plain_one, draw(st.lists(objectives(), min_size=1, max_size=3, unique_by=_name)))),
                     when=Field("priority", ("P1",)), rank=-1, statuses=OTHER_WORDS)  # fmt: skip
        found = replace(found, policies=(odd, *found.policies))
    return found


def _name(one: Objective) -> str:
    return one.name


def _plain_one(one: Objective) -> Objective:
    return plain(PolicySet("x", (Policy("x", (one,)),))).policies[0].objectives[0]


@st.composite
def lives(draw: st.DrawFn) -> list[TicketEvent]:
    """A ticket of which its source mostly repeats itself, told in order."""
    stands: dict[str, Any] = {"status": "open", "priority": "P2", "group": "noc"}
    told = [TicketEvent(TICKET, "r0", MONDAY, Kind.CREATED, dict(stands))]
    for number, at in enumerate(sorted(draw(st.lists(instants, min_size=2, max_size=12))), 1):
        kind = draw(st.sampled_from([Kind.UPDATED] * 6 + [Kind.SNAPSHOT] * 3 + list(Kind)))
        news = draw(st.dictionaries(st.sampled_from(["status", "priority", "group", "assignee", "size"]), st.integers(0, 3), max_size=1))  # fmt: skip
        for name, choice in news.items() if draw(st.integers(0, 2)) == 0 else ():
            stands[name] = VALUES[name][choice]
        shown = {name: value for name, value in stands.items() if draw(st.booleans())}
        source = draw(st.sampled_from(["canonical"] * 5 + ["jira"]))
        by = "agent" if kind is Kind.REPLIED else None
        told.append(TicketEvent(TICKET, f"r{number}", at + number, kind, shown, None, by, None, None, source))
        stands = {name: value for name, value in stands.items() if value is not None}
    return told


VALUES: dict[str, list[Any]] = {
    "status": ["open", "hold", "resolved", "acknowledged"], "priority": ["P1", "P2", "P3", None],
    "group": ["noc", "desk", None, "x" * 120], "assignee": ["ann", "bob", None, ("a", "b")], "size": [1, True, 1.0, "1"],
}  # fmt: skip


def tell(promises: PolicyBook, told: list[TicketEvent], ticks: list[int], apart: bool) -> Bench:
    bench = Bench(promises)
    waiting, time = list(ticks), None
    for one in told:
        while waiting and waiting[0] < one.at:
            time = waiting.pop(0)
            bench.tick(time)
        bench.deliver(one, time=time)
        if apart:
            bench.rebuild()
    bench.tick(END)
    return bench


def check_nobody_can_tell(quick: PolicyBook, long: PolicyBook, told: list[TicketEvent], ticks: list[int]) -> None:
    assert Rules(quick).mark is not None
    assert Rules(long).mark is None
    one, other = tell(quick, told, ticks, apart=True), tell(long, told, ticks, apart=True)
    assert one.reader.bodies == other.reader.bodies
    assert list(one.reader.bodies) == list(other.reader.bodies)
    assert one.reader.stands == other.reader.stands
    assert one.reader.corrections == other.reader.corrections
    assert one.partition.open == other.partition.open
    assert one.partition.next_due() == other.partition.next_due()


@quiet
@given(st.data())
def test_facts_are_those_of_the_long_way(data: st.DataObject):
    promises = data.draw(plain_sets("v1"))
    told, ticks = data.draw(lives()), sorted(data.draw(st.lists(instants, max_size=4)))
    check_nobody_can_tell(
        PolicyBook((Activation(0, promises),)), PolicyBook((Activation(0, slow(promises)),)), told, ticks
    )


@quiet
@given(st.data())
def test_facts_are_those_of_the_long_way_over_a_new_version(data: st.DataObject):
    first, second, since = data.draw(plain_sets("v1")), data.draw(plain_sets("v2")), data.draw(instants)
    told, ticks = data.draw(lives()), sorted(data.draw(st.lists(instants, max_size=4)))
    to_open = data.draw(st.booleans())
    quick, long = (
        PolicyBook((Activation(0, way(first)), Activation(since, way(second), to_open=to_open)))
        for way in (lambda promises: promises, slow)
    )
    check_nobody_can_tell(quick, long, told, ticks)


@quiet
@given(st.data())
def test_a_glance_leaves_the_ticket_as_the_fold_does(data: st.DataObject):
    promises = PolicyBook((Activation(0, data.draw(plain_sets("v1"))),))
    told = data.draw(lives())
    one_by_one, together = Bench(promises), Bench(promises)
    for event in told:
        one_by_one.deliver(event)
    together.deliver(*told)
    ours, theirs = one_by_one.ticket(), together.ticket()
    assert replace(ours, fired=theirs.fired, heard=theirs.heard) == theirs
    assert one_by_one.store.pairs.keys() == together.store.pairs.keys()


NINE = MONDAY + 9 * HOUR
PROMISE = book(objective("resolution", "4h", "50%", pause=paused_by("hold")))
OPEN = record(NINE, "created", "c", status="open", priority="P1", n=1)


def repeat(at: int, name: str = "r", **fields: Any) -> TicketEvent:
    return record(at, "updated", name, **(fields or {"status": "open", "priority": "P1", "n": 1}))


def taken_at_a_glance(event: TicketEvent, promises: PolicyBook = PROMISE) -> bool:
    bench = Bench(promises)
    bench.deliver(OPEN)
    head = bench.store.get(ROWS.head_key(TICKET))
    assert head is not None
    seen = glance(head)
    assert seen is not None
    return seen.takes(Rules(promises), event, event.at)


def test_what_is_repeated_is_taken_in_at_a_glance():
    assert taken_at_a_glance(repeat(NINE + HOUR))
    assert taken_at_a_glance(record(NINE + HOUR, "snapshot", "s", priority="P1"))
    assert taken_at_a_glance(
        repeat(NINE + 2 * HOUR)
    )  # a record decides what is due before it, not at it (semantics 2.5)


def test_news_is_not():
    assert not taken_at_a_glance(repeat(NINE + HOUR, status="hold"))
    assert not taken_at_a_glance(repeat(NINE + HOUR, n=True))
    assert not taken_at_a_glance(repeat(NINE + HOUR, n=1.0))
    assert not taken_at_a_glance(record(NINE + HOUR, "replied", "a", by="agent"))
    assert not taken_at_a_glance(record(NINE + HOUR, "updated", "j", status="open", source="jira"))
    assert not taken_at_a_glance(record(NINE - 1, "updated", "late", status="open"))


def test_nothing_is_where_time_or_the_rules_decide_something_before_it():
    assert not taken_at_a_glance(repeat(NINE + 2 * HOUR + 1))
    stopped = book(objective("resolution", "4h", stop=Field("status", ("gone",))))
    assert not taken_at_a_glance(repeat(NINE + HOUR), stopped)
    turned = book(
        policies(objective("resolution", "4h")), Activation(NINE + MINUTE, policies(objective("assign"), version="v2"))
    )
    assert not taken_at_a_glance(repeat(NINE + HOUR), turned)
    assert taken_at_a_glance(repeat(NINE + MINUTE - 1), turned)


def test_the_first_record_under_a_new_book_is_judged_in_full():
    """Semantics 3.12: what the new version promises begins with it."""
    bench = Bench(PROMISE)
    bench.deliver(OPEN, repeat(NINE + HOUR, "before"))
    later = policies(objective("resolution", "4h", "50%", pause=paused_by("hold")), objective("assign", "1h"))
    bench.publish(book(later))
    bench.deliver(repeat(NINE + HOUR, "after"))
    assert {clock.objective for clock in bench.ticket().clocks} == {"resolution", "assign"}
