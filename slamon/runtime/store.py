"""One owned partition on disk: state and timer index in RocksDB, changed by one atomic write batch at a time.

Knows no Kafka. The changelog is the truth: what is here is never ahead of it, and can be deleted at any time.
"""

import contextlib
import json
import shutil
import weakref
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

import rocksdict

from slamon.engine.keys import TIMED
from slamon.engine.version import VERSION
from slamon.runtime import faultpoints
from slamon.runtime.rocks import LOGGED, TIMERS, UNLOGGED, make_cache, open_rocks, write

LAST_TIMER = b"\xff" * 9  # behind every row of the index
META = b"\x00slamon"  # below every key of the engine, whose keys begin with a letter
# Of the directory, and of the state: timers follow from rows, and an older slamon may not have seen those of a newer one.
FORMAT = [2, VERSION]

# engine.codec.head_due: the timer that a pair implies, as (key in the index, instant or None); None: never any.
HeadDue = Callable[[bytes, bytes | None], tuple[bytes, int | None] | None]
Timers = Mapping[bytes, tuple[int | None, int | None]]


def timer_key(instant: int, key: bytes) -> bytes:
    """Where the timer of a store key stands in the index: byte order is the order of the instants."""
    return instant.to_bytes(8, "big") + key


def _successor(prefix: bytes) -> bytes:
    """The first key behind all that begin with the prefix."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


class SlaStore:
    """The Store of engine/unit.py over one RocksDB directory.

    `offset` is the changelog offset up to which it is applied (0: nothing), `stamp` the wall clock (ms) at which it
    was last known to be level with the changelog, None if it never was.
    """

    def __init__(self, path: Path, cache: rocksdict.Cache | None = None, write_buffer_bytes: int = 8 << 20) -> None:
        self.path = path
        self._cache = cache or make_cache(16 << 20)
        self._write_buffer_bytes = write_buffer_bytes
        self._walks: weakref.WeakSet[Iterator[tuple[bytes, bytes]]] = weakref.WeakSet()
        self._open()

    def _open(self) -> None:
        self._db = open_rocks(self.path, self._cache, self._write_buffer_bytes)
        self._timers = self._db.get_column_family(TIMERS)
        self._timers_handle = self._db.get_column_family_handle(TIMERS)
        # Nothing due lies below it: a seek over the tombstones of fired timers costs 12 ms per 50,000 (faust.md 2).
        self._low = bytes(8)
        meta = json.loads(self._db.get(META) or b"{}")
        if meta.get("format", FORMAT) != FORMAT:
            self.clear()
            return
        self.offset: int = meta.get("offset", 0)
        self.stamp: int | None = meta.get("stamp")
        self.timers_stand: bool = meta.get("timers", True)

    # -- reading

    def get(self, key: bytes) -> bytes | None:
        return self._db.get(key)

    def together(self, keys: list[bytes]) -> list[bytes | None]:
        """What stands under each of the keys; other threads run meanwhile, which `get` does not let them."""
        found: list[bytes | None] = self._db.get(keys)
        return found

    def scan(self, prefix: bytes, first: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Every pair whose key begins with the prefix and is not before `first`, in byte order."""
        return self._walk(self._db, max(prefix, first), _successor(prefix))

    def timers(self, before: int, after: int = 0, first_row: bytes = b"") -> Iterator[tuple[int, bytes]]:
        """Every (instant, key) of the timer index in `[after, before)` from this row of it on, earliest first."""
        until = max(0, before).to_bytes(8, "big")
        low = self._low
        start = max(low, max(0, after).to_bytes(8, "big"), first_row)
        if start >= until:
            return
        first = LAST_TIMER
        try:
            # As far as the first row that is too late, which becomes the bound: to be asked whether anything is due before
            # an instant, some hundred times a second, then takes no walk.
            for row, _ in self._walk(self._timers, start, LAST_TIMER):
                first = min(first, row)
                if row >= until:
                    return
                yield int.from_bytes(row[:8], "big"), row[8:]
        finally:
            # Only a walk from the bound itself can raise it, and only if no write lowered it meanwhile.
            if start == low == self._low:
                self._low = first

    def due(self, before: int, limit: int, after: int = 0) -> list[tuple[int, bytes]]:
        """At most `limit` (instant, key) pairs of the timer index in `[after, before)`, earliest first."""
        return list(islice(self.timers(before, after), limit))

    def index(self, before: int) -> Iterator[tuple[int, bytes]]:
        """Every (instant, key) of the timer index before the instant as it is now, for who reads on while others write."""
        for row, _ in self._walk(self._timers, self._low, max(0, before).to_bytes(8, "big")):
            yield int.from_bytes(row[:8], "big"), row[8:]

    def _walk(self, db: rocksdict.Rdict, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        walk = self._pairs(db, start, end)
        self._walks.add(walk)
        return walk

    @staticmethod
    def _pairs(db: rocksdict.Rdict, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        bounds = rocksdict.ReadOptions()
        bounds.set_iterate_upper_bound(end)
        yield from db.items(from_key=start, read_opt=bounds)

    @property
    def estimated_keys(self) -> int:
        """About how many pairs the state holds; RocksDB's own guess."""
        return self._db.property_int_value("rocksdb.estimate-num-keys") or 0

    # -- writing

    def apply(
        self, writes: Mapping[bytes, bytes | None], timers: Timers, changelog_offset: int, stamp: int | None = None
    ) -> None:
        """One unit, all of it or nothing: state, timer index and the changelog offset behind it."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        _put_state(batch, writes)
        self._put_timers(batch, timers)
        faultpoints.reach("in_local_write")
        self._write(batch, changelog_offset, self.stamp if stamp is None else stamp, self.timers_stand)
        faultpoints.reach("after_local_write")

    def replay(self, writes: Mapping[bytes, bytes | None], head_due: HeadDue, changelog_offset: int) -> None:
        """A piece of the changelog; the timers follow from the heads in it (and from those they replace)."""
        timers = dict(self._timers_of(writes, head_due)) if self.timers_stand else {}
        self.apply(writes, timers, changelog_offset)

    def _timers_of(
        self, writes: Mapping[bytes, bytes | None], head_due: HeadDue
    ) -> Iterator[tuple[bytes, tuple[int | None, int | None]]]:
        heads = {key: head for key, value in writes.items() if (head := head_due(key, value)) is not None}
        # Asked for together they cost half of what they cost one by one.
        for (key, (timer, new)), before in zip(heads.items(), self._db.get(list(heads)), strict=True):
            old = head_due(key, before) if before is not None else None
            yield timer, (old[1] if old is not None else None, new)

    def set_offset(self, changelog_offset: int, stamp: int | None) -> None:
        """The position alone: level with the changelog at `stamp`, nothing to write."""
        self._write(rocksdict.WriteBatch(raw_mode=True), changelog_offset, stamp, self.timers_stand)

    def _put_timers(self, batch: rocksdict.WriteBatch, timers: Timers) -> None:
        handle, low = self._timers_handle, self._low
        for key, (old, new) in timers.items():
            if old == new:
                continue
            if old is not None:
                batch.delete(timer_key(old, key), handle)
            if new is not None:
                row = timer_key(new, key)
                batch.put(row, b"", handle)
                low = min(low, row)
        self._low = low

    def _write(self, batch: rocksdict.WriteBatch, offset: int, stamp: int | None, timers_stand: bool) -> None:
        meta = {"format": FORMAT, "offset": offset, "stamp": stamp, "timers": timers_stand}
        batch.put(META, json.dumps(meta).encode())
        # A directory without timers is being rebuilt, or a copy. It needs no write-ahead log, which costs as much as all the rest:
        # rows and offset stand in one column family, so what a crash takes is read again.
        write(self._db, batch, self.path, LOGGED if timers_stand or self.timers_stand else UNLOGGED)
        self.offset, self.stamp, self.timers_stand = offset, stamp, timers_stand

    # -- rebuilding the timers of a whole partition

    def drop_timers(self) -> None:
        """Begin a rebuild: the index is empty and `replay` leaves it so until `derive_timers`."""
        self._low = bytes(8)
        self._write(self._emptied(), self.offset, self.stamp, timers_stand=False)

    def derive_timers(self, head_due: HeadDue, every: int = 2_000) -> Iterator[int]:
        """Work the index out from the state, `every` pairs a step so that the caller can let others run; yields the count."""
        batch = self._emptied()  # of what a walk left that did not come to its end
        seen = 0
        for seen, (key, value) in enumerate(chain.from_iterable(map(self.scan, TIMED)), 1):
            head = head_due(key, value)
            if head is not None and head[1] is not None:
                batch.put(timer_key(head[1], head[0]), b"", self._timers_handle)
            if seen % every == 0:
                write(self._db, batch, self.path, UNLOGGED)
                batch = rocksdict.WriteBatch(raw_mode=True)
                yield seen
        self._low = bytes(8)
        write(self._db, batch, self.path, UNLOGGED)
        self._flush()  # before anything is logged that builds on what was not
        self._write(rocksdict.WriteBatch(raw_mode=True), self.offset, self.stamp, timers_stand=True)
        yield seen

    def _emptied(self) -> rocksdict.WriteBatch:
        batch = rocksdict.WriteBatch(raw_mode=True)
        batch.delete_range(b"", LAST_TIMER, self._timers_handle)
        return batch

    def begin_flush(self) -> None:
        """Have RocksDB write the state it holds to disk: for who writes without a log."""
        self._db.flush(wait=False)

    def _flush(self) -> None:
        self._db.flush()
        self._timers.flush()

    # -- the end

    def size(self) -> tuple[int, int]:
        """(keys as RocksDB estimates them, bytes on disk and in write buffers)."""
        ask = self._db.property_int_value
        files, buffers = ask("rocksdb.total-sst-files-size") or 0, ask("rocksdb.size-all-mem-tables") or 0
        return ask("rocksdb.estimate-num-keys") or 0, files + buffers

    def clear(self) -> None:
        """Throw everything away and begin empty: the changelog brings it back."""
        self.close()
        shutil.rmtree(self.path)
        self._open()

    def close(self) -> None:
        """Give the directory free: a live iterator or column family handle would keep its LOCK (faust.md 2)."""
        for walk in list(self._walks):
            walk.close()  # type: ignore[attr-defined]  # they are generators
        del self._timers_handle
        self._timers.close()
        del self._timers
        with contextlib.suppress(
            Exception
        ):  # of a write that failed, and was told of: the changelog has what is missing
            self._db.close()
        del self._db


def _put_state(batch: rocksdict.WriteBatch, writes: Mapping[bytes, bytes | None]) -> None:
    for key, value in writes.items():
        if value is None:
            batch.delete(key)
        else:
            batch.put(key, value)
