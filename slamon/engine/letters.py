"""Dead letters: what could not be understood, with the reason, the original bytes and where they stood (semantics 4.7)."""

from hashlib import blake2b
from typing import Final

from slamon.engine.unit import Outgoing, Record
from slamon.sla.events import InvalidRecord

ORIGINAL: Final = "original."  # begins the name of a header that the record had
MAX_ORIGINAL_HEADERS: Final = 16 * 1024


def original_headers(record: Record) -> list[tuple[str, bytes]]:
    """The record's headers under names of their own, as far as they are small; that it had no value; how many are left out."""
    kept: list[tuple[str, bytes]] = [] if record.value is not None else [("tombstone", b"true")]
    room = MAX_ORIGINAL_HEADERS
    headers = record.headers or ()
    for number, (name, value) in enumerate(headers):
        room -= len(name) + len(value or b"")
        if room < 0:
            return [*kept, ("headers_cut", str(len(headers) - number).encode())]
        kept.append((ORIGINAL + name, value or b""))
    return kept


def dead(error: InvalidRecord, topic: str, partition: int, record: Record, max_record: int) -> Outgoing:
    """The letter for a record, as it was; bytes beyond `max_record` are cut, and then `cut` says how many there were."""
    value = record.value or b""
    headers = [
        ("reason", error.reason.encode()),
        ("message", str(error).encode()[:4096]),
        ("source_topic", topic.encode()),
        ("source_partition", str(partition).encode()),
        ("source_offset", str(record.offset).encode()),
        ("source_timestamp", str(record.timestamp).encode()),
        ("digest", blake2b(value, digest_size=16).hexdigest().encode()),
        *original_headers(record),
    ]
    if len(value) > max_record:
        headers.append(("cut", str(len(value)).encode()))
    return Outgoing("deadletter", record.key, value[:max_record], headers)
