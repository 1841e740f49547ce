"""A dead letter as it is read back: why it was refused, what it was, where it stood. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from slamon.engine.letters import ORIGINAL
from slamon.engine.partitioner import partition_of

REPLAY_HEADER = "slamon-replay"
UNKNOWN = "unknown"
BY_KEY = frozenset({"wrong_partition"})  # what stood in the wrong partition goes where its key belongs

Place = tuple[str, int, int]  # topic, partition, offset


@dataclass(frozen=True, slots=True)
class Letter:
    """`at` is its Kafka timestamp; `key`, `value` and `headers` are those of the source record."""

    partition: int
    offset: int
    at: int
    reason: str
    message: str
    source: Place | None
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    obstacle: str | None  # why it cannot be sent again

    def target(self, partitions: int) -> int:
        """The partition of its source topic it goes back to: the same one, so that its order holds."""
        number = self.source[1] if self.source else 0
        if self.key is not None and (self.reason in BY_KEY or number >= partitions):
            return partition_of(self.key, partitions)
        return number % partitions

    def replayed_headers(self) -> list[tuple[str, bytes]]:
        """The headers it had, and one that says where it comes from now."""
        kept = [(name, value) for name, value in self.headers if name != REPLAY_HEADER]
        return [*kept, (REPLAY_HEADER, f"{self.partition}:{self.offset}".encode())]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant; what is None does not matter."""

    reason: str | None = None
    partition: int | None = None
    offset: int | None = None
    source_topic: str | None = None

    def takes(self, letter: Letter) -> bool:
        pairs = (
            (self.reason, letter.reason),
            (self.partition, letter.partition),
            (self.offset, letter.offset),
            (self.source_topic, letter.source[0] if letter.source else None),
        )
        return all(wanted is None or wanted == found for wanted, found in pairs)


def letter_of(record: Any) -> Letter:
    """What a record of the deadletter topic says; strange ones have the reason `unknown`."""
    headers = {name: value or b"" for name, value in record.headers or ()}
    tombstone = "tombstone" in headers and not record.value
    source = _source(headers)
    return Letter(
        partition=record.partition,
        offset=record.offset,
        at=record.timestamp,
        reason=_text(headers, "reason") or UNKNOWN,
        message=_text(headers, "message"),
        source=source,
        key=record.key,
        value=None if tombstone else record.value,
        headers=tuple(
            (name.removeprefix(ORIGINAL), held) for name, held in headers.items() if name.startswith(ORIGINAL)
        ),
        obstacle=_obstacle(headers, source, record.value or b""),
    )


def _text(headers: Mapping[str, bytes], name: str) -> str:
    return headers.get(name, b"").decode("utf-8", "replace")


def _source(headers: Mapping[str, bytes]) -> Place | None:
    topic = _text(headers, "source_topic")
    try:
        return (topic, int(headers["source_partition"]), int(headers["source_offset"])) if topic else None
    except (KeyError, ValueError):
        return None


def _obstacle(headers: Mapping[str, bytes], source: Place | None, value: bytes) -> str | None:
    if source is None:
        return "it does not say where it comes from"
    if "cut" in headers:
        return (
            f"it was cut: the record had {_text(headers, 'cut')} bytes, read it at {source[0]}-{source[1]}@{source[2]}"
        )
    if headers.get("digest") not in (None, blake2b(value, digest_size=16).hexdigest().encode()):
        return "its bytes are not those it was written with"
    return None
