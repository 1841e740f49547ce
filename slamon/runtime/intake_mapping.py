"""One foreign record -> the canonical records it means, or the dead letter it becomes. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from slamon.engine.codec import encode_ticket, text
from slamon.engine.envelope import TOO_LARGE, Payload, decode, unwrap
from slamon.engine.letters import dead
from slamon.engine.partitioner import partition_of
from slamon.engine.unit import Record
from slamon.sla import canonical
from slamon.sla.clock import digest
from slamon.sla.events import InvalidRecord, Kind, TicketEvent

MAX_RECORD = 512 * 1024
MAX_FUTURE_MS = 5 * 60_000
MAX_KEY = 64 * 1024  # of a dead letter; a longer one is cut like a value

TOMBSTONE = "tombstone"
FROM_THE_FUTURE = "from_the_future"
MAPPING_FAILED = "mapping_failed"


class Source(Protocol):
    """slamon.sources.Source, and optionally `ticket_of_key(key) -> ticket | None` for the tombstones of its topics."""

    @property
    def name(self) -> str: ...
    @property
    def spoken(self) -> str: ...
    @property
    def map(self) -> Callable[[Any, Mapping[str, str], int], list[TicketEvent]]: ...


@dataclass(frozen=True, slots=True)
class Feed:
    """One configured input: what `topic` holds comes in through `source` and goes to the topic `role` of ours."""

    topic: str
    source: Source
    name: str = ""
    role: str = "tickets"
    expect_every_ms: int | None = None
    on_silence: str = "mark"

    @property
    def label(self) -> str:
        return self.name or self.topic


Row = tuple[int, bytes | None, bytes, list[tuple[str, bytes]]]  # partition, key, value, headers


@dataclass(frozen=True, slots=True)
class Mapper:
    """Maps the records of every feed for an installation with so many partitions."""

    partitions: int
    max_record: int = MAX_RECORD
    max_future_ms: int = MAX_FUTURE_MS

    def rows(self, feed: Feed, record: Record, received_ms: int) -> list[Row]:
        """The canonical records, each with the partition its ticket has. Raises InvalidRecord."""
        timestamp = record.timestamp if record.timestamp >= 0 else received_ms
        try:
            events = self._events(feed.source, record, timestamp)
        except InvalidRecord:
            raise
        except Exception as error:  # a mapping that trips over one record must not stop all others
            message = f"source {feed.source.name} tripped over this record: {type(error).__name__}: {error}"
            raise InvalidRecord(MAPPING_FAILED, message) from error
        for event in events:
            self._refuse_future(event, timestamp)
        return [self._row(event) for event in events]

    def _events(self, source: Source, record: Record, timestamp: int) -> list[TicketEvent]:
        payload = unwrap(record.value, record.headers, self.max_record)
        if payload.deleted:
            return _deletions(source, record, payload, timestamp)
        return source.map(payload.data, _headers(record, payload), timestamp)

    def _refuse_future(self, event: TicketEvent, timestamp: int) -> None:
        # Judged here against the source's own record, whose timestamp is the same at every reading of it.
        if event.at > timestamp + self.max_future_ms:
            ahead = (event.at - timestamp) / 1000
            message = (
                f"at: expected at most {self.max_future_ms / 1000:.0f} s after Kafka's timestamp, got {ahead:.0f} s"
            )
            raise InvalidRecord(FROM_THE_FUTURE, message)

    def _row(self, event: TicketEvent) -> Row:
        key, value = event.ticket.encode(), encode_ticket(event)
        if len(value) > self.max_record:
            message = (
                f"ticket {event.ticket}: expected at most {self.max_record} bytes of canonical JSON, got {len(value)}"
            )
            raise InvalidRecord(TOO_LARGE, message)
        return partition_of(key, self.partitions), key, value, []

    def letter(self, feed: Feed, partition: int, record: Record, error: InvalidRecord) -> Row:
        """The record as a dead letter, with the headers it had, so that it can be sent again as it was."""
        out = dead(error, feed.topic, partition, record, self.max_record)
        headers = out.headers
        if out.key is not None and len(out.key) > MAX_KEY:
            headers.append(("cut", str(len(out.key)).encode()))
        return partition % self.partitions, out.key and out.key[:MAX_KEY], out.value, headers


def _headers(record: Record, payload: Payload) -> dict[str, str]:
    """The headers by lower-case name, and over them what the wrapping said."""
    own = {name.lower(): value.decode("utf-8", "replace") for name, value in record.headers or () if value is not None}
    return own | dict(payload.meta)


def _deletions(source: Source, record: Record, payload: Payload, timestamp: int) -> list[TicketEvent]:
    at = _deleted_at(payload, timestamp)
    return [
        canonical.event(ticket, at, Kind.DELETED, record_id=f"deleted-{digest(ticket, at)}", source=source.spoken)
        for ticket in _deleted_tickets(source, record, payload, timestamp)
    ]


def _deleted_at(payload: Payload, timestamp: int) -> int:
    told = payload.meta.get("ts_ms", "")
    return int(told) if told.isdecimal() and len(told) < 16 else timestamp


def _deleted_tickets(source: Source, record: Record, payload: Payload, timestamp: int) -> list[str]:
    if payload.data is not None:  # the row as it was, which the source knows how to read
        events = source.map(payload.data, _headers(record, payload), timestamp)
        return sorted({event.ticket for event in events})
    ticket = _ticket_of_key(source, record.key)
    if ticket is None:
        hint = f"source {source.name} cannot tell the ticket from the key {record.key!r:.80}"
        raise InvalidRecord(TOMBSTONE, f"value: expected a record, got a tombstone ({hint})")
    return [ticket]


def _ticket_of_key(source: Source, key: bytes | None) -> str | None:
    if key is None:
        return None
    if source.name == "canonical":  # the key of a canonical record is its ticket
        return text(key)
    tell: Callable[[Any], str | None] | None = getattr(source, "ticket_of_key", None)
    return tell(_opened_key(key)) if tell else None


def _opened_key(key: bytes) -> Any:
    """The key as JSON without a Connect envelope, or as text."""
    try:
        found = decode(key)
    except InvalidRecord:
        return text(key)
    return found["payload"] if isinstance(found, dict) and found.keys() == {"schema", "payload"} else found
