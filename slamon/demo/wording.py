"""How a fact, a span of time and the totals are said, on a line and in a cell alike."""

from collections.abc import Mapping
from datetime import UTC, datetime

from slamon.demo.board import Board, Service
from slamon.demo.fact import Fact
from slamon.simulation.sender import Tally

TOLD = ("warning", "breach", "met", "missed", "withdrawn", "reinstated")  # in the order of the totals
# What a fact is said with; {left} is positive while there is time.
SAID: Mapping[str, str] = {
    "warning": "{threshold} of {target}",
    "breach": "{target} are over, still not done",
    "met": "kept, {left} before the end",
    "missed": "done {left} too late",
    "cancelled": "ended: {reason}",
    "cleared": "{threshold} is off again: {reason}",
    "withdrawn": "{of} taken back: {reason}",
    "reinstated": "{of} holds again: {reason}",
}
SAID_OF_SERVICES: Mapping[str, str] = {**SAID, "breach": "the budget of {target} is used up, still {state}"}
PLURAL = {"warning": "warnings", "breach": "breaches"}


def clock_time(at: int) -> str:
    """The time of day in UTC, with tenths."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S.%f}"[:-5]


def span(ms: int) -> str:
    """A span as a person says it: 0.4 s, 12.3 s, 1 min 05 s."""
    tenths = abs(ms) // 100
    if tenths < 600:
        return f"{tenths // 10}.{tenths % 10} s"
    return f"{tenths // 600} min {tenths // 10 % 60:02d} s"


def said(fact: Fact) -> str:
    """What the fact says of its clock."""
    words = (SAID_OF_SERVICES if fact.state else SAID).get(fact.what, "{reason}")
    if fact.what == "warning":
        words = _warning(fact)
    told = words.format(
        threshold=fact.threshold,
        target=fact.target,
        left=span(fact.remaining_ms),
        reason=_plain(fact.reason),
        of=fact.of,
        state=fact.state,
    )
    return f"{told}, for {fact.escalate_to}" if fact.escalate_to and fact.what == "warning" else told


def _warning(fact: Fact) -> str:
    """A share of the target, or a distance to its end; over 100 % the time is up already."""
    if fact.state:
        return _burning(fact.threshold) + ": {left} " + ("over" if fact.remaining_ms < 0 else "left")
    what = "{threshold} of {target}" if fact.threshold.endswith("%") else "{threshold} {target} are over"
    return f"{what}: {{left}} " + ("over" if fact.remaining_ms < 0 else "left")


def _burning(threshold: str) -> str:
    """Of a budget: a share of it, a distance to its end, or how fast it burns."""
    if threshold.endswith("%"):
        return "{threshold} of the budget of {target}"
    if threshold.endswith("before"):
        return "{threshold} the budget of {target} is gone"
    factor, *windows = threshold.split()
    return f"the budget of {{target}} burns {factor} too fast for {windows[0]}"


def short(threshold: str) -> str:
    """A threshold where there is little room: of a burn rate the factor alone."""
    first = threshold.split(maxsplit=1)[0]
    return first if first.endswith("x") else threshold


def _plain(reason: str) -> str:
    return reason.replace("_", " ")


def totals(board: Board) -> str:
    """How many facts stand; warnings and breaches are named even when there are none."""
    return ", ".join(
        f"{board.counts[what]} {what if board.counts[what] == 1 else PLURAL.get(what, what)}"
        for what in TOLD
        if board.counts[what] or what in PLURAL
    )


def left(service: Service, now: int) -> str:
    """What is left of its budget, in time and as a share."""
    ms = service.left(now)
    return "budget used up" if ms <= 0 else f"{span(ms)} left, {ms * 100 // max(1, service.budget_ms)} %"


def fate(service: Service, now: int) -> str:
    """When its promise breaks, or broke."""
    if service.breached_at is not None:
        return f"broken at {clock_time(service.breached_at)}"
    return "" if service.due_at is None else f"breach in {span(max(0, service.due_at - now))}"


def sent(tally: Tally) -> str:
    """What the simulated desk and the monitors have sent."""
    services = f", {len(tally.services)} services" if tally.services else ""
    return f"{tally.tickets} tickets{services}, {tally.sent.total()} records"
