"""A record that was sent again from the dead letter: where and when it stood first (semantics 4.7)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from slamon.engine.unit import Record

REPLAY_HEADER: Final = "slamon-replay"


class Origin(NamedTuple):
    """The place of the very first record, and the timestamp Kafka gave it there."""

    topic: str
    partition: int
    offset: int
    timestamp: int

    @property
    def place(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset

    def header(self) -> tuple[str, bytes]:
        """What a record sent again carries; no name of a topic has a colon."""
        return REPLAY_HEADER, ":".join(map(str, self)).encode()


def origin_of(headers: Iterable[tuple[str, bytes | None]] | None) -> Origin | None:
    """The origin that the headers tell, None if they tell none that can be read."""
    for name, value in headers or ():
        if name == REPLAY_HEADER:
            try:
                topic, partition, offset, timestamp = (value or b"").decode().split(":")
                return Origin(topic, int(partition), int(offset), int(timestamp))
            except ValueError:
                return None
    return None


def came_at(record: Record) -> int:
    """Kafka's timestamp of the record; of one that was sent again, the one it had first.

    What says no instant of its own counts from there: a tombstone, or an alert without a time, must mean the same
    however often and however late it is replayed. Never later than Kafka's own.
    """
    if not record.headers:
        return record.timestamp
    origin = origin_of(record.headers)
    return record.timestamp if origin is None or origin.timestamp < 0 else min(origin.timestamp, record.timestamp)
