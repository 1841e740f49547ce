"""One owned partition on its way: FENCING, RECOVERING, CATCHING_UP and then its actor, until it is drained."""

import asyncio
import time
from dataclasses import dataclass

import structlog
from aiokafka import TopicPartition
from faust.types import TP

from slamon.engine.version import UnknownVersion
from slamon.runtime import faultpoints
from slamon.runtime.actor import Actor
from slamon.runtime.batch import Batch
from slamon.runtime.continuity import start_of
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.hooks import Hooks
from slamon.runtime.offsets import Offsets
from slamon.runtime.patience import Patience, Stall
from slamon.runtime.recovery import Progress, Recovery
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.standing import Standing
from slamon.runtime.state import State
from slamon.runtime.store import SlaStore
from slamon.runtime.stores import Stores
from slamon.runtime.transaction import PartitionWriter
from slamon.runtime.transport import SlaConsumer
from slamon.runtime.wall import WallClock

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all partitions of a worker stand on; `inputs` are the input partitions that hold partition time."""

    settings: RuntimeSettings
    hooks: Hooks
    offsets: Offsets
    clock: WallClock
    stores: Stores
    consumer: SlaConsumer
    inputs: frozenset[tuple[str, int]]
    delete_retention_ms: int
    recovering: asyncio.Semaphore
    turn: asyncio.Lock


class OwnedPartition:
    """From assignment to revocation. `state`, `lag`, `partition_time`, `progress` and `store` are for metrics and reads."""

    def __init__(self, number: int, generation: int, ground: Ground) -> None:
        self.number = number
        self.generation = generation
        self.progress = Progress()
        self.store: SlaStore | None = None
        self.actor: Actor | None = None
        self.standing: Standing | None = None
        self._ground = ground
        self._writer: PartitionWriter | None = None
        self._state = State.REVOKED
        self._expected: dict[str, int] = {}
        self._holding = False
        self._patience = Patience()

    # -- what is known of it

    @property
    def state(self) -> State:
        return self.actor.state if self.actor is not None else self._state

    @property
    def lag(self) -> int:
        """Records (and markers) of the sources that are not applied yet."""
        return self.standing.lag if self.standing is not None else 0

    @property
    def partition_time(self) -> int | None:
        return self.actor.partition_time if self.actor is not None else None

    @property
    def last_unit_at(self) -> int | None:
        """Wall clock of the last commit of this assignment."""
        return self.actor.last_unit_at if self.actor is not None else None

    def stalled(self) -> Stall | None:
        """What stands still longest of what there is to do; ask every second."""
        return self._patience.longest(self._to_do(), time.monotonic())

    def _to_do(self) -> dict[str, object]:
        """What there is to do, each with what changes while it is done."""
        if self.actor is None or self.standing is None:
            return self._entering()
        if not self._ground.hooks.may_decide():
            return {}
        left: dict[str, object] = {}
        if not self._holding:  # an actor that has enough need not be brought more
            ends = {topic: proof.end or 0 for topic, proof in self.standing.proofs.items()}
            left |= {f"reading {topic}": at for topic, at in self._expected.items() if ends[topic] > at}
        if self.lag or self.actor.has_due:
            left["deciding"] = self.actor.progress_at
        return left

    def _entering(self) -> dict[str, object]:
        """Before there is an actor. Waiting for a turn to recover, and deriving timers from what was read, is not standing still."""
        if self._state is State.RECOVERING:
            return {"recovering": self.progress.position} if self.progress.remaining else {}
        return {} if self._state is State.REVOKED else {str(self._state): None}

    # -- its life

    async def live(self) -> None:
        """Until drained or cancelled; whatever is raised ends the process."""
        began = time.monotonic()
        writer = await self._fence()
        store = await self._recover()
        self._state = State.CATCHING_UP
        await self._ground.hooks.before_catching_up()
        faultpoints.reach("entering")
        actor = await self._enter(store, writer)
        took = round((time.monotonic() - began) * 1000)
        log.info("partition_entered", partition=self.number, state=str(actor.state), milliseconds=took)
        await actor.run()

    async def _fence(self) -> PartitionWriter:
        self._state = State.FENCING
        self._writer = PartitionWriter(self._ground.settings, self.number, self._ground.consumer.wait_alive)
        await self._writer.fence()
        return self._writer

    async def _recover(self) -> SlaStore:
        self._state = State.RECOVERING
        ground = self._ground
        async with ground.recovering:
            store = ground.stores.open(self.number)
            recovery = Recovery(
                ground.settings,
                ground.offsets,
                store,
                self.number,
                head_due=ground.hooks.head_due,
                delete_retention_ms=ground.delete_retention_ms,
            )
            self.progress = recovery.progress
            await recovery.run()
        self.store = store
        return store

    async def _enter(self, store: SlaStore, writer: PartitionWriter) -> Actor:
        """The actor, with its sources read from `applied` on."""
        ground = self._ground
        sources = [TopicPartition(topic, self.number) for topic in ground.settings.sources]
        ends = await ground.offsets.ends(sources)
        standing = Standing(
            ground.hooks.time(ground.inputs),
            {source.topic: ends[source] for source in sources},
            by_records=ground.settings.records_clock,
        )
        actor = self._actor(store, writer, standing)
        firsts = await ground.offsets.beginnings(sources)
        for source in sources:
            self._expected[source.topic] = await self._start_of(actor, source, firsts[source], ends[source])
            standing.passed(source.topic, self._expected[source.topic])
        standing.time.entered(ground.clock.now())
        self.actor, self.standing = actor, standing
        await ground.consumer.begin({TP(topic, self.number): offset for topic, offset in self._expected.items()})
        return actor

    def _actor(self, store: SlaStore, writer: PartitionWriter, standing: Standing) -> Actor:
        ground = self._ground
        try:
            return Actor(
                self.number,
                settings=ground.settings,
                hooks=ground.hooks,
                clock=ground.clock,
                store=store,
                writer=writer,
                standing=standing,
                turn=ground.turn,
                acked=ground.consumer.finished,
                roomy=self._roomy,
            )
        except UnknownVersion as unknown:
            raise WorkerMustEnd(f"{ground.settings.changelog}[{self.number}]: {unknown}") from unknown

    async def _start_of(self, actor: Actor, source: TopicPartition, first: int, end: int) -> int:
        hooks = self._ground.hooks
        applied = actor.decider.applied().get(source.topic)
        start = await start_of(self._ground.offsets, source, applied, (first, end), hooks.digest)
        if start.gap:
            log.error("source_gap", topic=source.topic, partition=source.partition, records=start.gap)
            hooks.on_gap(source.topic, source.partition, start.gap)
        return start.offset

    # -- its batches

    def put(self, batch: Batch) -> None:
        """Take the next batch of a source; one of an earlier generation is dropped, it is read again."""
        if self.actor is None or batch.generation != self.generation:
            return
        expected = self._expected[batch.tp.topic]
        if batch.since != expected:
            raise WorkerMustEnd(
                f"{batch.tp.topic}[{self.number}]: expected the batch that follows offset {expected}, "
                f"got one that follows {batch.since}; the worker ends so that no record is skipped",
            )
        self._expected[batch.tp.topic] = batch.behind
        self.actor.put(batch)
        if self.actor.inbox.full:
            self._holding = True
            for topic in self._expected:
                self._ground.consumer.hold(TP(topic, self.number))

    def _roomy(self, number: int) -> None:
        if self.actor is not None and self.actor.inbox.has_room:
            self._holding = False
            for topic in self._expected:
                self._ground.consumer.release(TP(topic, number))

    # -- its end

    def leave(self, task: "asyncio.Task[None]") -> None:
        """Ask it to end: an actor after the unit in work, anything before that at once."""
        self._state = State.DRAINING
        if self.actor is not None:
            self.actor.stop()
        else:
            task.cancel()

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer.close()

    def stamp(self) -> None:
        """Note in the store that it was level with the changelog just now, which only this worker may write."""
        if self.store is not None and self.actor is not None:
            self.store.set_offset(self.store.offset, self._ground.clock.now())
