"""A store in memory, for replays and tests: a dict and the sorted timers that follow from it."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import takewhile

from slamon.engine.unit import Unit


class MemoryStore:
    """A Store over a dict; `apply` is its only change."""

    def __init__(self) -> None:
        self.pairs: dict[bytes, bytes] = {}
        self._buckets: dict[bytes, list[bytes]] = {}  # keys in order, by what stands before their first zero byte
        self._timers: list[tuple[int, bytes]] = []

    def get(self, key: bytes) -> bytes | None:
        return self.pairs.get(key)

    def together(self, keys: list[bytes]) -> list[bytes | None]:
        return [self.pairs.get(key) for key in keys]

    def scan(self, prefix: bytes, first: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Every pair whose key begins with the prefix and is not before `first`, in byte order."""
        if b"\0" in prefix:
            keys = self._buckets.get(prefix.split(b"\0", 1)[0], [])
            begin = bisect_left(keys, max(prefix, first))
            found = list(takewhile(lambda key: key.startswith(prefix), keys[begin:]))
        else:
            found = sorted(key for key in self.pairs if key >= first and key.startswith(prefix))
        for key in found:
            yield key, self.pairs[key]

    def due(self, before: int, limit: int, after: int = 0) -> list[tuple[int, bytes]]:
        """At most `limit` timers in `[after, before)`, earliest first."""
        first = bisect_left(self._timers, (after, b""))
        last = bisect_left(self._timers, (before, b""))
        return self._timers[first : min(last, first + limit)]

    def index(self, before: int) -> Iterator[tuple[int, bytes]]:
        """Every timer before the instant as they are now, earliest first."""
        return iter(self._timers[: bisect_left(self._timers, (before, b""))])

    def apply(self, unit: Unit) -> None:
        """Take the unit's writes and timers."""
        for key, value in unit.writes.items():
            bucket = key.split(b"\0", 1)[0]
            if value is None:
                if self.pairs.pop(key, None) is not None:
                    self._forget(bucket, key)
                continue
            if key not in self.pairs:
                insort(self._buckets.setdefault(bucket, []), key)
            self.pairs[key] = value
        for key, (old, new) in unit.timers.items():
            if old is not None:
                del self._timers[bisect_left(self._timers, (old, key))]
            if new is not None:
                insort(self._timers, (new, key))

    def _forget(self, bucket: bytes, key: bytes) -> None:
        keys = self._buckets[bucket]
        del keys[bisect_left(keys, key)]
        if not keys:
            del self._buckets[bucket]
