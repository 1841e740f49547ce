"""One ticket as slamon holds it against the same ticket in an export: what the missing records would do to its clocks.

Nothing is guessed from words such as `closed`: the records are folded into a copy of the ticket under the published
policies, exactly as a worker will. Reads no file, asks nobody, knows no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from slamon.sla import canonical
from slamon.sla.clock import Clock, Stage
from slamon.sla.coverage import Rules
from slamon.sla.events import Kind, TicketEvent
from slamon.sla.fold import Fold
from slamon.sla.frame import name_of
from slamon.sla.ticket import Ticket


class What(StrEnum):
    """How a ticket differs."""

    CLOSED = "closed"  # clocks are open here, which the export's newest state of the ticket ends
    CHANGED = "changed"  # the export's newest state pauses, resumes, reopens or gives another target
    ABSENT = "absent"  # clocks are open here, and the export does not have the ticket
    UNKNOWN = "unknown"  # the export's ticket has a promise, and slamon never heard of it
    NEWER = "newer"  # slamon knows something later than the export: nothing is missing
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Difference:
    """One ticket that differs. `at` is the instant of the newest record to write, or the newest here if there is none."""

    what: What
    ticket: str
    at: int
    objectives: tuple[str, ...]  # of the clocks that are concerned
    here: str | None = None  # the status as slamon knows it
    there: str | None = None  # the status as the export tells it
    records: tuple[TicketEvent, ...] = field(default=(), repr=False)


class State(NamedTuple):
    """What of a clock can not differ unnoticed."""

    stage: Stage
    target_ms: int


def known(ticket: Ticket, told: Sequence[TicketEvent], rules: Rules) -> Difference:
    """A ticket that slamon holds; `told` is what the export says of it, in order, perhaps nothing. Uses the ticket up."""
    before, here = _open(ticket), _status(ticket)
    last = ticket.last
    assert last is not None
    missing = tuple(event for event in told if event.order > last)
    if not told or not missing:
        what = What.ABSENT if not told and before else What.NEWER if told and told[-1].order < last else What.EQUAL
        return Difference(what, ticket.subject, last[0], _names(before), here)
    after = _folded(ticket, missing, rules)
    ended = {clock_id: clock for clock_id, clock in before.items() if clock_id not in after}
    moved = {i: clock for i, clock in after.items() if i not in before or before[i][1] != clock[1]}
    what = What.CLOSED if ended else What.CHANGED if moved else What.EQUAL
    concerned = ended or moved
    records = missing if concerned else ()
    return Difference(what, ticket.subject, missing[-1].at, _names(concerned), here, _status(ticket), records)


def unknown(told: Sequence[TicketEvent], rules: Rules) -> Difference:
    """A ticket that slamon does not hold."""
    ticket = Ticket(told[0].ticket)
    clocks = _folded(ticket, told, rules)
    what = What.UNKNOWN if clocks else What.EQUAL
    records = tuple(told) if clocks else ()
    return Difference(what, ticket.subject, told[-1].at, _names(clocks), None, _status(ticket), records)


def cancelled(absent: Difference, source: str, as_of: int) -> Difference:
    """The absent ticket with the record that ends it at the instant of the export; as it is, if it is newer than that."""
    if absent.at >= as_of:
        return Difference(What.NEWER, absent.ticket, absent.at, absent.objectives, absent.here)
    record = canonical.event(absent.ticket, as_of, Kind.CANCELLED, source=source)
    return Difference(What.ABSENT, absent.ticket, as_of, absent.objectives, absent.here, None, (record,))


Open = dict[str, tuple[str, State]]  # clock id -> objective, state


def _open(ticket: Ticket) -> Open:
    return {clock.id: (clock.objective, _state(clock)) for clock in ticket.clocks if clock.open and not clock.draft}


def _state(clock: Clock) -> State:
    return State(clock.stage, clock.target_ms)


def _folded(ticket: Ticket, events: Sequence[TicketEvent], rules: Rules) -> Open:
    fold = Fold(rules, ticket)
    for event in events:
        fold.record(event)
    return _open(ticket)


def _names(clocks: Open) -> tuple[str, ...]:
    return tuple(sorted({objective for objective, _ in clocks.values()}))


def _status(ticket: Ticket) -> str | None:
    return name_of(ticket.fields, "status") if ticket.fields.get("status") is not None else None
