"""A store as one unit sees it: what is durable, under what the unit has decided to write."""

from collections.abc import Iterator

from slamon.engine.keys import STAMP, TIMED, due_of
from slamon.engine.unit import Store, Unit


class Overlay:
    """Reads through to the store; writes gather in the unit, with the timer changes they imply."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.unit = Unit()
        self._read: dict[bytes, bytes | None] = {}  # a head or fact is read twice: for itself and for its timer
        # Keys of the unit's writes, by what ends in a zero byte; made by the first scan, since most units have none.
        self._by_prefix: dict[bytes, dict[bytes, None]] | None = None

    def get(self, key: bytes) -> bytes | None:
        """The value as the unit has it; None is absent."""
        writes = self.unit.writes
        if key in writes:
            return writes[key]
        if key in self._read:
            return self._read[key]
        value = self._read[key] = self.store.get(key)
        return value

    def look_ahead(self, keys: list[bytes]) -> None:
        """Read together what is about to be asked for one by one."""
        unknown = [key for key in keys if key not in self._read]
        if unknown:
            self._read.update(zip(unknown, self.store.together(unknown), strict=True))

    def put(self, key: bytes, value: bytes | None) -> None:
        """Write the value (None deletes) and move the timer it implies."""
        unit = self.unit
        if key[:1] in TIMED:
            self._move(key, value)
        if value is None and key not in unit.writes and self.get(key) is None:
            return
        if self._by_prefix is not None:
            _note(self._by_prefix, key)
        unit.writes[key] = value
        unit.size += len(key) if value is None else len(key) + len(value)

    def scan(self, prefix: bytes, first: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Every pair under the prefix, which ends in a zero byte, from `first` on; a snapshot: the caller may write."""
        if self._by_prefix is None:
            self._by_prefix = {}
            for key in self.unit.writes:
                _note(self._by_prefix, key)
        pairs: dict[bytes, bytes | None] = dict(self.store.scan(prefix, first))
        pairs.update({key: self.unit.writes[key] for key in self._by_prefix.get(prefix, ()) if key >= first})
        return iter([(key, value) for key, value in sorted(pairs.items()) if value is not None])

    def _move(self, key: bytes, value: bytes | None) -> None:
        timers = self.unit.timers
        if key in timers:
            timers[key] = (timers[key][0], due_of(value))
            return
        stored = self._read[key] if key in self._read else self.store.get(key)
        if stored is None or value is None or stored[:STAMP] != value[:STAMP]:
            old, new = due_of(stored), due_of(value)
            if old != new:
                timers[key] = (old, new)


def _note(by_prefix: dict[bytes, dict[bytes, None]], key: bytes) -> None:
    zero = key.find(b"\0")
    if zero >= 0:
        by_prefix.setdefault(key[: zero + 1], {})[key] = None
