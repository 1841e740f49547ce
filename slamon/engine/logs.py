"""The log of a subject's records, from which it can be worked out again; the same id twice is found by one look (semantics 4.2)."""

from collections.abc import Iterator

from slamon.engine.keys import INSTANT, STAMP, Letters
from slamon.engine.overlay import Overlay


class ByRecord:
    """By id: a ticket has few records, and is worked out again from all of them."""

    def __init__(self, overlay: Overlay, letters: Letters) -> None:
        self._overlay, self._letter = overlay, letters.log

    def key(self, subject: str, record_id: str) -> bytes:
        """What `known` looks at first."""
        return self._letter + subject.encode() + b"\0" + record_id.encode()

    def known(self, subject: str, record_id: str) -> bytes | None:
        """What was told under the id."""
        return self._overlay.get(self.key(subject, record_id))

    def put(self, subject: str, record_id: str, at: int, told: bytes) -> None:
        self._overlay.put(self.key(subject, record_id), told)

    def since(self, subject: str, at: int) -> Iterator[bytes]:
        """The records that are not older than the instant, in any order."""
        return (told for _, told in self._overlay.scan(self._prefix(subject)))

    def forget(self, subject: str, before: int | None = None) -> None:
        """Drop the records, or those older than the instant."""
        for key, _ in self._overlay.scan(self._prefix(subject)):
            self._overlay.put(key, None)

    def _prefix(self, subject: str) -> bytes:
        return self._letter + subject.encode() + b"\0"


class ByInstant:
    """By instant, with an index of the ids: a service lives for years, and its old records are dropped."""

    def __init__(self, overlay: Overlay, letters: Letters) -> None:
        self._overlay, self._log, self._ids = overlay, letters.log, letters.ids

    def key(self, subject: str, record_id: str) -> bytes:
        return self._ids + subject.encode() + b"\0" + record_id.encode()

    def known(self, subject: str, record_id: str) -> bytes | None:
        at = self._overlay.get(self.key(subject, record_id))
        return None if at is None else self._overlay.get(self._prefix(subject) + at + record_id.encode())

    def put(self, subject: str, record_id: str, at: int, told: bytes) -> None:
        instant = INSTANT.pack(at)
        self._overlay.put(self.key(subject, record_id), instant)
        self._overlay.put(self._prefix(subject) + instant + record_id.encode(), told)

    def since(self, subject: str, at: int) -> Iterator[bytes]:
        prefix = self._prefix(subject)
        first = prefix + INSTANT.pack(max(0, at))
        return (told for _, told in self._overlay.scan(prefix, first))

    def forget(self, subject: str, before: int | None = None) -> None:
        prefix = self._prefix(subject)
        last = prefix + INSTANT.pack(2**63 if before is None else max(0, before))
        for key, _ in self._overlay.scan(prefix):
            if key >= last:
                break
            self._overlay.put(key, None)
            self._overlay.put(self.key(subject, key[len(prefix) + STAMP :].decode()), None)

    def _prefix(self, subject: str) -> bytes:
        return self._log + subject.encode() + b"\0"


Log = ByRecord | ByInstant
