"""The worker: a Faust app around the partition actors, started, watched and stopped by our own hand.

Not `faust worker`: that one overrides settings, opens a port and hangs on SIGTERM when the broker is away (faust.md 7).
Faust keeps what it is good at: group membership, co-partitioned sticky assignment, the life cycle of rebalances, agents.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import faust
import structlog
from aiokafka import TopicPartition
from faust.types import TP
from mode.supervisors import CrashingSupervisor

from slamon.runtime.assignment import Assignment, OwnedPartition
from slamon.runtime.hooks import Hooks
from slamon.runtime.intake_lanes import IntakeLanes
from slamon.runtime.offsets import Offsets
from slamon.runtime.pins import check_pins
from slamon.runtime.preflight import look_at_topics
from slamon.runtime.proof import SourceProof
from slamon.runtime.sampler import Sampler
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.table import SlaTable, SlaTableManager
from slamon.runtime.transport import BatchTopic, SlaTransport
from slamon.runtime.wall import WallClock
from slamon.runtime.watchdog import LoopWatch

DAYS_30 = 30 * 86_400.0

log = structlog.get_logger(__name__)


class SlaApp(faust.App):  # type: ignore[misc]
    """The Faust app; made by `make_app` inside the running loop, started once."""

    worker: "Worker"
    clock_topics: frozenset[str] = frozenset()
    batch_topics: frozenset[str] = frozenset()
    changelog: str = ""

    def _new_transport(self) -> SlaTransport:
        return SlaTransport(self.conf.broker_consumer, self)

    async def on_revoke(self) -> None:
        """Before Faust forgets the partitions of this generation."""
        await self.worker.on_revoke()

    def on_sought(self, tp: TP, offset: int) -> None:
        """An input of intake is read from this offset on."""
        self.worker.on_sought(tp, offset)


class Worker:
    """Everything one worker is made of. `failed` is set with what ends it; `partition(p).store` is for reads."""

    def __init__(self, settings: RuntimeSettings, hooks: Hooks) -> None:
        self.settings = settings
        self.hooks = hooks
        self.clock = WallClock()
        self.offsets = Offsets(settings)
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.assignment = Assignment(settings, hooks, self.offsets, self.clock, self.fail)
        self.lanes = IntakeLanes(hooks, self.assignment.proofs, self.fail)
        self.sampler = Sampler(settings, self.offsets, self.clock, self.assignment.proofs, self._sampled)
        self.app = _faust_app(settings)
        self.app.worker = self
        self.table = _wire(self.app, settings, self)
        self._tasks: list[asyncio.Task[None]] = []

    # -- for metrics, health and reads

    def partition(self, number: int) -> OwnedPartition | None:
        """What is known of an owned partition; None for one this worker does not own."""
        return self.assignment.owned.get(number)

    @property
    def partitions(self) -> list[OwnedPartition]:
        return list(self.assignment.owned.values())

    def proven(self, tp: TP) -> int | None:
        """The newest instant S up to which an owned source or input partition is dealt with (semantics 4.4)."""
        proof = self.assignment.proofs.get(TopicPartition(tp.topic, tp.partition))
        return proof.proven if proof is not None else None

    # -- life

    async def start(self) -> None:
        """Joins the group; raises `WorkerMustEnd` before that if anything about libraries or topics is not as it must be."""
        check_pins()
        topics = await look_at_topics(self.settings)
        self.assignment.delete_retention_ms = topics.delete_retention_ms
        self.assignment.inputs = frozenset(
            (one.topic, number)
            for one in self.settings.inputs
            if one.hold
            for number in range(topics.partitions[one.topic])
        )
        await self.offsets.start()
        self._watch(LoopWatch(self.settings.loop_stall).run())
        self._watch(self._crash_of_faust())
        await self.app.start()
        self._watch(self.sampler.run())
        self._watch(self._watch_progress())

    async def stop(self) -> None:
        """Drains, commits the group offsets, leaves the group, gives the directories free."""
        for task in self._tasks:
            task.cancel()
        await self.lanes.drain()
        await self.assignment.drain(self.settings.drain_timeout)
        if self.app.started:
            await self.app.consumer.force_commit()
            await self.app.stop()
        await self.offsets.stop()
        self.assignment.close_stores()

    def fail(self, error: BaseException) -> None:
        """The first reason is the one that counts."""
        if not self.failed.done():
            self.failed.set_result(error)

    def _watch(self, task: Coroutine[Any, Any, None]) -> None:
        running = asyncio.create_task(task)
        running.add_done_callback(self._ended)
        self._tasks.append(running)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)

    # -- from Faust

    async def on_ready(self, changelogs: set[TP]) -> None:
        self.assignment.consumer = self.lanes.consumer = self.app.consumer
        await self.assignment.begin(changelogs)

    async def on_revoke(self) -> None:
        try:
            await self.lanes.drain()
            await self.assignment.drain(self.settings.drain_timeout / 2)
        except Exception as error:  # Faust would log it and go on
            self.fail(error)

    def on_sought(self, tp: TP, offset: int) -> None:
        if tp.topic in self.app.batch_topics:
            proof = self.assignment.proofs[TopicPartition(tp.topic, tp.partition)] = SourceProof()
            proof.passed(offset)

    # -- watching

    def _sampled(self) -> None:
        self.assignment.sampled(self.sampler.settling)

    async def _crash_of_faust(self) -> None:
        await self.app._crashed.wait()
        self.fail(self.app.crash_reason or RuntimeError("Faust crashed without a reason"))

    async def _watch_progress(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            if (stuck := self.assignment.stuck()) is not None:
                raise RuntimeError(
                    f"partition {stuck.number}: expected progress within {self.settings.no_progress:.0f} s, "
                    f"got none with {stuck.lag} records before it (state {stuck.current_state})"
                )


def make_app(settings: RuntimeSettings, hooks: Hooks) -> Worker:
    """A worker, not started yet; call it inside the running loop, once per process life of the group member."""
    return Worker(settings, hooks)


def _faust_app(settings: RuntimeSettings) -> SlaApp:
    session = settings.session_timeout
    app = SlaApp(
        settings.group,
        version=1,  # another number renames the group
        broker=[f"kafka://{one}" for one in settings.bootstrap.split(",")],
        broker_credentials=settings.credentials,
        autodiscover=False,
        store="memory://",  # of the stock table, which nobody writes
        datadir=str(settings.datadir / "faust"),
        TableManager=SlaTableManager,
        agent_supervisor=CrashingSupervisor,
        canonical_url=f"http://{settings.instance_id or 'worker'}",
        web_enabled=False,
        topic_partitions=settings.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        stream_publish_on_commit=False,
        stream_buffer_maxsize=64,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        consumer_max_fetch_size=4 << 20,
        broker_max_poll_records=8_000,
        broker_max_poll_interval=DAYS_30,  # a spare without partitions would leave the group for good
        broker_session_timeout=session,
        broker_heartbeat_interval=settings.heartbeat_interval,
        broker_rebalance_timeout=settings.rebalance_timeout,
        broker_request_timeout=max(45.0, session + 15.0),
        broker_commit_interval=0.5,
        broker_commit_every=1 << 62,
        key_serializer="raw",
        value_serializer="raw",
    )
    app.clock_topics = frozenset(settings.sources)
    app.batch_topics = app.clock_topics | {one.topic for one in settings.inputs}
    app.changelog = settings.changelog
    return app


def _wire(app: SlaApp, settings: RuntimeSettings, worker: Worker) -> SlaTable:
    """The table and the agents: they route, and nothing else."""
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    changelog = app.topic(settings.changelog, partitions=settings.partitions, **raw)
    table = SlaTable(
        app, name="sla", key_type=bytes, value_type=bytes, partitions=settings.partitions,
        changelog_topic=changelog, on_ready=worker.on_ready,
    )  # fmt: skip
    app.tables.add(table)
    for name in settings.sources:
        _agent(app, name, worker.assignment.route)
    for one in settings.inputs:
        _agent(app, one.topic, worker.lanes.route)
    return table


def _agent(app: SlaApp, topic: str, route: Callable[[Any], None]) -> None:
    async def routes(stream: Any) -> None:
        stream.enable_acks = False
        async for batch in stream:
            route(batch)

    app.agent(BatchTopic(app, topics=[topic], key_type=bytes, value_type=bytes), name=f"route-{topic}")(routes)
