"""A dead letter as it is read back: why it was refused, what it was, where it stood. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from slamon.engine.envelope import unwrap
from slamon.engine.letters import ORIGINAL
from slamon.engine.partitioner import partition_of
from slamon.engine.replayed import REPLAY_HEADER, Origin, origin_of
from slamon.sla.events import InvalidRecord

UNKNOWN = "unknown"
MAX_DIGITS = 20  # of an instant; Python refuses to read thousands
WRONG_PARTITION, KEY_MISMATCH = "wrong_partition", "key_mismatch"

Place = tuple[str, int, int]  # topic, partition, offset


@dataclass(frozen=True, slots=True)
class Letter:
    """`at` is its Kafka timestamp; `key`, `value` and `headers` are those of the source record.

    `source` is where that record stood, `origin` where it stood first: they differ for one that was sent again.
    """

    partition: int
    offset: int
    at: int
    reason: str
    message: str
    source: Place | None
    origin: Origin | None
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    obstacle: str | None  # why it cannot be sent again

    @property
    def sent_again(self) -> bool:
        """Whether it is what came back of a replay."""
        return self.origin is not None and self.origin.place != self.source

    def subject(self) -> str | None:
        """The ticket or service that a canonical record names, None if it is none or names none."""
        try:
            data = unwrap(self.value, self.headers).data
        except InvalidRecord:
            return None
        named = data.get("ticket", data.get("service")) if isinstance(data, dict) else None
        return named if isinstance(named, str) and named else None

    def key_to_send(self, rekey: bool) -> bytes | None:
        """The key it had, or with `rekey` the ticket or service it names, if it was refused for its key."""
        subject = self.subject() if rekey and self.reason == KEY_MISMATCH else None
        return self.key if subject is None else subject.encode()

    def target(self, partitions: int, *, rekey: bool = False) -> int:
        """The partition of its source topic it goes back to: the same one, so that its order holds.

        What stood where its ticket does not belong goes to its ticket's.
        """
        number = self.source[1] if self.source else 0
        if self.reason in (WRONG_PARTITION, KEY_MISMATCH):
            home = self.key_to_send(rekey) or (self.subject() or "").encode()
            return partition_of(home, partitions) if home else number % partitions
        if self.key is not None and number >= partitions:
            return partition_of(self.key, partitions)
        return number % partitions

    def headers_to_send(self) -> list[tuple[str, bytes]]:
        """The headers it had, and one that says where and when it stood first."""
        kept = [(name, value) for name, value in self.headers if name != REPLAY_HEADER]
        return kept if self.origin is None else [*kept, self.origin.header()]


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
    original = _original(record.headers or ())
    return Letter(
        partition=record.partition,
        offset=record.offset,
        at=record.timestamp,
        reason=_text(headers, "reason") or UNKNOWN,
        message=_text(headers, "message"),
        source=source,
        origin=origin_of(original) or _origin(source, headers, record.timestamp),
        key=record.key,
        value=None if tombstone else record.value,
        headers=original,
        obstacle=_obstacle(headers, source, record.value or b""),
    )


def _original(headers: Sequence[tuple[str, bytes | None]]) -> tuple[tuple[str, bytes], ...]:
    """The headers the record had, also those that came more than once."""
    return tuple((name.removeprefix(ORIGINAL), held or b"") for name, held in headers if name.startswith(ORIGINAL))


def _origin(source: Place | None, headers: Mapping[str, bytes], written: int) -> Origin | None:
    """Where the record stood; letters of older versions do not tell when, and were written soon after."""
    told = _text(headers, "source_timestamp")
    return (
        None
        if source is None
        else Origin(*source, int(told) if told.isdecimal() and len(told) < MAX_DIGITS else written)
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
    place = "{}-{}@{}".format(*source)
    if "cut" in headers:
        return f"it was cut: the record had {_text(headers, 'cut')} bytes, read it at {place}"
    if "headers_cut" in headers:
        return f"{_text(headers, 'headers_cut')} of its headers were too long to keep, read it at {place}"
    if headers.get("digest") not in (None, blake2b(value, digest_size=16).hexdigest().encode()):
        return "its bytes are not those it was written with"
    return None
