"""The partitions this worker owns in this generation: brought from FENCING to their actors, drained when they are revoked."""

import asyncio
import time
from collections.abc import Callable, Iterable

import rocksdict
import structlog
from aiokafka import TopicPartition
from faust.types import TP

from slamon.runtime.actor import Actor, State
from slamon.runtime.continuity import start_of
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.hooks import Hooks
from slamon.runtime.offsets import Offsets
from slamon.runtime.proof import SourceProof
from slamon.runtime.recovery import DAY_MS, Progress, Recovery
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.store import SlaStore
from slamon.runtime.transaction import PartitionWriter
from slamon.runtime.transport import Batch, SlaConsumer
from slamon.runtime.wall import WallClock

log = structlog.get_logger(__name__)


class OwnedPartition:
    """One partition from assignment to revocation; `state`, `lag`, `partition_time` and `progress` are for metrics."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = State.REVOKED
        self.progress = Progress()
        self.store: SlaStore | None = None
        self.actor: Actor | None = None
        self.writer: PartitionWriter | None = None
        self.proofs: dict[str, SourceProof] = {}
        self.task: asyncio.Task[None] | None = None
        self._level_at = time.monotonic()

    @property
    def current_state(self) -> State:
        return self.actor.state if self.actor is not None else self.state

    @property
    def lag(self) -> int:
        """Records of the sources that are not applied yet."""
        return sum(proof.lag for proof in self.proofs.values())

    @property
    def partition_time(self) -> int | None:
        return self.actor.partition_time() if self.actor is not None else None

    def seconds_without_progress(self) -> float:
        """Since the last unit, or since there was last nothing to do, whichever is later."""
        now = time.monotonic()
        if self.actor is None or not self.lag:
            self._level_at = now
            return 0.0
        return now - max(self._level_at, self.actor.progress_at)


class Assignment:
    """All owned partitions; `fail` is called with whatever ends the process."""

    def __init__(
        self,
        settings: RuntimeSettings,
        hooks: Hooks,
        offsets: Offsets,
        clock: WallClock,
        fail: Callable[[BaseException], None],
    ) -> None:
        self._settings, self._hooks, self._offsets, self._clock, self._fail = settings, hooks, offsets, clock, fail
        self.owned: dict[int, OwnedPartition] = {}
        self.proofs: dict[TopicPartition, SourceProof] = {}
        self.inputs: frozenset[tuple[str, int]] = frozenset()  # of the inputs that hold; known after the preflight
        self.delete_retention_ms = DAY_MS
        self.consumer: SlaConsumer | None = None
        self._stores: dict[int, SlaStore] = {}
        self._cache = rocksdict.Cache(settings.cache_bytes)
        self._recovering = asyncio.Semaphore(settings.recoveries_at_once)

    # -- from Faust

    async def begin(self, changelogs: Iterable[TP]) -> None:
        """These partitions are ours from now on; returns at once, each goes its way in a task of its own."""
        numbers = {tp.partition for tp in changelogs}
        try:
            self._check_copartitioned(numbers)
            for number in set(self._stores) - numbers:
                self._stores.pop(number).close()
            for number in sorted(numbers):
                self._start(OwnedPartition(number))
        except Exception as error:  # Faust swallows what a recovery callback raises (faust.md 3)
            self._fail(error)

    def _check_copartitioned(self, numbers: set[int]) -> None:
        assert self.consumer is not None
        assignment = self.consumer.assignment()
        for topic in self._settings.sources:
            here = {tp.partition for tp in assignment if tp.topic == topic}
            if here != numbers:
                raise WorkerMustEnd(
                    f"{topic}: expected the same partitions as {self._settings.changelog} {sorted(numbers)}, "
                    f"got {sorted(here)} (hint: all workers of a group need the same settings and version)"
                )

    def _start(self, partition: OwnedPartition) -> None:
        self.owned[partition.number] = partition
        partition.task = asyncio.create_task(self._live(partition), name=f"partition-{partition.number}")
        partition.task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def route(self, batch: Batch) -> None:
        """To its actor; what belongs to another generation is dropped, it will be read again."""
        partition = self.owned.get(batch.tp.partition)
        if partition is None or partition.actor is None or self.consumer is None:
            return
        partition.actor.put(batch)
        if partition.actor.full:
            for topic in self._settings.sources:
                self.consumer.hold(TP(topic, batch.tp.partition))

    async def drain(self, seconds: float) -> None:
        """Units in flight come to their end, unstarted batches are dropped, nothing is owned afterwards."""
        leaving, self.owned = self.owned, {}
        self.proofs.clear()
        for partition in leaving.values():
            partition.state = State.DRAINING
            if partition.actor is not None:
                partition.actor.stop()
            elif partition.task is not None:
                partition.task.cancel()
        tasks = [partition.task for partition in leaving.values() if partition.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            if late:
                raise WorkerMustEnd(
                    f"expected the units in flight to end within {seconds:.0f} s of a revocation, got {len(late)} "
                    f"partitions still at work; the worker ends, the broker aborts their transactions"
                )
        await asyncio.gather(*(partition.writer.close() for partition in leaving.values() if partition.writer))

    def close_stores(self) -> None:
        """Give every directory free."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()

    # -- the life of one partition

    async def _live(self, partition: OwnedPartition) -> None:
        began = time.monotonic()
        partition.state = State.FENCING
        await self._fence(partition)
        partition.state = State.RECOVERING
        async with self._recovering:
            await self._recover(partition)
        partition.state = State.CATCHING_UP
        await self._hooks.before_catching_up()
        actor = await self._enter(partition)
        log.info(
            "partition_entered", partition=partition.number, state=str(actor.state),
            milliseconds=round((time.monotonic() - began) * 1000),
        )  # fmt: skip
        await actor.run()

    async def _fence(self, partition: OwnedPartition) -> None:
        """Only with the coordinator's word that we are still of this generation: a worker that slept would shut the new owner out."""
        assert self.consumer is not None
        while not await self.consumer.alive_in_group():
            await asyncio.sleep(0.2)
        partition.writer = PartitionWriter(self._settings, partition.number)
        await partition.writer.fence()

    async def _recover(self, partition: OwnedPartition) -> None:
        number, settings = partition.number, self._settings
        if number not in self._stores:
            path = settings.datadir / str(number)
            self._stores[number] = SlaStore(path, self._cache, settings.write_buffer_bytes)
        partition.store = self._stores[number]
        recovery = Recovery(
            settings, self._offsets, partition.store, number, self._hooks.head_due, self.delete_retention_ms
        )
        partition.progress = recovery.progress
        await recovery.run()

    async def _enter(self, partition: OwnedPartition) -> Actor:
        """The actor, with its sources read from `applied` on."""
        assert self.consumer is not None
        assert partition.store is not None
        assert partition.writer is not None
        sources = [TopicPartition(topic, partition.number) for topic in self._settings.sources]
        ends = await self._offsets.ends(sources)
        firsts = await self._offsets.beginnings(sources)
        time_ = self._hooks.time(self.inputs)
        partition.proofs = {source.topic: SourceProof() for source in sources}
        actor = Actor(
            self._settings, partition.number, self._hooks, partition.store, partition.writer, self._clock, time_,
            partition.proofs, {source.topic: ends[source] for source in sources}, self._done, self._release,
        )  # fmt: skip
        starts = {source: await self._start_of(actor, source, firsts[source], ends[source]) for source in sources}
        partition.actor = actor
        for source, offset in starts.items():
            self.proofs[source] = partition.proofs[source.topic]
            actor.positioned(source.topic, offset)
        time_.entered(self._clock.now())
        await self.consumer.begin({TP(source.topic, source.partition): offset for source, offset in starts.items()})
        return actor

    async def _start_of(self, actor: Actor, source: TopicPartition, first: int, end: int) -> int:
        applied = actor.decider.applied().get(source.topic)
        start = await start_of(self._offsets, source, applied, first, end, self._hooks.digest)
        if start.gap:
            log.error("source_gap", topic=source.topic, partition=source.partition, records=start.gap)
            self._hooks.on_gap(source.topic, source.partition, start.gap)
        return start.offset

    def _done(self, batch: Batch) -> None:
        if self.consumer is not None:
            self.consumer.finished(batch)

    def _release(self, number: int) -> None:
        partition = self.owned.get(number)
        if partition is None or partition.actor is None or self.consumer is None:
            return
        if partition.actor.inbox.records < self._settings.inbox_records // 2:
            for topic in self._settings.sources:
                self.consumer.release(TP(topic, number))

    # -- for the sampler and the watchdogs

    def sampled(self, settling: bool) -> None:
        """Ends were asked for: wake who has something due."""
        for partition in self.owned.values():
            if partition.actor is not None:
                partition.actor.settling = settling
                partition.actor.look()

    def stuck(self) -> OwnedPartition | None:
        """A partition that has records before it and has done nothing for too long; ask every second."""
        if not self._hooks.may_decide():
            return None
        idle = ((partition.seconds_without_progress(), partition) for partition in self.owned.values())
        return next((partition for seconds, partition in idle if seconds > self._settings.no_progress), None)
