"""One foreign record -> the canonical records it means, or the dead letter it becomes. No I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from slamon.engine.codec import encode_service, encode_ticket, text
from slamon.engine.envelope import TOO_LARGE, Payload, decode, unwrap
from slamon.engine.letters import dead
from slamon.engine.partitioner import partition_of
from slamon.engine.replayed import came_at
from slamon.engine.unit import Record
from slamon.sla import canonical, canonical_service
from slamon.sla.clock import digest
from slamon.sla.events import InvalidRecord, Kind, ServiceEvent, TicketEvent
from slamon.sla.instants import LATEST_MS
from slamon.sla.refusals import BAD_INSTANT, refusal
from slamon.sources.source import PartlyInvalid, Role

MAX_RECORD = 512 * 1024
MAX_FUTURE_MS = 5 * 60_000
MAX_KEY = 64 * 1024  # of a dead letter; a longer one is cut like a value

TOMBSTONE = "tombstone"
FROM_THE_FUTURE = "from_the_future"
MAPPING_FAILED = "mapping_failed"


Event = TicketEvent | ServiceEvent
Events = Sequence[TicketEvent] | Sequence[ServiceEvent]


class Source(Protocol):
    """slamon.sources.Source as far as intake needs it."""

    @property
    def name(self) -> str: ...
    @property
    def spoken(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def own_key(self) -> bool: ...
    @property
    def subject_of_key(self) -> Callable[[Any], str | None] | None: ...
    @property
    def map(self) -> Callable[[Any, Mapping[str, str], int], Events]: ...


class Opener(Protocol):
    """slamon.registry.Opener as far as intake needs it: records written through a schema registry."""

    async def open(self, record: Record) -> Record: ...


@dataclass(frozen=True, slots=True)
class Feed:
    """One configured input: what `topic` holds comes in through `source` and goes to the topic of its role."""

    topic: str
    source: Source
    name: str = ""
    expect_every_ms: int | None = None
    on_silence: str = "mark"
    opener: Opener | None = None

    @property
    def role(self) -> Role:
        return self.source.role

    @property
    def label(self) -> str:
        return self.name or self.topic


Row = tuple[int, bytes | None, bytes, list[tuple[str, bytes]]]  # partition, key, value, headers


class PartlyRefused(InvalidRecord):
    """A record that becomes a dead letter although some of its parts are `rows`; read again, those change nothing."""

    def __init__(self, error: InvalidRecord, rows: list[Row]) -> None:
        super().__init__(error.reason, str(error))
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Mapper:
    """Maps the records of every feed for an installation with so many partitions."""

    partitions: int
    max_record: int = MAX_RECORD
    max_future_ms: int = MAX_FUTURE_MS

    def rows(self, feed: Feed, record: Record, received_ms: int) -> list[Row]:
        """The canonical records, each with the partition its ticket or service has.

        Raises InvalidRecord; a PartlyRefused still has the rows of the parts that can be read.
        """
        timestamp = record.timestamp if record.timestamp >= 0 else received_ms
        if timestamp >= LATEST_MS:  # of a topic that carries its producers' clocks; no instant of ours can say it
            raise refusal(BAD_INSTANT, "timestamp", "a Kafka timestamp before the year 2200", timestamp)
        try:
            events = self._events(feed.source, record, came_at(record) if record.timestamp >= 0 else received_ms)
        except PartlyInvalid as error:
            if not error.events:
                raise
            raise PartlyRefused(error, self._rows(error.events, timestamp)) from None
        except InvalidRecord:
            raise
        except Exception as error:  # a mapping that trips over one record must not stop all others
            message = f"source {feed.source.name} tripped over this record: {type(error).__name__}: {error}"
            raise InvalidRecord(MAPPING_FAILED, message) from error
        return self._rows(events, timestamp)

    def _events(self, source: Source, record: Record, timestamp: int) -> Events:
        payload = unwrap(record.value, record.headers, self.max_record)
        if payload.deleted:
            return _deletions(source, record, payload, timestamp)
        return source.map(payload.data, _headers(record, payload), timestamp)

    def _rows(self, events: Events, timestamp: int) -> list[Row]:
        for event in events:
            self._refuse_future(event, timestamp)
        return [self._row(event) for event in events]

    def _refuse_future(self, event: Event, timestamp: int) -> None:
        # Judged here against the source's own record, whose timestamp is the same at every reading of it. One that is
        # sent again is judged by its new timestamp: what lay ahead may have come by now.
        if event.at > timestamp + self.max_future_ms:
            ahead = (event.at - timestamp) / 1000
            message = (
                f"at: expected at most {self.max_future_ms / 1000:.0f} s after Kafka's timestamp, got {ahead:.0f} s"
            )
            raise InvalidRecord(FROM_THE_FUTURE, message)

    def _row(self, event: Event) -> Row:
        key = event.subject.encode()
        value = encode_service(event) if isinstance(event, ServiceEvent) else encode_ticket(event)
        if len(value) > self.max_record:
            expected = f"expected at most {self.max_record} bytes of canonical JSON, got {len(value)}"
            raise InvalidRecord(TOO_LARGE, f"{event.subject}: {expected}")
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


def _deletions(source: Source, record: Record, payload: Payload, timestamp: int) -> Events:
    if source.role == "uptime":
        return [_deleted_service(source, record, payload, timestamp)]
    at = _deleted_at(payload, timestamp)
    return [
        canonical.event(ticket, at, Kind.DELETED, record_id=f"deleted-{digest(ticket, at)}", source=source.spoken)
        for ticket in _deleted_tickets(source, record, payload, timestamp)
    ]


def _deleted_service(source: Source, record: Record, payload: Payload, timestamp: int) -> ServiceEvent:
    if payload.data is not None:  # a row of a table of states is not the service
        message = "value: expected a record, got a deleted row (a service ends with a tombstone or `deleted: true`)"
        raise InvalidRecord(TOMBSTONE, message)
    service, at = _subject_of_key(source, record.key), _deleted_at(payload, timestamp)
    record_id = f"deleted-{digest(service, at)}"
    return canonical_service.event(service, at, deleted=True, record_id=record_id, source=source.spoken)


def _deleted_at(payload: Payload, timestamp: int) -> int:
    told = payload.meta.get("ts_ms", "")
    return int(told) if told.isdecimal() and len(told) < 16 else timestamp


def _deleted_tickets(source: Source, record: Record, payload: Payload, timestamp: int) -> list[str]:
    if payload.data is None:
        return [_subject_of_key(source, record.key)]
    try:  # the row as it was, which the source knows how to read
        events = source.map(payload.data, _headers(record, payload), timestamp)
    except InvalidRecord:  # PostgreSQL tells of a deleted row its primary key alone, unless REPLICA IDENTITY is FULL
        subject = None if source.subject_of_key is None else source.subject_of_key(payload.data)
        if subject is None:
            raise
        return [subject]
    return sorted({event.subject for event in events})


def _subject_of_key(source: Source, key: bytes | None) -> str:
    """The ticket or service that the key of a tombstone names."""
    subject = None
    if key is not None and source.own_key:
        subject = text(key)
    elif key is not None and source.subject_of_key is not None:
        subject = source.subject_of_key(_opened_key(key))
    if subject is None:
        hint = f"source {source.name} cannot tell {'the service' if source.role == 'uptime' else 'the ticket'} from the key {key!r:.80}"
        raise InvalidRecord(TOMBSTONE, f"value: expected a record, got a tombstone ({hint})")
    return subject


def _opened_key(key: bytes) -> Any:
    """The key as JSON without a Connect envelope, or as text."""
    try:
        found = decode(key)
    except InvalidRecord:
        return text(key)
    return found["payload"] if isinstance(found, dict) and found.keys() == {"schema", "payload"} else found
