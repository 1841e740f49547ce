"""How a fact, a span of time and the totals are said, on a line and in a cell alike."""

from collections.abc import Mapping
from datetime import UTC, datetime

from slamon.demo.board import Board
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
    words = SAID.get(fact.what, "{reason}")
    if fact.what == "warning":
        words = _warning(fact)
    told = words.format(
        threshold=fact.threshold,
        target=fact.target,
        left=span(fact.remaining_ms),
        reason=_plain(fact.reason),
        of=fact.of,
    )
    return f"{told}, for {fact.escalate_to}" if fact.escalate_to else told


def _warning(fact: Fact) -> str:
    """A share of the target, or a distance to its end; over 100 % the time is up already."""
    what = "{threshold} of {target}" if fact.threshold.endswith("%") else "{threshold} {target} are over"
    return f"{what}: {{left}} " + ("over" if fact.remaining_ms < 0 else "left")


def _plain(reason: str) -> str:
    return reason.replace("_", " ")


def totals(board: Board) -> str:
    """How many facts stand; warnings and breaches are named even when there are none."""
    return ", ".join(
        f"{board.counts[what]} {what if board.counts[what] == 1 else PLURAL.get(what, what)}"
        for what in TOLD
        if board.counts[what] or what in PLURAL
    )


def sent(tally: Tally) -> str:
    """What the simulated desk has sent."""
    return f"{tally.tickets} tickets, {tally.sent.total()} records"
