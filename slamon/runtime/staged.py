"""A store as it will be once what was decided is committed: several decisions make one transaction.

A unit has to be decided against everything before it (CONTRACT of the engine), and a transaction costs some 15 ms.
So the actor decides batch after batch against this view and commits them together. If that commit fails the process
ends or the partition is rebuilt, so nothing ever has to be taken back here.
"""

from bisect import bisect_left
from collections.abc import Iterator
from heapq import merge, nsmallest
from itertools import islice

from slamon.engine.unit import Outgoing, Unit
from slamon.runtime.store import SlaStore, timer_key

NEVER = 2**64


class StagedStore:
    """The Store of engine/unit.py: the store below, and over it what was staged."""

    def __init__(self, below: SlaStore) -> None:
        self.below = below
        self.clear()

    def clear(self) -> None:
        """After the commit: what was staged lies in the store below now."""
        self.writes: dict[bytes, bytes | None] = {}
        self.timers: dict[bytes, tuple[int | None, int | None]] = {}
        self.outgoing: list[Outgoing] = []
        self.size = 0
        self._keys: list[bytes] = []  # of `writes` when a scan last asked, in order
        self._earliest = NEVER  # no timer that was staged is due before it
        # From the first row of the index below up to the second, each has another timer by now: pages of a burst walked
        # over all that fired before them, a sixth of a tick with sixteen in one transaction.
        self._moved = (b"", b"")

    def stage(self, unit: Unit) -> None:
        """From now on reads see this unit."""
        self.writes.update(unit.writes)
        for key, (old, new) in unit.timers.items():
            self.timers[key] = (self.timers[key][0] if key in self.timers else old, new)
            if new is not None and new < self._earliest:
                self._earliest = new
        self.outgoing += unit.outgoing
        self.size += unit.size

    @property
    def empty(self) -> bool:
        """Whether nothing has to be committed."""
        return not (self.writes or self.outgoing)

    def only(self, key: bytes) -> bool:
        """Whether nothing but this key is written, and nothing sent."""
        return not self.outgoing and not self.timers and self.writes.keys() <= {key}

    def get(self, key: bytes) -> bytes | None:
        if key in self.writes:
            return self.writes[key]
        return self.below.get(key)

    def together(self, keys: list[bytes]) -> list[bytes | None]:
        """What stands under each of the keys."""
        writes = self.writes
        below = [key for key in keys if key not in writes]
        found = iter(self.below.together(below)) if below else iter(())
        return [writes[key] if key in writes else next(found) for key in keys]

    def scan(self, prefix: bytes, first: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        staged = self._staged(prefix, first)
        if not staged:
            return self.below.scan(prefix, first)
        old = (pair for pair in self.below.scan(prefix, first) if pair[0] not in self.writes)
        new = ((key, value) for key in staged if (value := self.writes[key]) is not None)
        return merge(old, new)

    def _staged(self, prefix: bytes, begin: bytes) -> list[bytes]:
        if len(self._keys) < len(self.writes):  # a dict has new keys at its end, and no key ever leaves this one
            self._keys += list(self.writes)[len(self._keys) :]
            self._keys.sort()  # a tenth of a sort from the beginning: what is in order already is merged
        first = bisect_left(self._keys, max(prefix, begin))
        behind = first
        while behind < len(self._keys) and self._keys[behind].startswith(prefix):
            behind += 1
        return self._keys[first:behind]

    def due(self, before: int, limit: int, after: int = 0) -> list[tuple[int, bytes]]:
        if not self.timers:
            return self.below.due(before, limit, after)
        old = list(islice(self._unmoved(before, after), limit))
        if before <= self._earliest:
            return old
        new = [(at, key) for key, (_, at) in self.timers.items() if at is not None and after <= at < before]
        return nsmallest(limit, [*new, *old])

    def _unmoved(self, before: int, after: int) -> Iterator[tuple[int, bytes]]:
        """The rows of the index below that are as they were."""
        timers, (first, behind) = self.timers, self._moved
        begin = timer_key(max(0, after), b"")
        if not first <= begin <= behind:
            first = behind = begin
        passed = True
        for at, key in self.below.timers(before, after, behind):
            if key in timers:
                continue
            if passed:
                self._moved, passed = (first, timer_key(at, key)), False
            yield at, key
        if passed:
            self._moved = first, max(behind, timer_key(max(0, before), b""))
