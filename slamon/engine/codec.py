"""Bytes to records of tickets and services and back, watermarks, and the keys of the store. State and facts: `state.py`."""

from collections.abc import Sequence
from struct import Struct

import orjson

from slamon.engine.envelope import Headers, unwrap
from slamon.engine.unit import Watermark
from slamon.sla import canonical, canonical_service
from slamon.sla.clock import digest
from slamon.sla.events import InvalidRecord, Kind, ServiceEvent, TicketEvent
from slamon.sla.record_parts import instant

HEAD, CLOCK, FACT, LOG = b"h", b"c", b"f", b"l"
APPLIED = b"a"  # the one key under which a partition keeps how far each source is applied
WATERMARK_HEADER = ("slamon", b"watermark")
NEVER = 0xFFFFFFFFFFFFFFFF
INSTANT = Struct(">Q")

NO_KEY = "no_key"


def decode_ticket(value: bytes | None, headers: Headers, key: bytes | None, timestamp: int) -> TicketEvent:
    """The event of one record of the `tickets` topic; a tombstone deletes the ticket its key names.

    Raises InvalidRecord.
    """
    payload = unwrap(value, headers)
    if not payload.deleted:
        return canonical.parse(payload.data)
    ticket, record_id = _tombstone(key, timestamp, "ticket")
    return canonical.event(ticket, timestamp, Kind.DELETED, record_id=record_id)


def decode_service(value: bytes | None, headers: Headers, key: bytes | None, timestamp: int) -> ServiceEvent:
    """The event of one record of the `uptime` topic; a tombstone deletes the service its key names.

    Raises InvalidRecord.
    """
    payload = unwrap(value, headers)
    if not payload.deleted:
        return canonical_service.parse(payload.data)
    service, record_id = _tombstone(key, timestamp, "service")
    return canonical_service.event(service, timestamp, deleted=True, record_id=record_id)


def encode_ticket(event: TicketEvent) -> bytes:
    """The canonical JSON of the event: equal bytes for equal content, in whatever order it was sent."""
    return orjson.dumps(canonical.dump(event), option=orjson.OPT_SORT_KEYS)


def encode_service(event: ServiceEvent) -> bytes:
    """The canonical JSON of the event: equal bytes for equal content, in whatever order it was sent."""
    return orjson.dumps(canonical_service.dump(event), option=orjson.OPT_SORT_KEYS)


def _tombstone(key: bytes | None, timestamp: int, what: str) -> tuple[str, str]:
    """What the key of a tombstone names, and the id of the deletion."""
    if key is None:
        raise InvalidRecord(NO_KEY, f"key: expected the {what} id on a tombstone, got none")
    named = text(key)
    instant("timestamp", timestamp)
    return named, f"tombstone-{digest(named, timestamp)}"


def text(key: bytes) -> str:
    """A Kafka key as text; raises InvalidRecord when it is not UTF-8."""
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise InvalidRecord("bad_key", f"key: expected UTF-8 text, got {key[:64]!r}") from None


def encode_watermark(watermark: Watermark) -> bytes:
    """The value of a watermark record; it travels under WATERMARK_HEADER."""
    inputs = [[topic, partition, at] for (topic, partition), at in watermark.inputs.items()]
    return orjson.dumps({"worker": watermark.worker, "inputs": inputs})


def encode_time(worker: str, at: int) -> bytes:
    """The value of a watermark that sets partition time itself (`--clock records`)."""
    return orjson.dumps({"worker": worker, "time": at})


def decode_watermark(value: bytes | None) -> Watermark:
    """What a watermark record says; a `time` stands under the input ("", 0). Raises InvalidRecord."""
    try:
        told = orjson.loads(value or b"")
        if "time" in told:
            return Watermark(str(told["worker"]), {("", 0): int(told["time"])})
        inputs = {(str(t), int(p)): None if at is None else int(at) for t, p, at in told["inputs"]}
        return Watermark(str(told["worker"]), inputs)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidRecord("bad_watermark", f"watermark: expected worker and inputs, got {value!r:.200}") from error


def is_watermark(headers: Sequence[tuple[str, bytes]]) -> bool:
    """Whether the record is a watermark and not a ticket's."""
    return bool(headers) and WATERMARK_HEADER in headers


def head_key(subject: str) -> bytes:
    return HEAD + subject.encode()


def clock_prefix(subject: str) -> bytes:
    return CLOCK + subject.encode() + b"\0"


def fact_prefix(subject: str) -> bytes:
    return FACT + subject.encode() + b"\0"


def fact_key(subject: str, at: int, fact_id: str) -> bytes:
    return FACT + subject.encode() + b"\0" + INSTANT.pack(at) + bytes.fromhex(fact_id)


def log_prefix(subject: str) -> bytes:
    return LOG + subject.encode() + b"\0"


def log_key(subject: str, record_id: str) -> bytes:
    return LOG + subject.encode() + b"\0" + record_id.encode()


def head_due(key: bytes, value: bytes | None) -> tuple[bytes, int | None] | None:
    """The timer that a pair of the store implies, (key, instant or None), or None where it implies none ever."""
    if key[:1] not in (HEAD, FACT):
        return None
    if value is None:
        return key, None
    at = INSTANT.unpack_from(value)[0]
    return key, None if at == NEVER else at


def stamp(at: int | None) -> bytes:
    """The first eight bytes of a head or fact: when to look at it next."""
    return INSTANT.pack(NEVER if at is None else at)
