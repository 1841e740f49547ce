"""Order, repetition, ticks, restarts: nothing but event times decides (semantics 4.1), shown on random promises and tickets."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slamon.engine.desk import open_clocks
from slamon.engine.heads import decode_head, encode_head
from slamon.engine.state import decode_clock, encode_clock
from slamon.sla.calendar import ALWAYS, Calendar, parse_weekly
from slamon.sla.conditions import Any as AnyOf
from slamon.sla.conditions import Changed, Event, Field
from slamon.sla.coverage import Rules
from slamon.sla.events import Kind, TicketEvent
from slamon.sla.fold import refold
from slamon.sla.policy import (
    Activation,
    Agreement,
    Level,
    Objective,
    ObjectiveKind,
    Override,
    Policy,
    PolicyBook,
    PolicyKind,
    PolicySet,
    Targets,
)
from slamon.sla.step import ENDS
from tests.kit import HOUR, MINUTE, OFFICE, PATIENT, TICKET, Bench, at, limits, span, threshold

MONDAY = at("2024-03-25 00:00")  # the week in which Europe's clocks go forward, on its Sunday
END = MONDAY + 14 * 24 * HOUR
CALENDARS = [
    ALWAYS,
    OFFICE,
    Calendar("kolkata", "Asia/Kolkata", parse_weekly({"mon-sun": ["08:00-12:00", "13:00-18:30"]})),
    Calendar("nights", "Europe/Berlin", parse_weekly({"mon-sun": ["22:00-06:00"]}), {}, {date(2024, 3, 29): None}),
]
SPANS = ["30m", "1h", "3h", "8h", "1d"]
THRESHOLDS = ["50%", "90%", "100%", "150%", "15m before", "3h before", "1h after"]

ENDED = {Kind.CANCELLED, Kind.MERGED, Kind.DELETED, Kind.SPAM}
KINDS = [kind for kind in Kind for _ in range(1 if kind in ENDED else 4)]
KINDS += [Kind.UPDATED, Kind.SNAPSHOT, Kind.REPLIED] * 4

instants = st.one_of(
    st.integers(0, 40).map(lambda n: MONDAY + n * 4 * HOUR),  # many records at one instant
    st.integers(0, 6 * 24 * 60).map(lambda n: MONDAY + n * MINUTE),
)
statuses = st.sampled_from(["open", "hold", "resolved", "closed", "waiting"])
conditions = st.sampled_from(
    [
        Field("status", ("hold",)),
        Field("status", ("waiting", "hold")),
        Event((Kind.REPLIED,), by="customer"),
        Event((Kind.REPLIED,), by="agent", public=True),
        Changed("group"),
        AnyOf((Field("priority", ("p1",)), Event((Kind.ACKNOWLEDGED,)))),
    ]
)


def rarely(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 5).flatmap(lambda n: some if n == 5 else st.none())


@st.composite
def objectives(draw: st.DrawFn) -> Objective:
    kind = draw(st.sampled_from(list(ObjectiveKind)))
    by_value = draw(st.dictionaries(st.sampled_from(["p1", "p2"]), st.sampled_from(SPANS).map(span)))
    default = draw(st.sampled_from([None, *map(span, SPANS)]))
    custom = kind is ObjectiveKind.CUSTOM
    some = rarely(conditions)
    return Objective(
        kind.value,
        kind,
        Targets(by_value=by_value, default=default),
        draw(st.sampled_from(CALENDARS)),
        tuple(map(threshold, draw(st.lists(st.sampled_from(THRESHOLDS), unique=True, max_size=4)))),
        start=draw(conditions) if custom else draw(some),
        stop=draw(conditions) if custom else draw(some),
        pause=draw(st.one_of(st.just(Field("status", ("hold",))), rarely(conditions))),
        cancel=draw(some),
        reset=draw(some),
        on_change=draw(st.sampled_from(["carry", "restart", "freeze"])),
        on_reopen=draw(st.sampled_from(["continue", "new_cycle", "ignore"])),
        on_resolve=draw(st.sampled_from(["cancel", "met", "run"])),
    )


agreements = st.builds(
    Agreement,
    st.just("contract"),
    effective_from=rarely(instants),
    effective_until=st.one_of(st.none(), instants),
)
overrides = st.builds(
    lambda name, start, length, effect, relax: Override(
        name, start, start + length, effect, "chaotic week", relax_percent=relax if effect == "relax" else None
    ),
    st.sampled_from(["o1", "o2"]),
    instants,
    st.sampled_from([HOUR, 30 * HOUR]),
    st.sampled_from(["relax", "pause", "exempt"]),
    st.sampled_from([5_000, 20_000]),
)


@st.composite
def policy_sets(draw: st.DrawFn, version: str, rich: bool = True) -> PolicySet:
    def policy(name: str, **more: Any) -> Policy:
        kinds = draw(st.lists(objectives(), min_size=1 + (name == "base"), max_size=4, unique_by=lambda o: o.name))
        return Policy(name, tuple(kinds), agreement=draw(rarely(agreements)) if rich else None, **more)

    found = [policy("base")]
    if draw(st.booleans()):
        found.append(policy("gold", level=Level.CUSTOMER, when=Field("customer", ("acme",))))
    if draw(st.booleans()):
        found.append(policy("noc", kind=PolicyKind.OLA, when=Field("group", ("noc",)), supports="base"))
    if draw(st.booleans()):
        found.append(policy("next-year", draft=True))
    chosen = draw(st.lists(overrides, max_size=2, unique_by=lambda o: o.name)) if rich else []
    return PolicySet(version, tuple(found), tuple(chosen))


@st.composite
def records(draw: st.DrawFn) -> list[TicketEvent]:
    made = []
    for number in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(KINDS))
        when = draw(instants)
        fields = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "status": st.one_of(statuses, st.none()),
                    "priority": st.sampled_from(["P1", "P2", "P3"]),
                    "group": st.sampled_from(["noc", "desk", None]),
                    "assignee": st.sampled_from(["ann", None]),
                    "customer": st.sampled_from(["acme", "other"]),
                },
            )
        )
        by = draw(st.sampled_from(["agent", "customer"])) if kind is Kind.REPLIED else None
        told = kind in (Kind.CREATED, Kind.SNAPSHOT) and draw(st.booleans())
        opened = when - draw(st.sampled_from([0, HOUR, 50 * HOUR])) if told else None
        revision = draw(st.one_of(st.none(), st.integers(0, 3)))
        made.append(TicketEvent(TICKET, f"r{number}", when, kind, fields, revision, by, by and True, opened))
    if draw(st.integers(0, 4)):
        made.append(TicketEvent(TICKET, "birth", MONDAY, Kind.CREATED, {"status": "open", "priority": "P2"}))
    return made


@st.composite
def courses(draw: st.DrawFn, told: Sequence[TicketEvent]) -> list[tuple[str, Any]]:
    """How the records arrive: any order, repeated, in any batches, among ticks and restarts."""
    again = draw(st.lists(st.sampled_from(list(told)), max_size=3))
    order = draw(st.permutations([*told, *again]))
    steps: list[tuple[str, Any]] = []
    batch: list[TicketEvent] = []
    for one in order:
        batch.append(one)
        if draw(st.integers(0, 3)):
            steps.append(("batch", tuple(batch)))
            batch = []
            steps += draw(
                st.lists(st.one_of(st.tuples(st.just("tick"), instants), st.just(("rebuild", None))), max_size=2)
            )
    return [*steps, ("batch", tuple(batch)), *draw(st.lists(st.tuples(st.just("tick"), instants), max_size=1))]


class Walk:
    """A bench that goes through a course; partition time never goes back."""

    def __init__(self, book: PolicyBook, tick_keys: int) -> None:
        self.bench = Bench(book, limits(tick_keys=tick_keys))
        self.time = 0

    def go(self, steps: Sequence[tuple[str, Any]]) -> None:
        for verb, what in steps:
            if verb == "tick":
                self.time = max(self.time, what)
                self.bench.tick(self.time)
            elif verb == "rebuild":
                self.bench.rebuild()
            elif what:
                self.bench.deliver(*what, time=self.time or None, caught_up=bool(self.time))

    def end(self) -> None:
        self.bench.tick(END)
        check_open(self.bench)


def check_open(bench: Bench) -> None:
    counted = Counter(open_clocks(bench.ticket()))
    assert bench.partition.open == counted
    bench.rebuild()
    assert bench.partition.open == counted


VERDICT = ("breached_at", "elapsed_seconds")


def check_same(walk: Walk, book: PolicyBook, told: Sequence[TicketEvent]) -> None:
    """The clocks and the reader's knowledge are those of one fold over the sorted records."""
    offline = refold(Rules(book), TICKET, told, END)
    ticket = walk.bench.ticket()
    for mine, theirs in ((ticket.clocks, offline.ticket.clocks), (ticket.past, offline.ticket.past)):
        by_id = sorted(theirs, key=lambda clock: clock.id)
        assert [encode_clock(clock) for clock in sorted(mine, key=lambda clock: clock.id)] == list(
            map(encode_clock, by_id)
        )
    stands = {key for key, fact in offline.step.added.items() if not fact.draft}
    assert walk.bench.reader.stands.keys() == stands
    for key, said in walk.bench.reader.stands.items():
        if said["what"] in ENDS:  # of what else is told the instant alone is for ever
            assert [said[name] for name in VERDICT] == [offline.step.added[key].body[name] for name in VERDICT]
    ids = [clock.id for clock in (*ticket.past, *ticket.clocks)]
    assert len(ids) == len(set(ids))
    head = encode_head(ticket, 7)
    again = decode_head(head)
    assert replace(again, past=ticket.past) == ticket
    assert all(decode_clock(encode_clock(clock)) == clock for clock in ticket.past)


