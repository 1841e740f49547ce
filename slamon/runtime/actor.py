"""One task per owned partition: batches and ticks one after the other; decide, commit, apply, ack. Two entrances, one exit.

Several decisions make one transaction (staged.py): what came while the last one was committed is gathered, up to
`unit_records` records and `unit_bytes` of output. The task catches nothing: whatever escapes ends the process.
"""

import asyncio
import time
from collections.abc import Callable

from slamon.engine.keys import APPLIED
from slamon.engine.unit import Unit
from slamon.runtime import faultpoints
from slamon.runtime.batch import Batch
from slamon.runtime.hooks import Decider, Hooks
from slamon.runtime.inbox import Inbox
from slamon.runtime.pace import Budget, Pace, others
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.staged import StagedStore
from slamon.runtime.standing import Standing
from slamon.runtime.state import State
from slamon.runtime.store import SlaStore
from slamon.runtime.transaction import PartitionWriter
from slamon.runtime.wall import WallClock

DUE_SECONDS = 0.008  # of deciding what is due while records wait: a burst makes them wait for so much of each partition


class Actor:
    """The loop of one partition from CATCHING_UP on, made anew for each assignment.

    `turn` is held while deciding: the event loop sees one slice of one partition between two looks at everything else.
    `acked` is told each batch that is dealt with, `roomy` that the inbox has room again.
    """

    def __init__(
        self,
        number: int,
        *,
        settings: RuntimeSettings,
        hooks: Hooks,
        clock: WallClock,
        store: SlaStore,
        writer: PartitionWriter,
        standing: Standing,
        turn: asyncio.Lock,
        acked: Callable[[Batch], None],
        roomy: Callable[[int], None],
    ) -> None:
        self.number = number
        self._settings, self._hooks, self._clock = settings, hooks, clock
        self._store, self._writer, self._standing = store, writer, standing
        self._turn, self._acked, self._roomy = turn, acked, roomy
        self._staged = StagedStore(store)
        self.decider: Decider = hooks.decider(number, self._staged)
        self.inbox = Inbox(settings.inbox_records, settings.inbox_bytes)
        self._pace = Pace()
        self._wake = asyncio.Event()
        self._stopping = self._at_work = self._ahead = False
        self._stored_time: int | None = None
        self._ticked_at: int | None = None
        self._written_at = self.progress_at = time.monotonic()
        self.last_unit_at: int | None = None
        self.settling = False

    # -- from outside

    @property
    def state(self) -> State:
        if self._stopping:
            return State.DRAINING
        return State.ACTIVE if self._standing.caught_up else State.CATCHING_UP

    @property
    def partition_time(self) -> int | None:
        """How far the store is in time; that of the moment before, while more is decided than it holds."""
        return self._stored_time if self._ahead else self._standing.value(self._clock.now())[0]

    def put(self, batch: Batch) -> None:
        self.inbox.put(batch)
        self._wake.set()

    @property
    def has_due(self) -> bool:
        return self._due() is not None

    def look(self, *, settling: bool) -> None:
        """Partition time may have moved; while `settling` no timer fires and no fact leaves (semantics 4.4)."""
        self.settling = settling
        if self._at_work:
            return  # it looks itself before it rests, and the next due instant of half a unit is dear to find
        if self._due() is not None or self._position_waits():
            self._wake.set()

    def stop(self) -> None:
        """Come to an end after the unit in work."""
        self._stopping = True
        self._wake.set()

    # -- the loop

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            self._at_work = True
            while not self._stopping and await self._step():
                pass
            self._at_work = False

    async def _step(self) -> bool:
        """Whether there was anything to do."""
        if self.inbox and self._hooks.may_decide():
            return await self._batches()
        if (due := self._due()) is not None:
            return await self._ticks(due)
        if not self.inbox:
            return self._position_waits() and await self._commit([])
        await asyncio.sleep(0.05)
        self._wake.set()
        return False

    async def _batches(self) -> bool:
        """Decide what is in the inbox, as much as one transaction should hold, and what is due behind it; commit it.

        In transactions of their own each would wait for the other's, and deadlines come one by one all the time.
        Asked to stop meanwhile, it gives up what is not being committed: the next owner decides it again.
        """
        units: list[Unit] = []
        batches: list[Batch] = []
        # No more than what is there by now: what comes meanwhile would make the unit of a busy partition last and last.
        room, budget = min(self._settings.unit_records, max(1, self.inbox.records)), Budget(self._settings.unit_seconds)
        more = True
        while more:
            pieces = self._pieces(room)
            room -= sum(len(batch.records) for batch in pieces)
            async with self._turn:
                if self._stopping:
                    return False
                units += self._decide(pieces, budget)
                await others()
                more = bool(self.inbox) and room > 0 and not self._full and not budget.spent
                # Not in a turn of its own: what is decided would wait for what is due in all other partitions.
                due = None if more else self._due()
                if due is not None:
                    await self._pages(due, units)
            batches += pieces
        await self._commit(units)
        self._acknowledge(batches)
        return True

    def _acknowledge(self, batches: list[Batch]) -> None:
        """What is decided of them is committed and applied."""
        faultpoints.reach("before_ack")
        self._ahead = False
        for batch in batches:
            self._standing.passed(batch.tp.topic, batch.behind)
            self._acked(batch)
        self._roomy(self.number)

    def _pieces(self, room: int) -> list[Batch]:
        """As much of what waits of one topic as one slice may take: small batches one by one would wait for a turn each."""
        found: list[Batch] = []
        left = min(room, self._pace.records)
        while self.inbox and left > 0 and (not found or self.inbox.topic == found[0].tp.topic):
            batch = self.inbox.take()
            if len(batch.records) > left:
                batch, rest = batch.cut(left)
                self.inbox.put_back(rest)
            found.append(batch)
            left -= len(batch.records)
        return found

    def _decide(self, pieces: list[Batch], budget: Budget) -> list[Unit]:
        last, records = pieces[-1], [record for batch in pieces for record in batch.records]
        if not records:
            self._ahead_of_store(last)
            return []
        faultpoints.reach("deciding")
        began, now = budget.started(), self._clock.now()
        active = self._standing.caught_up and not self.settling
        leave_until = self._standing.value(now)[0] if active else None
        unit = self.decider.on_batch(last.tp.topic, records, now, leave_until, self._standing.caught_up)
        self._staged.stage(unit)
        self._ticked_at = None  # a late record may have brought a deadline that lies before partition time
        self._ahead_of_store(last)
        self._pace.took(budget.stopped(began), len(records))
        return [unit]

    def _ahead_of_store(self, batch: Batch) -> None:
        """Partition time goes on with what is decided: what is due leaves in the transaction of the records before it."""
        if not self._ahead:
            self._stored_time, self._ahead = self.partition_time, True
        self._standing.decided(batch.tp.topic, batch.behind)

    async def _ticks(self, due: tuple[int, bool]) -> bool:
        """What is due, in a transaction of its own, which ends soon where records come meanwhile."""
        units: list[Unit] = []
        more, turns = True, max(1, round(self._settings.unit_seconds / DUE_SECONDS))
        while more and turns > 0 and not self._full and not (units and self.inbox):
            async with self._turn:
                if self._stopping:
                    return False
                more = await self._pages(due, units)
            turns -= 1
        return await self._commit(units)

    async def _pages(self, due: tuple[int, bool], units: list[Unit]) -> bool:
        """Whether more is due than fits into one turn, which the caller has: of the transaction, not of the event loop."""
        budget, (partition_time, behind) = Budget(DUE_SECONDS), due
        while not budget.spent and not self._full:
            began, now = budget.started(), self._clock.now()
            silent, held = self._hooks.silent()
            unit = self.decider.on_tick(partition_time, now, behind=behind, silent=silent, held=held)
            self._staged.stage(unit)
            budget.stopped(began)
            units.append(unit)
            await others()
            if not unit.more:
                self._ticked_at = partition_time
                return False
        return True

    @property
    def _full(self) -> bool:
        """Whether one transaction should hold no more than what is staged."""
        return self._staged.size >= self._settings.unit_bytes

    async def _commit(self, units: list[Unit]) -> bool:
        """Write what is staged, unless it is nothing but a position; tell what became of the units."""
        staged = self._staged
        if not staged.empty and (not staged.only(APPLIED) or self._position_waits()):
            offset = await self._writer.commit(staged.writes, staged.outgoing)
            faultpoints.reach("after_commit")
            if offset is not None:
                self._store.apply(staged.writes, staged.timers, offset, self._clock.now())
            staged.clear()
            self._written_at = time.monotonic()
            self.last_unit_at = self._clock.now()
        self.progress_at = time.monotonic()
        self._tell(units)
        return True

    def _position_waits(self) -> bool:
        """Whether a mere position has stood long enough.

        Watermarks come five times a second from every intake worker and change nothing else; read again after a crash
        they do no harm, so they need no transaction each.
        """
        if self._staged.empty or not self._staged.only(APPLIED):
            return False
        return time.monotonic() - self._written_at > self._settings.position_every

    def _tell(self, units: list[Unit]) -> None:
        now = self._clock.now()
        for unit in units:
            for watermark in unit.watermarks:
                self._standing.time.heard(watermark, now)
            self._hooks.on_unit(self.number, unit)

    # -- time

    def _due(self) -> tuple[int, bool] | None:
        """(partition time, behind) for a tick, if one is due; by policies that may have changed meanwhile none is."""
        if self.settling or self.state is not State.ACTIVE or not self._hooks.may_decide():
            return None
        partition_time, behind = self._standing.value(self._clock.now())
        if partition_time is None or partition_time == self._ticked_at:
            return None
        before = partition_time - self._settings.lateness_ms
        next_due = self.decider.next_due(before)
        if next_due is None or next_due >= before:
            return None
        return partition_time, behind
