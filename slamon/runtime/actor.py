"""One task per owned partition: batches and ticks one after the other; decide, commit, apply, ack. Two entrances, one exit.

Several decisions make one transaction (see staged.py): what came while the last unit was committed is gathered, up to
`unit_records` records and `unit_bytes` of output. A synchronous slice is kept to about `SLICE` seconds by measuring what a
record costs. The task never catches anything: what escapes ends the process.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from slamon.engine.unit import Unit
from slamon.runtime.hooks import Decider, Hooks, Time
from slamon.runtime.proof import SourceProof
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.staged import StagedStore
from slamon.runtime.store import SlaStore
from slamon.runtime.transaction import PartitionWriter
from slamon.runtime.transport import Batch
from slamon.runtime.wall import WallClock

SLICE = 0.015
FIRST_SLICE_RECORDS = 200


class State(StrEnum):
    """Of a partition on this worker (architecture.md 5)."""

    REVOKED = "revoked"
    FENCING = "fencing"
    RECOVERING = "recovering"
    CATCHING_UP = "catching_up"
    ACTIVE = "active"
    DRAINING = "draining"


class Inbox:
    """Batches that wait, and how many records they hold."""

    def __init__(self) -> None:
        self.records = 0
        self._batches: deque[Batch] = deque()

    def put(self, batch: Batch) -> None:
        self._batches.append(batch)
        self.records += len(batch.records)

    def take(self) -> Batch:
        batch = self._batches.popleft()
        self.records -= len(batch.records)
        return batch

    def __bool__(self) -> bool:
        return bool(self._batches)


class Actor:
    """The loop of one partition, from CATCHING_UP on; `lane` is made anew for each assignment."""

    def __init__(
        self,
        settings: RuntimeSettings,
        number: int,
        hooks: Hooks,
        store: SlaStore,
        writer: PartitionWriter,
        clock: WallClock,
        partition_time: Time,
        proofs: dict[str, SourceProof],
        ends: dict[str, int],
        acked: Callable[[Batch], None],
        release: Callable[[int], None],
    ) -> None:
        self._settings, self.number, self._hooks = settings, number, hooks
        self._store, self._writer, self._clock = store, writer, clock
        self._time, self._proofs, self._ends = partition_time, proofs, ends
        self._acked, self._release = acked, release
        self._staged = StagedStore(store)
        self.decider: Decider = hooks.decider(number, self._staged)
        self.state = State.CATCHING_UP
        self.inbox = Inbox()
        self._wake = asyncio.Event()
        self._stopping = False
        self._batch_was_last = False
        self._per_record = SLICE / FIRST_SLICE_RECORDS
        self._ticked_at: int | None = None
        self.last_unit_at: int | None = None
        self.progress_at = time.monotonic()
        self.settling = False

    # -- from outside

    def positioned(self, topic: str, offset: int) -> None:
        """Everything below `offset` was applied in an earlier life."""
        self._proofs[topic].passed(offset)
        self._catch_up(topic)

    def put(self, batch: Batch) -> None:
        self.inbox.put(batch)
        self._wake.set()

    @property
    def full(self) -> bool:
        return self.inbox.records >= self._settings.inbox_records

    def look(self) -> None:
        """Partition time may have moved."""
        if self._due() is not None:
            self._wake.set()

    def stop(self) -> None:
        """Come to an end after the unit in work."""
        self.state = State.DRAINING
        self._stopping = True
        self._wake.set()

    def partition_time(self) -> int | None:
        return self._partition_time(self._clock.now())[0]

    # -- the loop

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            while not self._stopping and await self._step():
                pass

    async def _step(self) -> bool:
        """Whether there was anything to do. Batches and due ticks take turns, so that neither starves the other."""
        due = self._due()
        if due is not None and (self._batch_was_last or not self.inbox):
            self._batch_was_last = False
            return await self._ticks(*due)
        if not self.inbox:
            return False
        if not self._hooks.may_decide():
            await asyncio.sleep(0.05)
            self._wake.set()
            return False
        self._batch_was_last = True
        await self._batches()
        return True

    async def _batches(self) -> None:
        """Decide what is in the inbox, as much as one transaction should hold, and commit it."""
        units: list[Unit] = []
        batches: list[Batch] = []
        records = 0
        while self.inbox and records < self._settings.unit_records and self._staged.size < self._settings.unit_bytes:
            batch = self.inbox.take()
            records += len(batch.records)
            batches.append(batch)
            await self._decide(batch, units)
        await self._commit(units)
        for batch in batches:
            self._proofs[batch.tp.topic].passed(batch.behind)
            self._catch_up(batch.tp.topic)
            self._acked(batch)
        self._release(self.number)

    async def _decide(self, batch: Batch, units: list[Unit]) -> None:
        start, records = 0, batch.records
        while start < len(records):
            piece = records[start : start + max(1, int(SLICE / self._per_record))]
            began = time.perf_counter()
            now = self._clock.now()
            leaves_until = self._partition_time(now)[0] if self.state is State.ACTIVE and not self.settling else None
            caught_up = self.state is not State.CATCHING_UP
            units.append(self._stage(self.decider.on_batch(batch.tp.topic, piece, now, leaves_until, caught_up)))
            self._learn((time.perf_counter() - began) / len(piece))
            start += len(piece)
            await asyncio.sleep(0)

    def _learn(self, seconds: float) -> None:
        """What a record costs, the dear ones believed at once and the cheap ones slowly."""
        self._per_record = max(seconds, 0.9 * self._per_record + 0.1 * seconds, 1e-6)

    async def _ticks(self, partition_time: int, behind: bool) -> bool:
        units: list[Unit] = []
        more = True
        while more and self._staged.size < self._settings.unit_bytes and not (units and self.inbox):
            unit = self.decider.on_tick(
                partition_time, self._clock.now(), behind=behind, silent=self._hooks.silent(self.number)
            )
            units.append(self._stage(unit))
            more = unit.more
            await asyncio.sleep(0)
        if not more:
            self._ticked_at = partition_time
        await self._commit(units)
        return any(not unit.empty for unit in units) or more

    def _stage(self, unit: Unit) -> Unit:
        self._staged.stage(unit)
        self.decider.committed(unit)
        return unit

    async def _commit(self, units: list[Unit]) -> None:
        staged = self._staged
        if not staged.empty:
            offset = await self._writer.commit(staged.writes, staged.outgoing)
            if offset is not None:
                self._store.apply(staged.writes, staged.timers, offset, self._clock.now())
            self.last_unit_at = self._clock.now()
        staged.clear()
        self.progress_at = time.monotonic()
        self._tell(units)

    def _tell(self, units: list[Unit]) -> None:
        now = self._clock.now()
        for unit in units:
            for watermark in unit.watermarks:
                self._time.heard(watermark, now)
            self._hooks.on_unit(self.number, unit)

    # -- time

    def _catch_up(self, topic: str) -> None:
        """ACTIVE once the ends read at assignment are passed in every source."""
        position = self._proofs[topic].position
        if self._ends.get(topic) is not None and position is not None and position >= self._ends[topic]:
            del self._ends[topic]
        if not self._ends and self.state is State.CATCHING_UP:
            self.state = State.ACTIVE

    def _partition_time(self, now: int) -> tuple[int | None, bool]:
        if not self._settings.records_clock:
            proven = [proof.proven for proof in self._proofs.values()]
            if all(instant is not None for instant in proven):
                self._time.own(min(instant for instant in proven if instant is not None))
        return self._time.value(now)

    def _due(self) -> tuple[int, bool] | None:
        """(partition time, behind) for a tick, if one is due."""
        if self.state is not State.ACTIVE or self.settling:
            return None
        partition_time, behind = self._partition_time(self._clock.now())
        if partition_time is None or partition_time == self._ticked_at:
            return None
        next_due = self.decider.next_due()
        if next_due is None or next_due >= partition_time - self._settings.lateness_ms:
            return None
        return partition_time, behind
