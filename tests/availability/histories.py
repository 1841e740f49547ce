"""Random promises about a service, what its monitors said, and how that arrived; everything on a grid of one minute."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hypothesis import strategies as st

from slamon.sla.calendar import ALWAYS, Calendar, parse_weekly
from slamon.sla.events import Announced, ServiceEvent, State
from slamon.sla.policy import Activation, Agreement, Objective, Policy, PolicyBook, PolicySet, Threshold
from slamon.sla.uptime_terms import Maintenance, UptimeTerms
from tests.availability.promises import SERVICE, promise
from tests.availability.words import Window
from tests.kit import DAY, HOUR, MINUTE, OFFICE, at

START = at("2024-03-27 00:00")  # Europe's clocks go forward on the 31st; week, month and quarter end with it
END = START + 8 * DAY + 7  # no fact of the grid lies just there
CALENDARS = [
    ALWAYS,
    ALWAYS,
    OFFICE,
    Calendar("nights", "Europe/Berlin", parse_weekly({"mon-sun": ["22:00-06:00"]}), {}, {date(2024, 3, 29): None}),
]
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata"]
UNITS = ["day", "day", "day", "week", "month", "quarter"]
WINDOWS = ["10h rolling", "2d rolling"]
SHARES = ["90%", "95%", "99%", "99.5%", "99.9%", "100%"]
WARN = {
    "availability": ["50%", "90%", "100%", "150%", "15m before", "3h before", "10m after"],
    "longest_outage": ["50%", "100%", "15m before", "10m after"],
    "outages": ["50%"],  # what a window ahead does to the next outage, judge and machine foresee differently
    "mttr": ["50%", "100%"],
    "mtbf": ["15m before"],
}
STATES = [State.UP, State.UP, State.DOWN, State.DOWN, State.DEGRADED, State.MAINTENANCE, State.UNKNOWN]

# Around midnights and openings, so that little is needed to go beyond a period or a budget.
anchors = st.one_of(
    st.integers(0, 8).map(lambda n: START + n * DAY),
    st.integers(0, 8).map(lambda n: START + n * DAY - 2 * HOUR),
    st.integers(0, 8 * 24).map(lambda n: START + n * HOUR),
)
anywhere = st.one_of(
    st.builds(lambda anchor, n: max(START, anchor + n * MINUTE), anchors, st.integers(-60, 60)),
    st.builds(lambda anchor, n: max(START, anchor + n * 15 * MINUTE), anchors, st.integers(-4, 4)),
    st.integers(0, 48).map(lambda n: START + n * 4 * HOUR),
)


def rarely(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 4).flatmap(lambda n: some if n == 4 else st.none())


@dataclass(frozen=True)
class Listed:
    """Windows as a plain list."""

    spans: tuple[tuple[int, int], ...]

    def between(self, start_ms: int, end_ms: int) -> Sequence[tuple[int, int]]:
        return [span for span in self.spans if span[0] < end_ms and span[1] > start_ms]


@st.composite
def objectives(draw: st.DrawFn, zone: str, rolling: bool) -> Objective:
    kind = draw(st.sampled_from(["availability", "availability", "longest_outage", "outages", "mttr", "mtbf"]))
    over = draw(st.sampled_from(WINDOWS if rolling and kind == "availability" else UNITS))
    lengths = st.sampled_from(["5m", "20m", "1h", "6h"])
    count = st.sampled_from(["0", "1", "2"])
    target = draw({"availability": st.sampled_from(SHARES), "outages": count}.get(kind, lengths))
    warn = draw(st.lists(st.sampled_from(WARN[kind]), unique=True, max_size=3))
    return promise(kind, target, over, *warn, zone=zone)


@st.composite
def terms(draw: st.DrawFn, rolling: bool) -> UptimeTerms:
    return UptimeTerms(
        hours=draw(st.sampled_from(CALENDARS)),
        maintenance=draw(st.sampled_from(["exclude", "exclude", "count_up", "count_down"])),
        at_most_ms=None if rolling else draw(rarely(st.sampled_from([0, 30 * MINUTE, 2 * HOUR]))),
        notice_ms=draw(rarely(st.sampled_from([HOUR, 2 * DAY]))),
        # Where half milliseconds race a budget in whole ones, the winner changes within a millisecond.
        degraded=draw(st.sampled_from([0, 10_000] if rolling else [0, 5_000, 10_000])),
        min_outage_ms=draw(st.sampled_from([0, 0, 5 * MINUTE, 20 * MINUTE, HOUR])),
        no_data=draw(st.sampled_from(["unknown", "up", "down"])),
        stale_after_ms=draw(rarely(st.sampled_from([10 * MINUTE, 3 * HOUR]))),
        quorum=draw(st.sampled_from(["any", "majority", "all"])),
    )


@st.composite
def policies(
    draw: st.DrawFn, rolling: bool | None = None, burning: st.SearchStrategy[Threshold] | None = None
) -> Policy:
    """With `burning`, only of availability around the clock, all of which is to be there."""
    slides = draw(st.booleans()) if rolling is None else rolling
    zone = draw(st.sampled_from(ZONES))
    promises = st.lists(objectives(zone, slides), min_size=1, max_size=3, unique_by=lambda one: one.name)
    begins, ends = draw(rarely(anywhere)), draw(rarely(anywhere))
    if begins is not None and ends is not None and ends <= begins:
        ends = None  # policy files refuse such an agreement
    customer = draw(rarely(st.just("acme")))
    agreement = Agreement("contract", customer=customer, zone=zone, effective_from=begins, effective_until=ends)
    counts = draw(terms(slides))
    promised = draw(promises)
    if slides and (counts.hours is not ALWAYS or counts.maintenance == "exclude"):
        # Where the budget itself changes while it is used, judge and machine round apart by a millisecond.
        promised = [replace(one, thresholds=()) for one in promised]
    policy = Policy("shop", tuple(promised), agreement=agreement, uptime=counts)
    return policy if burning is None else _burning(policy, draw(burning))


def _burning(policy: Policy, threshold: Threshold) -> Policy:
    objectives = tuple(
        replace(one, thresholds=(threshold,)) for one in policy.objectives if one.targets.default.down_ppb
    )
    return replace(policy, objectives=objectives, uptime=replace(policy.uptime, hours=ALWAYS, maintenance="count_up"))


@st.composite
def records(draw: st.DrawFn) -> list[ServiceEvent]:
    """What up to three monitors say; some records announce maintenance, move it, or take it back."""
    centre = draw(rarely(anchors)) if draw(st.booleans()) else draw(anchors)
    near = st.integers(-90, 90).map(lambda n: max(START, centre + n * MINUTE))
    instants = anywhere if centre is None else st.one_of(near, near, near, anywhere)
    locations = draw(st.sampled_from([[""], [""], ["eu", "us"], ["eu", "us", "asia"]]))
    made = []
    for number in range(draw(st.integers(1, 12))):
        when = draw(instants)
        announced = None
        if draw(st.integers(0, 5)) == 5:
            start, length = draw(instants), draw(st.sampled_from([0, 30 * MINUTE, 2 * HOUR, 30 * HOUR]))
            announced = Announced(draw(st.sampled_from(["upgrade", "move"])), start, start + length)
        state = None if announced and draw(st.booleans()) else draw(st.sampled_from(STATES))
        made.append(
            ServiceEvent(
                SERVICE,
                f"r{number}",
                when,
                state,
                draw(rarely(st.sampled_from([5 * MINUTE, HOUR, DAY]))) if state else None,
                draw(st.sampled_from(locations)) if state else "",
                draw(rarely(st.sampled_from(["acme", "other"]))),
                announced,
                revision=draw(rarely(st.integers(0, 3))),
            )
        )
    return made


@st.composite
def planned(draw: st.DrawFn) -> list[Maintenance]:
    made = []
    for number in range(draw(st.sampled_from([0, 0, 1, 2]))):
        start, length = draw(anywhere), draw(st.sampled_from([30 * MINUTE, 2 * HOUR]))
        every = draw(st.sampled_from([DAY, 3 * DAY]))
        spans = tuple((start + n * every, start + n * every + length) for n in range(draw(st.integers(1, 3))))
        announced = draw(rarely(anywhere))
        made.append(Maintenance(f"plan {number}", Listed(spans), f"plan {number}", announced=announced))
    return made


def windows_of(plans: Sequence[Maintenance]) -> list[Window]:
    """The same windows for the judge; those that say nothing else were announced with the first version, at 0."""
    return [
        Window(start, end, plan.announced or 0)
        for plan in plans
        for start, end in plan.windows.between(0, END + 400 * DAY)
    ]


def book_of(policy: Policy, plans: Sequence[Maintenance]) -> PolicyBook:
    return PolicyBook((Activation(0, PolicySet("v1", (policy,), maintenance=tuple(plans))),))


@st.composite
def courses(draw: st.DrawFn, told: Sequence[ServiceEvent]) -> list[tuple[str, Any]]:
    """How the records arrive: any order, repeated, in any batches, among ticks and restarts."""
    again = draw(st.lists(st.sampled_from(list(told)), max_size=3))
    order = draw(st.one_of(st.permutations([*told, *again]), st.just(sorted(told, key=lambda one: one.order))))
    ticks = st.tuples(st.just("tick"), anywhere)
    steps: list[tuple[str, Any]] = []
    batch: list[ServiceEvent] = []
    for one in order:
        batch.append(one)
        if draw(st.integers(0, 3)):
            steps.append(("batch", tuple(batch)))
            batch = []
            steps += draw(st.lists(st.one_of(ticks, st.just(("rebuild", None))), max_size=2))
    return [*steps, ("batch", tuple(batch)), *draw(st.lists(ticks, max_size=1))]
