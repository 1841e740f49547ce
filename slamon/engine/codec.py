"""Bytes to records of tickets and services and back, and watermarks. State and facts: `state.py`, keys: `keys.py`."""

from collections.abc import Sequence
from typing import Final

import orjson

from slamon.engine.envelope import Headers, unwrap
from slamon.engine.unit import Watermark
from slamon.sla import canonical, canonical_service
from slamon.sla.clock import digest
from slamon.sla.events import InvalidRecord, Kind, ServiceEvent, TicketEvent
from slamon.sla.record_parts import instant

WATERMARK_HEADER: Final = ("slamon", b"watermark")

NO_KEY: Final = "no_key"


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
