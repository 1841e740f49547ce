"""A ticket's head as earlier versions wrote it: one row (1 and 2) or two (3). It is written anew with its next change."""

from typing import Any

from slamon.engine.keys import STAMP
from slamon.engine.state import END, clock_of_row, give_tuples, tuple_of
from slamon.engine.version import open_row
from slamon.sla.ticket import Moment, Ticket


def decode_earlier(value: bytes) -> Ticket:
    """The ticket; its past cycles are not in it."""
    end = value.find(END, STAMP)
    return _of_one_row(value) if end < 0 else _of_two_rows(value, end)


def _of_two_rows(value: bytes, end: int) -> Ticket:
    first, row = open_row(value[STAMP:end]), open_row(value[end + 1 :])
    give_tuples(first[1])
    row[10] = tuple_of(row[10])
    life = [row[1], first[1], first[6], *row[2:12], tuple_of(first[2]), first[3], row[12], row[13], first[5], first[4]]
    ticket = Ticket(*life, *_lists(row))
    ticket.under = first[7]
    return ticket


def _of_one_row(value: bytes) -> Ticket:
    row = open_row(value[STAMP:])
    give_tuples(row[2])
    row[12], row[14] = tuple_of(row[12]), tuple_of(row[14])
    row[-3:] = _lists(row)
    return Ticket(*row[1:])


def _lists(row: list[Any]) -> list[Any]:
    """History, clocks and cycles, which end the row."""
    return [history(row[-3]), [clock_of_row(clock) for clock in row[-2]], cycles(row[-1])]


def history(rows: list[Any]) -> list[Moment]:
    """The moments of such rows."""
    return [(at, tuple_of(status), tuple_of(group), held) for at, status, group, held in rows]


def cycles(rows: list[Any]) -> dict[tuple[str, str], int]:
    """How many cycles each slot and objective has begun."""
    return {(slot, objective): count for slot, objective, count in rows}
