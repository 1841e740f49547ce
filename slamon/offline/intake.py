"""Rows of files -> the canonical records that intake would write for them, or why not."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from slamon.engine.codec import encode_ticket
from slamon.engine.envelope import unwrap
from slamon.engine.subjects import SERVICES, TICKETS, Event, Subjects
from slamon.offline.files import Bad, Row, as_json
from slamon.offline.machine import Delivered
from slamon.runtime.intake_mapping import MAX_RECORD, Feed, Mapper, PartlyRefused
from slamon.runtime.intake_mapping import Row as Made
from slamon.sla import canonical, canonical_service
from slamon.sla.events import InvalidRecord, TicketEvent
from slamon.sla.instants import parse
from slamon.sources import SOURCES, Source

FOR_EVER = 2**62  # virtual time: no instant is ahead of it
WINDOW = "maintenance."  # columns of a table can hold the parts of an announcement
# A canonical record of so many bytes does not become one too large when its instants are written out.
SMALL = MAX_RECORD // 8


class Canonical:
    """A record as it would stand on the topic of its kind: `value` of it, or what it says; either is made of the other."""

    __slots__ = ("_event", "_value", "at", "kind", "subject")

    def __init__(self, kind: Subjects, subject: str, at: int, value: bytes | None, event: Event | None) -> None:
        self.kind, self.subject, self.at, self._value, self._event = kind, subject, at, value, event

    @property
    def value(self) -> bytes:
        if self._value is None:
            assert isinstance(self._event, TicketEvent)
            self._value = encode_ticket(self._event)
        return self._value

    def event(self) -> Event:
        """What it says; raises InvalidRecord."""
        if self._event is None:
            assert self._value is not None
            self._event = self.kind.decode(self._value, (), self.subject.encode(), 0)
        return self._event


class Taken(NamedTuple):
    """What a row comes to: its records, and what of it can not be understood."""

    records: list[Canonical]
    bad: Bad | None = None


class Intake:
    """Maps the rows of one source; `received` is when they are read, for what says no instant of its own."""

    def __init__(self, source: Source, received: int) -> None:
        self._feed = Feed("file", source)
        self._canonical = source.name == "canonical"
        self._services = Feed("file", SOURCES["canonical_uptime"])
        self._mapper = Mapper(1, max_future_ms=FOR_EVER)
        self._received = received

    def take(self, row: Row) -> Taken:
        """The canonical records of the row."""
        try:
            payload = self._payload(row)
            if self._canonical and (event := _plain(payload)) is not None:
                return Taken([Canonical(TICKETS, event.ticket, event.at, None, event)])
            feed = self._services if self._canonical and _of_service(payload) else self._feed
            made = self._mapper.rows(feed, Delivered(0, self._received, None, payload), self._received)
        except PartlyRefused as error:
            return Taken(_canonical(self._feed, error.rows), Bad(row.place, error.reason, str(error)))
        except InvalidRecord as error:
            return Taken([], Bad(row.place, error.reason, str(error)))
        return Taken(_canonical(feed, made))

    def _payload(self, row: Row) -> bytes:
        """The row as JSON; raises InvalidRecord."""
        if row.cells is None:
            return row.value
        try:
            return as_json(self._cells(row.cells))
        except UnicodeError as error:
            raise InvalidRecord("not_utf8", str(error)) from None

    def _cells(self, cells: Mapping[str, Any]) -> Mapping[str, Any]:
        name = self._feed.source.name
        if name == "canonical_uptime" or (self._canonical and "service" in cells and "ticket" not in cells):
            return service_cells(cells)
        return canonical_cells(cells) if self._canonical else cells


def _canonical(feed: Feed, rows: list[Made]) -> list[Canonical]:
    kind = SERVICES if feed.role == "uptime" else TICKETS
    return [
        Canonical(kind, (key or b"").decode(), parse(orjson.loads(value)["at"]), value, None)
        for _, key, value, _ in rows
    ]


def _plain(value: bytes) -> TicketEvent | None:
    """The ticket's record in its bare form; None is anything else, which the mapping knows, or says what is wrong with it."""
    if len(value) > SMALL:
        return None
    try:
        payload = unwrap(value, ())
        return None if payload.deleted or payload.meta else canonical.parse(payload.data)
    except Exception:  # noqa: BLE001  whatever it is, the mapping meets it again and says so
        return None


def _of_service(payload: bytes) -> bool:
    """Whether a canonical record is one of a service: it names a service, and no ticket."""
    if b'"service"' not in payload:
        return False
    try:
        data = unwrap(payload, ()).data
    except InvalidRecord:
        return False  # the mapping says what is wrong with it
    return isinstance(data, Mapping) and "service" in data and "ticket" not in data


def canonical_cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    """A canonical record from the columns of a table: other columns are fields, an empty cell says nothing."""
    return _record(cells, canonical.KEYS)


def service_cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a service; `maintenance.name`, `maintenance.from` and `maintenance.until` are one announcement."""
    window = {name.removeprefix(WINDOW): cell for name, cell in cells.items() if name.startswith(WINDOW) and cell != ""}
    rest = {name: cell for name, cell in cells.items() if not name.startswith(WINDOW)}
    record = _record(rest, canonical_service.KEYS - {"maintenance"})
    return {**record, "maintenance": {name: _instant(cell) for name, cell in window.items()}} if window else record


def _record(cells: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for column, cell in cells.items():
        if cell == "":
            continue
        if column in keys - {"fields"}:
            record[column] = _typed(column, cell)
        else:
            fields[column.removeprefix("fields.")] = cell
    return {**record, "fields": fields} if fields else record


def _typed(column: str, cell: str) -> Any:
    if column in ("at", "created_at", "revision"):
        return _instant(cell)
    if column in ("public", "deleted"):
        return {"true": True, "false": False}.get(cell.lower(), cell)
    return cell


def _instant(cell: str) -> Any:
    return int(cell) if cell.isdecimal() and len(cell) < 19 else cell
