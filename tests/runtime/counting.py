"""A test double of engine.Partition for the protocol of the runtime: it counts records per key and lets timers come due.

A record's value is JSON: {"id": ..., "due": epoch ms or absent}, or {"time": epoch ms}, a watermark of `--clock records`. Per record one `outcomes` line {"id", "n"}; per timer one
`breaches` line {"key", "due"}. A head is 8 bytes of instant and the count, as the store layout of the engine asks for.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slamon.engine.unit import Outgoing, Record, Store, Unit, Watermark

NEVER = (1 << 64) - 1
APPLIED = b"a"


@dataclass(frozen=True)
class Applied:
    next_offset: int
    timestamp: int
    digest: str


def digest(record: Record) -> str:
    return hashlib.blake2b(record.value or b"", digest_size=8).hexdigest()


def head_due(key: bytes, value: bytes | None) -> tuple[bytes, int | None] | None:
    if not key.startswith(b"h"):
        return None
    instant = NEVER if value is None else int.from_bytes(value[:8], "big")
    return key[1:], None if instant == NEVER else instant


def head(due: int | None, count: int) -> bytes:
    return (NEVER if due is None else due).to_bytes(8, "big") + str(count).encode()


class CountingPartition:
    def __init__(self, number: int, store: Store) -> None:
        self.number = number
        self._store = store

    def applied(self) -> Mapping[str, Applied]:
        return {topic: Applied(*row) for topic, row in self._applied().items()}

    def _applied(self) -> dict[str, list[object]]:
        return json.loads(self._store.get(APPLIED) or b"{}")

    def on_batch(
        self, topic: str, records: Sequence[Record], now: int, partition_time: int | None, caught_up: bool
    ) -> Unit:
        unit, applied = Unit(), self._applied()
        since = applied.get(topic, [0])[0]
        for record in records:
            if record.offset >= since:
                self._record(unit, record)
        last = records[-1]
        applied[topic] = [last.offset + 1, last.timestamp, digest(last)]
        unit.writes[APPLIED] = json.dumps(applied).encode()
        return unit

    def _record(self, unit: Unit, record: Record) -> None:
        told, subject = json.loads(record.value), record.key
        if "time" in told:
            unit.watermarks.append(Watermark("test", {("", 0): told["time"]}))
            return
        key = b"h" + subject
        before = unit.writes.get(key) or self._store.get(key)
        old = head_due(key, before)[1] if before else None
        count = int(before[8:]) + 1 if before else 1
        unit.writes[key] = head(told.get("due"), count)
        unit.timers[subject] = (unit.timers[subject][0] if subject in unit.timers else old, told.get("due"))
        self._emit(unit, "outcomes", subject, {"id": told["id"], "n": count, "p": self.number})

    def on_tick(
        self,
        partition_time: int,
        now: int,
        behind: bool = False,
        silent: frozenset[str] = frozenset(),
        held: frozenset[str] = frozenset(),
    ) -> Unit:
        unit = Unit()
        due = self._store.due(partition_time, 500)
        for instant, subject in due:
            count = int(self._store.get(b"h" + subject)[8:])
            unit.writes[b"h" + subject] = head(None, count)
            unit.timers[subject] = (instant, None)
            self._emit(unit, "breaches", subject, {"key": subject.decode(), "due": instant, "seen": now})
        unit.more = len(due) == 500
        return unit

    def _emit(self, unit: Unit, topic: str, key: bytes, body: dict[str, object]) -> None:
        value = json.dumps(body).encode()
        unit.outgoing.append(Outgoing(topic, key, value, []))
        unit.size += len(value)

    def next_due(self, before: int = NEVER) -> int | None:
        first = self._store.due(before, 1)
        return first[0][0] if first else None