def check_waits_for_nothing(bench: Bench) -> None:
    """Nothing due is left behind: the worker can sleep until the next instant that is to come."""
    due = bench.partition.next_due()
    assert due is None or due >= END


pages = st.sampled_from([1, 2, 500])
quiet = settings(
    max_examples=int(os.environ.get("SLAMON_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@quiet
@given(st.data())
def test_any_order_repetition_batch_tick_and_restart_leads_to_the_same_truth(data: st.DataObject):
    book = PolicyBook((Activation(0, data.draw(policy_sets("v1"))),))
    told = data.draw(records())
    walk = Walk(book, data.draw(pages))
    walk.go(data.draw(courses(told)))
    walk.end()
    check_same(walk, book, told)
    check_waits_for_nothing(walk.bench)


@quiet
@given(st.data())
def test_a_version_published_ahead_of_its_time_leads_to_the_same_truth(data: st.DataObject):
    first, second = data.draw(policy_sets("v1")), data.draw(policy_sets("v2"))
    since = data.draw(instants)
    old = PolicyBook((Activation(0, first),))
    book = PolicyBook((Activation(0, first), Activation(since, second, to_open=data.draw(st.booleans()))))
    told = data.draw(records())
    # Before the publication nothing is known that lies behind the version's instant.
    early = [one for one in told if one.at < since]
    known = data.draw(st.lists(st.sampled_from(early), unique_by=lambda one: one.id)) if early else []
    walk = Walk(old, data.draw(pages))
    walk.go([step for step in data.draw(courses(known)) if step[0] != "tick" or step[1] <= since] if known else [])
    walk.bench.publish(book)
    walk.go(data.draw(courses(told)))
    walk.end()
    check_same(walk, book, told)
    check_waits_for_nothing(walk.bench)


@quiet
@given(st.data())
def test_nothing_of_a_forgotten_ticket_is_left(data: st.DataObject):
    book = PolicyBook((Activation(0, data.draw(policy_sets("v1"))),))
    bench = Bench(book, limits(retention_ms=24 * HOUR))
    gone = TicketEvent(TICKET, "gone", MONDAY + 10 * 24 * HOUR, Kind.DELETED)
    bench.deliver(*data.draw(records()), gone, caught_up=False)
    bench.tick(END + 400 * 24 * HOUR)
    bench.tick(END + 400 * 24 * HOUR)
    assert set(bench.store.pairs) == {b"a"}
    assert bench.partition.next_due() is None or bench.partition.rules.edges
    assert not bench.partition.open
    assert PATIENT.retention_ms > 24 * HOUR
