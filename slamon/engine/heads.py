"""A ticket as bytes and back: an eight-byte instant and two rows, of which most records need the first one alone.

The order of the values is the format: a change is a migration and a new version. Versions 1 and 2 had one row.
"""

from typing import Any

import orjson

from slamon.engine.keys import INSTANT, stamp
from slamon.engine.state import END, clock_of_row, give_tuples, row_of_clock, tuple_of
from slamon.engine.version import VERSION, open_row
from slamon.sla.coverage import Rules
from slamon.sla.events import Order, TicketEvent, Value
from slamon.sla.repeats import repeats
from slamon.sla.ticket import Moment, Ticket


class Glance:
    """A ticket's head of which the second row is left as it stands: all that a record needs which repeats what is known."""

    def __init__(self, value: bytes, end: int) -> None:
        row = open_row(value[INSTANT.size : end])
        self.stamp, self.rest = value[: INSTANT.size], value[end + 1 :]
        self.look_at: int = INSTANT.unpack_from(value)[0]
        self.fields: dict[str, Value] = row[1]
        give_tuples(row[1])
        self.last: Order = tuple_of(row[2])
        self.fired: int = row[3]
        self.heard: int = row[4]
        self.source: str = row[5]
        self.created_at: int | None = row[6]
        self.under: str | None = row[7]
        self.is_open: bool = row[8]

    def takes(self, rules: Rules, record: TicketEvent, arrived: int) -> bool:
        """Take the record in, if nothing is another by it or the time before it (`Fold.record` does the same the long way)."""
        if not (self.fired < record.at <= self.look_at and self.last < record.order):
            return False
        if not repeats(rules, record, self.under, self.last, self.source, self.created_at, self.fields):
            return False
        self.last, self.heard = record.order, max(self.heard, arrived)
        return True

    def head(self, retention_ms: int) -> bytes:
        """The head as it is now; time alone brings to a ticket without open clocks that it is forgotten."""
        at = self.stamp if self.is_open else stamp(self.last[0] + retention_ms)
        row = [
            VERSION, self.fields, self.last, self.fired, self.heard, self.source, self.created_at, self.under, self.is_open,
        ]  # fmt: skip
        return at + orjson.dumps(row) + END + self.rest

    def ticket(self) -> Ticket:
        """All of the ticket; its past cycles are not in it."""
        row = open_row(self.rest)
        ticket = Ticket(
            row[1], self.fields, self.created_at, row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9],
            tuple_of(row[10]), row[11], self.last, self.fired, row[12], row[13], self.source, self.heard, _history(row[14]),
            [clock_of_row(clock) for clock in row[15]], _cycles(row[16]), None, self.under,
        )  # fmt: skip
        if self.under is not None:
            ticket.quiet = self.look_at
        return ticket


def glance(value: bytes) -> Glance | None:
    """The first look at a head, None at one of an earlier version."""
    end = value.find(END, INSTANT.size)
    return None if end < 0 else Glance(value, end)


def encode_head(ticket: Ticket, look_at: int | None) -> bytes:
    """The ticket without its past cycles, under the next instant to look at it."""
    first = [
        VERSION, ticket.fields, ticket.last, ticket.fired, ticket.heard, ticket.source, ticket.created_at, ticket.under,
        any(clock.open for clock in ticket.clocks),
    ]  # fmt: skip
    second = [
        VERSION, ticket.subject, ticket.partial, ticket.replied_at, ticket.updated_at, ticket.acknowledged_at,
        ticket.assigned_at, ticket.waiting_since, ticket.group_since, ticket.held, ticket.mark, ticket.gone, ticket.ticked,
        ticket.considered,
        [tuple(moment) for moment in ticket.history],
        [row_of_clock(clock) for clock in ticket.clocks],
        [(*key, count) for key, count in ticket.cycles.items()],
    ]  # fmt: skip
    return stamp(look_at) + orjson.dumps(first) + END + orjson.dumps(second)


def decode_head(value: bytes) -> Ticket:
    """The ticket of a head; its past cycles are not in it."""
    seen = glance(value)
    return _of_one_row(value) if seen is None else seen.ticket()


def _of_one_row(value: bytes) -> Ticket:
    """The ticket of a head that an earlier version wrote."""
    row = open_row(value[INSTANT.size :])
    give_tuples(row[2])
    row[12], row[14] = tuple_of(row[12]), tuple_of(row[14])
    row[-3:] = _history(row[-3]), [clock_of_row(clock) for clock in row[-2]], _cycles(row[-1])
    return Ticket(*row[1:])


def _history(rows: list[Any]) -> list[Moment]:
    return [Moment(at, tuple_of(status), tuple_of(group), held) for at, status, group, held in rows]


def _cycles(rows: list[Any]) -> dict[tuple[str, str], int]:
    return {(slot, objective): count for slot, objective, count in rows}
