"""Services and what belongs to them as bytes and back, like `state.py`: the order of the values is the format."""

from typing import Any, Final

import orjson

from slamon.engine.keys import STAMP, stamp
from slamon.engine.state import clock_of_row, give_tuples, row_of_clock, tuple_of
from slamon.engine.version import VERSION, open_row
from slamon.sla.accounts import Account, Count, Outage, Stretch
from slamon.sla.events import Announced, ServiceEvent, State
from slamon.sla.history import Block, History, Kind, Piece, Sums
from slamon.sla.service import Notice, Service, Word

_KINDS: Final = (Kind.GOOD, Kind.BAD, Kind.EXCLUDED, Kind.UNKNOWN)
_NUMBER: Final = {kind: number for number, kind in enumerate(_KINDS)}
_LISTS: Final = ("outages", "excluded", "unknown")


def encode_service_head(service: Service, look_at: int | None) -> bytes:
    """The service without its ended clocks, under the next instant to look at it."""
    return stamp(look_at) + orjson.dumps(
        [
            VERSION, service.subject, service.fields, service.first, service.gone, [tuple(word) for word in service.words],
            [tuple(notice) for notice in service.notices],
            service.last, service.fired, service.ticked, service.considered, service.source, service.heard, service.retired,
            service.since, service.cut,
            [_account(account) for account in service.accounts],
            [row_of_clock(clock) for clock in service.clocks],
            [(*key, count) for key, count in service.cycles.items()],
        ]
    )  # fmt: skip


def decode_service_head(value: bytes) -> Service:
    """The service of a head; its ended clocks are not in it."""
    row = open_row(value[STAMP:])
    give_tuples(row[2])
    row[5] = [Word(location, customer, State(state), at, ttl) for location, customer, state, at, ttl in row[5]]
    row[6] = [Notice(*notice) for notice in row[6]]
    row[7] = tuple_of(row[7])
    row[-3] = [_account_of(account) for account in row[-3]]
    row[-2] = [clock_of_row(clock) for clock in row[-2]]
    row[-1] = {(slot, objective): count for slot, objective, count in row[-1]}
    return Service(*row[1:])


def encode_service_record(event: ServiceEvent) -> bytes:
    """A record of the log: equal bytes for equal content."""
    told = event.announced
    row = [
        VERSION, event.service, event.id, event.at, event.state, event.ttl, event.location, event.customer,
        None if told is None else [told.name, told.start, told.end], event.deleted, event.fields, event.revision, event.source,
    ]  # fmt: skip
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)


def decode_service_record(value: bytes) -> ServiceEvent:
    service, record_id, at, state, ttl, location, customer, told, deleted, fields, *rest = open_row(value)[1:]
    give_tuples(fields)
    announced = None if told is None else Announced(*told)
    seen = None if state is None else State(state)
    return ServiceEvent(service, record_id, at, seen, ttl, location, customer, announced, deleted, fields, *rest)


def _account(account: Account) -> list[Any]:
    return [
        account.id, account.slot, account.policy, account.version, account.period, account.start, account.end,
        account.service_ms, account.mark, _count(account.count), account.weighted, account.down_ms, account.excluded_ms,
        account.unknown_ms, account.maintenance_ms, account.outages, account.longest_ms, account.repairs,
        account.repaired_ms, _outage(account.outage), [[tuple(told) for told in account.told[name]] for name in _LISTS], account.left_out,
        _history(account.history), account.looks_back_ms, account.wake,
    ]  # fmt: skip


def _account_of(row: list[Any]) -> Account:
    row[9] = _count_of(row[9])
    if row[19] is not None:
        start, reason, ms, weighted, counted, pieces = row[19]
        row[19] = Outage(start, reason, ms, weighted, counted, _pieces_of(pieces))
    row[20] = {name: [Stretch(*one) for one in kept] for name, kept in zip(_LISTS, row[20], strict=True)}
    blocks, tail, made = row[22]
    row[22] = History([Block(number, end, Sums(*sums)) for number, end, sums in blocks], _pieces_of(tail), made)
    return Account(*row)


def _history(history: History) -> list[Any]:
    blocks = [[block.number, block.end, tuple(block.sums)] for block in history.blocks]
    return [blocks, _pieces(history.tail), history.made]


def encode_block(pieces: list[Piece]) -> bytes:
    """A full block of an account's history."""
    return orjson.dumps([VERSION, _pieces(pieces)])


def decode_block(value: bytes) -> list[Piece]:
    return _pieces_of(open_row(value)[1])


def _count(count: Count) -> list[Any]:
    return [_NUMBER[count.kind], count.reason, count.weight, count.maintenance]


def _count_of(row: list[Any]) -> Count:
    kind, reason, weight, maintenance = row
    return Count(_KINDS[kind], reason, weight, maintenance)


def _outage(outage: Outage | None) -> list[Any] | None:
    if outage is None:
        return None
    return [outage.start, outage.reason, outage.ms, outage.weighted, outage.counted, _pieces(outage.pieces)]


def _pieces(pieces: list[Piece]) -> list[int]:
    """Flat, each start as its distance from the end before it: thousands of pieces must stay small."""
    row, before = [], 0
    for start, end, kind, weight, ms in pieces:
        row += [start - before, end - start, _NUMBER[kind], weight, ms]
        before = end
    return row


def _pieces_of(row: list[int]) -> list[Piece]:
    pieces, before = [], 0
    for first in range(0, len(row), 5):
        gap, length, kind, weight, ms = row[first : first + 5]
        start = before + gap
        before = start + length
        pieces.append(Piece(start, before, _KINDS[kind], weight, ms))
    return pieces
