"""Earlier states of a long-lived subject: a late record is folded in from the newest one before it, and what lies
before the oldest one that lateness allows for is dropped (semantics 4.2, 4.3)."""

from typing import Any, Final

from slamon.engine.blocks import drop_blocks
from slamon.engine.keys import INSTANT, STAMP
from slamon.engine.logs import Log
from slamon.engine.overlay import Overlay
from slamon.engine.subjects import Subjects

DAY_MS: Final = 86_400_000


class Checkpoints:
    """The checkpoints of all subjects of one kind; those of one subject stand in the order of their last records."""

    def __init__(self, overlay: Overlay, kind: Subjects, log: Log) -> None:
        self._overlay, self._kind, self._log = overlay, kind, log

    def before(self, subject: str, order: tuple[Any, ...]) -> Any | None:
        """The newest kept state that has not seen the place of a record in their order; later ones are dropped."""
        for key, value in reversed(self._rows(subject)):
            if _instant(key) <= order[0]:
                state = self._kind.decode_head(value)
                if state.last < order:
                    return state
            self._overlay.put(key, None)
        return None

    def keep(self, state: Any) -> None:
        """Keep the state as it stands right after its last record; of an earlier day one is enough."""
        rows = self._rows(state.subject)
        instants = [_instant(key) for key, _ in rows]
        today = state.last[0] // DAY_MS
        for number, (key, _) in enumerate(rows[:-1]):
            day = instants[number] // DAY_MS
            if day < today - 1 and instants[number + 1] // DAY_MS == day:
                self._overlay.put(key, None)
        self._overlay.put(self._key(state.subject, state.last[0]), self._kind.encode_head(state, None))

    def trim(self, subject: str, oldest: int) -> int | None:
        """Drop what only records before the instant could need; from which instant on the log is kept, if it was cut."""
        rows = [key for key, _ in self._rows(subject) if _instant(key) < oldest]
        if len(rows) < 2:
            return None
        for key in rows[:-1]:
            self._overlay.put(key, None)
        kept = _instant(rows[-1])
        self._log.forget(subject, before=kept)
        value = self._overlay.get(rows[-1])
        assert value is not None
        drop_blocks(self._overlay, subject, self._kind.decode_head(value))
        return kept

    def forget(self, subject: str) -> None:
        for key, _ in self._rows(subject):
            self._overlay.put(key, None)
        if self._kind.letters.blocks:
            drop_blocks(self._overlay, subject, None)

    def _rows(self, subject: str) -> list[tuple[bytes, bytes]]:
        if not self._kind.letters.kept:
            return []
        return list(self._overlay.scan(self._kind.letters.kept + subject.encode() + b"\0"))

    def _key(self, subject: str, at: int) -> bytes:
        return self._kind.letters.kept + subject.encode() + b"\0" + INSTANT.pack(at)


def _instant(key: bytes) -> int:
    at: int = INSTANT.unpack_from(key, len(key) - STAMP)[0]
    return at
