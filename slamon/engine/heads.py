"""A ticket as bytes and back: an eight-byte instant and three rows, of which most records need the first two alone.

    [4, at, changed, revision, rank, id, heard   what each record moves
    , fired, source, ... , fields]               what a record that repeats it is compared with
    [4, subject, ... , history, clocks, cycles]  everything else

The first two are one array in two lines. The order of the values is the format: a change is a migration and a new
version. How earlier ones are read: `heads_before.py`.
"""

from typing import Any

from slamon.engine.clock_forms import clocks_of_rows, due_of_rows, rows_of_clocks
from slamon.engine.heads_before import cycles, decode_earlier, history
from slamon.engine.keys import STAMP, instant_of, stamp
from slamon.engine.state import END, dumps, give_tuples, tuple_of
from slamon.engine.version import VERSION, open_row
from slamon.sla.clock import Clock
from slamon.sla.coverage import Rules
from slamon.sla.events import Order, TicketEvent, Value
from slamon.sla.repeats import repeats
from slamon.sla.ticket import Ticket


class Glance:
    """A ticket's head of which the last row is left as it stands: all that a record needs which repeats what is known."""

    def __init__(self, value: bytes, moved: int, end: int) -> None:
        row = open_row(value[STAMP:end])
        self.stamp, self.stands, self.end = value[:STAMP], value[moved:], end - moved
        self.look_at: int = instant_of(value)[0]
        self.last: Order = (row[1], row[2], row[3], row[4], row[5])
        self.heard: int = row[6]
        self.fired: int = row[7]
        self.source: str = row[8]
        self.created_at: int | None = row[9]
        self.under: str | None = row[10]
        self.is_open: bool = row[11]
        self.fields: dict[str, Value] = row[12]
        give_tuples(row[12])

    def takes(self, rules: Rules, record: TicketEvent, arrived: int) -> bool:
        """Take the record in, if nothing is another by it or the time before it (`Fold.record` does the same the long way)."""
        order, at = record.order, record.at
        if not (self.fired < at <= self.look_at and (self.last[0] < at or self.last < order)):
            return False
        if not repeats(rules, record, self.under, self.last, self.source, self.created_at, self.fields):
            return False
        self.last, self.heard = order, max(self.heard, arrived)
        return True

    def head(self, retention_ms: int) -> bytes:
        """The head as it is now; time alone brings to a ticket without open clocks that it is forgotten."""
        at = self.stamp if self.is_open else stamp(self.last[0] + retention_ms)
        return at + _moved(self.last, self.heard) + self.stands

    def ticket(self) -> Ticket:
        """All of the ticket; its past cycles are not in it."""
        row = open_row(self.stands[self.end + 1 :])
        base = self.created_at or 0
        group_since: int | None = row[2]
        ticked: int = row[3]
        considered: int = row[4]
        clocks = clocks_of_rows(row[6], base)
        ticket = Ticket(
            row[1], self.fields, self.created_at, group_since=None if group_since is None else group_since + base,
            last=self.last, fired=self.fired, ticked=ticked, considered=considered + base, source=self.source,
            heard=self.heard, history=history(row[5]), clocks=clocks,
            cycles=_counted(clocks) if row[7] is None else cycles(row[7]), under=self.under,
        )  # fmt: skip
        if row[8] is not None:
            _live(ticket, row[8])
        if self.under is not None:
            ticket.quiet = self.look_at
        return ticket


def glance(value: bytes) -> Glance | None:
    """The first look at a head, None at one of an earlier version."""
    moved, end = _rows_end(value)
    return None if end < 0 else Glance(value, moved, end)


def _rows_end(value: bytes) -> tuple[int, int]:
    """Where its first two rows end, the second at -1 in a head of an earlier version."""
    moved = value.find(END, STAMP)
    return moved, value.find(END, moved + 1) if moved >= 0 else -1


def encode_head(ticket: Ticket, look_at: int | None) -> bytes:
    """The ticket without its past cycles, under the next instant to look at it."""
    assert ticket.last is not None
    base = ticket.created_at or 0
    is_open = any(clock.open for clock in ticket.clocks)
    stands = (ticket.fired, ticket.source, ticket.created_at, ticket.under, is_open, ticket.fields)
    group_since = ticket.group_since
    rest = [
        VERSION, ticket.subject, None if group_since is None else group_since - base, ticket.ticked,
        ticket.considered - base, ticket.history, rows_of_clocks(ticket.clocks, base),
        None if ticket.cycles == _counted(ticket.clocks) else [(*key, count) for key, count in ticket.cycles.items()],
        _life(ticket),
    ]  # fmt: skip
    return b"".join(
        (
            stamp(look_at),
            _moved(ticket.last, ticket.heard),
            END,
            b",",
            dumps(stands)[1:],
            END,
            dumps(rest),
        )
    )


def due_of_head(value: bytes, before: int) -> list[tuple[int, str, str]]:
    """(due_at, policy, objective) of the open clocks that are due before the instant and not breached.

    No clock comes into being for it, which takes half of what the clocks would.
    """
    _, end = _rows_end(value)
    if end < 0:
        return due_of_clocks(decode_earlier(value).clocks, before)
    created_at: int | None = open_row(value[STAMP:end])[9]
    return due_of_rows(open_row(value[end + 1 :])[6], created_at or 0, before)


def due_of_clocks(clocks: list[Clock], before: int) -> list[tuple[int, str, str]]:
    """The same of these clocks."""
    return [
        (clock.due_at, clock.policy, clock.objective)
        for clock in clocks
        if clock.open and clock.breached_at is None and clock.due_at is not None and clock.due_at < before
    ]


def decode_head(value: bytes) -> Ticket:
    """The ticket of a head; its past cycles are not in it."""
    seen = glance(value)
    return decode_earlier(value) if seen is None else seen.ticket()


def _moved(last: Order, heard: int) -> bytes:
    # Not part by part: mypyc would make an int of the bool among them, and other bytes.
    return dumps([VERSION, *last, heard])[:-1]


def _counted(clocks: list[Clock]) -> dict[tuple[str, str], int]:
    """The cycles as the newest clocks tell of them: only others are written."""
    return {(clock.slot, clock.objective): clock.cycle for clock in clocks}


def _life(ticket: Ticket) -> tuple[Any, ...] | None:
    """What most tickets do not have, if this one has any of it."""
    if (
        ticket.replied_at is None and ticket.acknowledged_at is None and ticket.assigned_at is None
        and ticket.mark is None and ticket.gone is None and ticket.waiting_since is None and ticket.updated_at is None
        and not ticket.held and not ticket.partial
    ):  # fmt: skip
        return None
    return (
        ticket.replied_at, ticket.updated_at, ticket.acknowledged_at, ticket.assigned_at, ticket.waiting_since,
        ticket.partial, ticket.held, ticket.mark, ticket.gone,
    )  # fmt: skip


def _live(ticket: Ticket, row: list[Any]) -> None:
    ticket.replied_at, ticket.updated_at, ticket.acknowledged_at = row[0], row[1], row[2]
    ticket.assigned_at, ticket.waiting_since, ticket.partial, ticket.held = row[3], row[4], row[5], row[6]
    ticket.mark, ticket.gone = tuple_of(row[7]), row[8]
