"""The worker: a Faust app around the partition actors, started, watched and stopped by our own hand.

Not `faust worker`: that one overrides settings, opens a port and hangs on SIGTERM when the broker is away (faust.md 7).
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog
from aiokafka import TopicPartition
from faust.types import TP

from slamon.runtime.assignment import Assignment
from slamon.runtime.doubts import Doubts
from slamon.runtime.faust_app import faust_app, wire
from slamon.runtime.hooks import Hooks
from slamon.runtime.intake_lanes import IntakeLanes
from slamon.runtime.offsets import Offsets
from slamon.runtime.open_transactions import OpenTransactions
from slamon.runtime.owned import Ground, OwnedPartition
from slamon.runtime.pins import check_pins
from slamon.runtime.preflight import Topics, look_again, look_at_topics
from slamon.runtime.proof import SourceProof
from slamon.runtime.sampler import Sampler
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.standby import Standby
from slamon.runtime.stores import Stores
from slamon.runtime.tasks import why_over
from slamon.runtime.wall import WallClock
from slamon.runtime.watchdog import LoopWatch

LEAVE_SECONDS = 3.0

log = structlog.get_logger(__name__)


class Worker:
    """Everything one worker is made of. `failed` is set with what ends it; `partition(p).store` is for reads."""

    def __init__(self, settings: RuntimeSettings, hooks: Hooks) -> None:
        self.settings = settings
        self.hooks = hooks
        self.clock = WallClock()
        self.offsets, self.newest = Offsets(settings), Offsets(settings, unread=True)
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.stores = Stores(settings)
        self.assignment = Assignment(self.fail)
        self.lanes = IntakeLanes(hooks, self.fail)
        self.sampler = Sampler(settings, self.newest, self.clock, self._proofs, self._sampled)
        self._topics: Topics | None = None
        self._recovering = asyncio.Semaphore(settings.recoveries_at_once)
        self._turn = asyncio.Lock()
        self.app = faust_app(settings, self)
        self.table = wire(self.app, settings, self.assignment.route, self.lanes.route)
        self.transactions = OpenTransactions(
            self.offsets, self._proofs, lambda _, fields: log.error("transaction_open", **fields)
        )
        self.doubts = Doubts(settings, self.assignment, lambda: self.app.consumer)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    # -- for metrics, health and reads

    def partition(self, number: int) -> OwnedPartition | None:
        """What is known of an owned partition; None for one this worker does not own."""
        return self.assignment.owned.get(number)

    @property
    def partitions(self) -> list[OwnedPartition]:
        return list(self.assignment.owned.values())

    @property
    def standbys(self) -> list[Standby]:
        """The copies of other workers' partitions that are kept here."""
        return list(self.assignment.standbys.kept.values())

    @property
    def others(self) -> dict[str, frozenset[int]]:
        """The partitions of the other workers of this generation, by the URL each carries in the group's metadata."""
        own, changelog = str(self.app.conf.canonical_url), self.settings.changelog
        told = self.app.assignor.changelog_distribution
        return {url: frozenset(topics.get(changelog, ())) for url, topics in told.items() if url != own}

    def proven(self, tp: TP) -> int | None:
        """The newest instant S up to which an owned source or input partition is dealt with (semantics 4.4)."""
        proof = self._proofs().get(TopicPartition(tp.topic, tp.partition))
        return proof.proven if proof is not None else None

    @property
    def owned_inputs(self) -> frozenset[TP]:
        """The input partitions that are assigned to this worker, read or not yet."""
        topics = {one.topic for one in self.settings.inputs}
        return frozenset(tp for tp in self.app.consumer.assignment() if tp.topic in topics)

    # -- life

    async def start(self) -> None:
        """Joins the group; raises `WorkerMustEnd` before that if anything about libraries or topics is not as it must be."""
        check_pins()
        self._topics = await look_at_topics(self.settings)
        await self.offsets.start()
        await self.newest.start()
        self._watch(LoopWatch(self.settings.loop_stall).run())
        self._watch(self._crash_of_faust())
        self._watch(self._doubt())  # Faust's start waits for the group, for ever if need be
        await self.app.start()
        self._watch(self.sampler.run())
        self._watch(self.transactions.run())
        self._watch(self._look_around())

    async def stop(self) -> None:
        """Drains, commits the group offsets, gives the directories free; then leaves the group, if Faust lets it."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await self.lanes.drain()
        await self.assignment.drain(self.settings.drain_timeout)
        if self.app.started:
            await self.app.consumer.commit_ranges()
        self.stores.close_all_but(set())
        await self._leave()

    async def _leave(self) -> None:
        """Faust's consumer thread can wait for ever for a rebalance callback that nobody serves any more."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await self.app.stop()
                await self.offsets.stop()
                await self.newest.stop()
        except TimeoutError:
            log.warning("group_not_left", seconds=LEAVE_SECONDS, hint="others take over after the session timeout")

    def fail(self, error: BaseException) -> None:
        """The first reason is the one that counts."""
        if not self.failed.done():
            self.failed.set_result(error)

    def _watch(self, task: Coroutine[Any, Any, None]) -> None:
        running = asyncio.create_task(task, name=task.__qualname__)
        running.add_done_callback(self._ended)
        self._tasks.append(running)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not self._stopping:
            self.fail(why_over(task))

    # -- from Faust

    async def on_ready(self, changelogs: set[TP], copies: set[TP]) -> None:
        try:
            self.lanes.consumer = self.app.consumer
            self.assignment.begin(self._ground(), changelogs, copies, self.app.consumer_generation_id)
        except Exception as error:  # noqa: BLE001 - Faust swallows what its recovery callbacks raise (faust.md 3)
            self.fail(error)

    def _ground(self) -> Ground:
        if self._topics is None:
            raise RuntimeError("expected start() before the first assignment")
        return Ground(
            settings=self.settings,
            hooks=self.hooks,
            offsets=self.offsets,
            clock=self.clock,
            stores=self.stores,
            consumer=self.app.consumer,
            inputs=self._topics.holding(self.settings.inputs),
            delete_retention_ms=self._topics.delete_retention_ms,
            recovering=self._recovering,
            turn=self._turn,
        )

    async def on_revoke(self) -> None:
        try:
            await self.lanes.drain()
            await self.assignment.drain(self.settings.drain_timeout / 2)
        except Exception as error:  # noqa: BLE001 - Faust would log it and go on
            self.fail(error)

    def on_sought(self, tp: TP, offset: int) -> None:
        if tp.topic in self.app.batch_topics:
            self.lanes.sought(tp, offset)

    def on_moved(self, tp: TP, since: int, start: int) -> None:
        """Records of an input are gone, or the topic was made again: then all of it is read, and record ids tell what is known."""
        place = {"topic": tp.topic, "partition": tp.partition}
        if start < since:
            log.error("input_made_again", **place, group_offset=since, read_from=start)
            return
        log.error("source_gap", **place, records=start - since)
        self.hooks.on_gap(tp.topic, tp.partition, start - since)

    # -- watching

    def _proofs(self) -> dict[TopicPartition, SourceProof]:
        return {**self.assignment.proofs(), **self.lanes.proofs}

    def _sampled(self) -> None:
        self.assignment.sampled(settling=self.sampler.settling)

    async def _crash_of_faust(self) -> None:
        await self.app._crashed.wait()
        raise self.app.crash_reason or RuntimeError("Faust crashed without a reason")

    async def _doubt(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.doubts.check()

    async def _look_around(self) -> None:
        """Once a minute: the topics are still what they were, and the stores were not away."""
        while True:
            await asyncio.sleep(self.settings.stamp_every)
            self.assignment.stamp()
            if self._topics is not None:
                await look_again(self.settings, self._topics)


def make_app(settings: RuntimeSettings, hooks: Hooks) -> Worker:
    """A worker, not started yet; call it inside the running loop, once per process life of the group member."""
    return Worker(settings, hooks)
