"""What the world has been told of each fact, and what must still be told: facts wait here until their time has come.

A fact that becomes untrue before it left goes without a trace; one that left is withdrawn by a correction, and one
that becomes true again is reinstated (semantics 4.3-4.5).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from slamon.engine.keys import INSTANT, Letters, due_of, subject_of
from slamon.engine.overlay import Overlay
from slamon.engine.render import Reading, fact_records
from slamon.engine.state import Telling, decode_telling, encode_telling, of_fact, of_withdrawn
from slamon.engine.subjects import kind_of
from slamon.engine.unit import Unit
from slamon.sla.events import Fact
from slamon.sla.step import Withdrawn

UNIT_BYTES = 8 * 1024 * 1024
LOOK_AGAIN_MS: Final = 5_000  # how soon after its source spoke again a fact that was held leaves


class Known:
    """What a fact is known from: its ticket or service, the source, and when its newest record arrived."""

    def __init__(self, letters: Letters, subject: str, source: str, heard: int) -> None:
        self.letters, self.subject, self.source, self.heard = letters, subject, source, heard


class Ledger:
    """The tellings of one unit: changed in place, and written by `flush`."""

    def __init__(self, overlay: Overlay, source: str) -> None:
        self.overlay = overlay
        self.source = source
        self._known: dict[bytes, Telling] = {}
        self._changed: dict[bytes, int] = {}  # and when to look at it, if later than it may be sent
        self.touched: dict[bytes, None] = {}  # in order, since facts leave in it

    def assert_(self, known: Known, fact: Fact, reason: str) -> None:
        """The fact is true; a pending one takes the newest words."""
        key = known.letters.fact_key(known.subject, fact.at, fact.id)
        telling = self._get(key) or of_fact(fact)
        telling.holds, telling.at = True, fact.at
        telling.say(fact)
        telling.reason = reason if telling.count or telling.told else ""
        self._put(key, telling, known)

    def refresh(self, known: Known, fact: Fact) -> None:
        """A fact that still stands: if it has not left, it leaves in the newest words."""
        key = known.letters.fact_key(known.subject, fact.at, fact.id)
        telling = self._get(key)
        if telling is not None and not telling.settled and telling.holds:
            telling.say(fact)
            self._put(key, telling, None)

    def retell(self, known: Known, fact: Fact, reason: str) -> None:
        """A fact that still stands and says something else: if it has left, it is withdrawn and told in its new words."""
        key = known.letters.fact_key(known.subject, fact.at, fact.id)
        telling = self._get(key) or replace(of_fact(fact), told=True)
        if telling.told:
            telling.stale, telling.reason, telling.at = True, reason, fact.at
        telling.say(fact)
        self._put(key, telling, known)

    def withdraw(self, known: Known, gone: Withdrawn) -> None:
        """The fact is not true any more."""
        key = known.letters.fact_key(known.subject, gone.at, gone.id)
        telling = self._get(key) or of_withdrawn(gone)
        telling.holds, telling.body, telling.reason, telling.at = False, None, gone.reason, max(gone.at, gone.since)
        self._put(key, telling, known)

    def waiting(self, prefix: bytes) -> int | None:
        """The instant at which the last fact under the prefix that has still to be told is looked at; None without any."""
        self.flush()
        instants = [due_of(value) for _, value in self.overlay.scan(prefix)]
        return max([at for at in instants if at is not None], default=None)

    def drop_settled(self, prefix: bytes, before: int) -> None:
        """Drop what is told of facts before the instant, which no record can change any more."""
        last = prefix + INSTANT.pack(max(0, before))
        for key, value in self.overlay.scan(prefix):
            if key >= last:
                return
            if due_of(value) is None and key not in self._changed:
                self.overlay.put(key, None)
                self._known.pop(key, None)

    def forget(self, prefix: bytes) -> None:
        """Drop everything under the prefix."""
        for key, _ in self.overlay.scan(prefix):
            self.overlay.put(key, None)
            self._known.pop(key, None)

    def release(
        self, keys: Iterable[bytes], before: int, reading: Reading, unit: Unit, *, ticking: bool = True
    ) -> None:
        """Send what differs, holds from an instant before `before`, and fits into the unit; the rest stays due.

        What waits for its silent source is looked at again later, so that it keeps nothing else from leaving.
        """
        for key in keys:
            telling = self._get(key)
            if telling is None or telling.settled or telling.leaves_at >= before:
                continue
            if (kind_of(key).name, telling.source) in reading.held:
                if ticking:  # a batch knows only what the last tick heard: the next one decides
                    self._changed[key] = before + LOOK_AGAIN_MS
                continue
            if unit.size >= UNIT_BYTES:
                unit.more = True
                break
            self._send(key, telling, reading, unit)

    def flush(self) -> None:
        """Write every telling that changed; a fact that stands as it was told needs none."""
        for key, look_at in self._changed.items():
            telling = self._known[key]
            forgettable = telling.settled and telling.count == 0
            self.overlay.put(key, None if forgettable else encode_telling(telling, look_at))
        self._changed = {}

    def _send(self, key: bytes, telling: Telling, reading: Reading, unit: Unit) -> None:
        if telling.told and telling.holds:  # its words are others now: corrections withdraw and reinstate by turns
            body, telling.body, telling.holds = telling.body, None, False
            self._tell(key, telling, reading, unit)
            telling.body, telling.holds = body, True
        self._tell(key, telling, reading, unit)

    def _tell(self, key: bytes, telling: Telling, reading: Reading, unit: Unit) -> None:
        kind, subject = kind_of(key), subject_of(key)
        live = "draft" if telling.draft else "live" if reading.live(telling.at) else "old"
        _count(unit, telling, live)
        if not telling.draft:
            records = fact_records(kind.name, subject, self.source, telling, reading)
            unit.outgoing += records
            unit.size += sum(record.size for record in records)
            if live == "live":
                unit.lags.append((telling.what, max(telling.at, telling.known) + reading.lateness))
        if not telling.first:
            telling.count += 1
        telling.told, telling.stale, telling.body = telling.holds, False, None
        self._put(key, telling, None)

    def _get(self, key: bytes) -> Telling | None:
        known = self._known.get(key)
        if known is None:
            value = self.overlay.get(key)
            if value is not None:
                known = self._known[key] = decode_telling(value)
        return known

    def _put(self, key: bytes, telling: Telling, known: Known | None) -> None:
        if known is not None:
            telling.source, telling.known = known.source, known.heard
        self._known[key] = telling
        self._changed[key], self.touched[key] = 0, None


def _count(unit: Unit, telling: Telling, live: str) -> None:
    if not telling.first:
        unit.counts["corrections", (telling.what, telling.reason or "true_again")] += 1
        return
    assert telling.labels is not None
    policy, objective, priority, kind = telling.labels
    unit.counts["facts", (telling.what, policy, objective, priority, kind, live)] += 1
