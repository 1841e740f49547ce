"""Dead letters: what could not be understood, with the reason, the original bytes and where they stood (semantics 4.7)."""

from hashlib import blake2b

from slamon.engine.unit import Outgoing, Record
from slamon.sla.events import InvalidTicketEvent


def dead(error: InvalidTicketEvent, topic: str, partition: int, record: Record, max_record: int) -> Outgoing:
    """The letter for a record; bytes beyond `max_record` are cut, and then `cut` says how many there were."""
    value = record.value or b""
    headers = [
        ("reason", error.reason.encode()),
        ("message", str(error).encode()[:4096]),
        ("source_topic", topic.encode()),
        ("source_partition", str(partition).encode()),
        ("source_offset", str(record.offset).encode()),
        ("digest", blake2b(value, digest_size=16).hexdigest().encode()),
    ]
    if len(value) > max_record:
        headers.append(("cut", str(len(value)).encode()))
    return Outgoing("deadletter", record.key, value[:max_record], headers)
