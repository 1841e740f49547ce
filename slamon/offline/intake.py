"""Rows of files -> the canonical records that intake would write for them, or why not."""

from collections.abc import Mapping
from typing import Any

from slamon.engine.codec import decode_ticket
from slamon.offline.files import Bad, Row, as_json
from slamon.offline.machine import Delivered
from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.sla.canonical import KEYS
from slamon.sla.events import InvalidRecord, TicketEvent
from slamon.sources import Source

FOR_EVER = 2**62  # virtual time: no instant is ahead of it


class Intake:
    """Maps the rows of one source; `received` is when they are read, for what says no instant of its own."""

    def __init__(self, source: Source, received: int) -> None:
        self._feed = Feed("file", source)
        self._mapper = Mapper(1, max_future_ms=FOR_EVER)
        self._received = received

    def payload(self, row: Row) -> bytes:
        """The row as JSON; raises InvalidRecord."""
        if row.cells is None:
            return row.value
        cells: Mapping[str, Any] = row.cells
        try:
            return as_json(canonical_cells(cells) if self._feed.source.name == "canonical" else cells)
        except UnicodeError as error:
            raise InvalidRecord("not_utf8", str(error)) from None

    def records(self, row: Row) -> list[tuple[bytes, bytes]] | Bad:
        """Key and value of each canonical record."""
        try:
            record = Delivered(0, self._received, None, self.payload(row))
            made = self._mapper.rows(self._feed, record, self._received)
        except InvalidRecord as error:
            return Bad(row.place, error.reason, str(error))
        return [(key or b"", value) for _, key, value, _ in made]

    def events(self, row: Row) -> list[TicketEvent] | Bad:
        """The canonical records as events."""
        records = self.records(row)
        return records if isinstance(records, Bad) else [decode_ticket(value, (), key, 0) for key, value in records]


def canonical_cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    """A canonical record from the columns of a table: other columns are fields, an empty cell says nothing."""
    record: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for column, cell in cells.items():
        if cell == "":
            continue
        if column in KEYS - {"fields"}:
            record[column] = _typed(column, cell)
        else:
            fields[column.removeprefix("fields.")] = cell
    return {**record, "fields": fields} if fields else record


def _typed(column: str, cell: str) -> Any:
    if column in ("at", "created_at", "revision") and cell.isdecimal() and len(cell) < 19:
        return int(cell)
    if column == "public":
        return {"true": True, "false": False}.get(cell.lower(), cell)
    return cell
