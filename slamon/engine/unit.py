"""What one batch or one tick of one partition leads to: everything that must move together or not at all."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Origin = tuple[str, str]  # a kind of subject (ticket, service) and the source that tells of it


class Record(Protocol):
    """A record as Kafka delivers it (aiokafka's ConsumerRecord has this form)."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Any: ...


class Store(Protocol):
    """What is durably known of one partition: keys in byte order and the timer index."""

    def get(self, key: bytes) -> bytes | None: ...

    def together(self, keys: list[bytes]) -> list[bytes | None]:
        """What stands under each of the keys: asked for one by one they cost twice as much."""
        ...

    def scan(self, prefix: bytes, first: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Every pair whose key begins with the prefix and is not before `first`, in byte order."""
        ...

    def due(self, before: int, limit: int, after: int = 0) -> list[tuple[int, bytes]]:
        """At most `limit` (instant, key) pairs of the timer index in `[after, before)`, earliest first."""
        ...


@dataclass(slots=True, init=False)
class Outgoing:
    """One record to send: `topic` is the role (`warnings`, `breaches`, `outcomes`, `deadletter`, `clocks`), not the full name.

    Without a value it is a tombstone; only `clocks` has them.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]

    def __init__(self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        self.topic, self.key, self.value, self.headers = topic, key, value, headers

    @property
    def size(self) -> int:
        """Bytes of its key and its value."""
        return len(self.key or b"") + len(self.value or b"")


@dataclass(slots=True)
class Watermark:
    """What an intake worker has proven of the input partitions it owns: (topic, partition) -> S, None = not read yet."""

    worker: str
    inputs: Mapping[tuple[str, int], int | None]


@dataclass(slots=True)
class Unit:
    """State writes (None deletes), timer changes, records to send; `more` says that due work is left for another unit."""

    writes: dict[bytes, bytes | None] = field(default_factory=dict)
    timers: dict[bytes, tuple[int | None, int | None]] = field(default_factory=dict)  # key -> (old, new)
    outgoing: list[Outgoing] = field(default_factory=list)
    watermarks: list[Watermark] = field(default_factory=list)
    counts: Counter[tuple[str, tuple[str, ...]]] = field(
        default_factory=Counter
    )  # (metric, label values) -> by how much
    lags: list[tuple[str, int]] = field(
        default_factory=list
    )  # (what, instant + allowed lateness) of each live fact sent
    size: int = 0  # bytes of writes and outgoing
    more: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing has to be committed."""
        return not (self.writes or self.outgoing)
