"""A whole worker: the runtime with its engine, its policies, its intake, its metrics and its port, started in order."""

import asyncio
import os
import time
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from faust.types import TP

from slamon.engine.keys import head_due
from slamon.engine.partition import Partition
from slamon.engine.partition_time import PartitionTime
from slamon.engine.position import digest_of
from slamon.engine.unit import Record, Store
from slamon.policy_file import PolicyFileError, from_text, load
from slamon.runtime.app import Worker, make_app
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.hooks import Hooks, Silent
from slamon.runtime.intake import Intake, intake_producer
from slamon.runtime.intake_mapping import Mapper
from slamon.runtime.policies import PolicyFollower
from slamon.runtime.policy_keeper import PolicyKeeper
from slamon.runtime.preflight import look_at_topics
from slamon.runtime.quiet import news_of
from slamon.runtime.silence import SilenceWatch
from slamon.runtime.tasks import why_over
from slamon.runtime.wall import wall_ms
from slamon.runtime.watermarks import Watermarks, watermark_producer
from slamon.service.certificates import end_followed
from slamon.service.feed import Feed
from slamon.service.gathering import gather_for_ever
from slamon.service.http import HttpServer
from slamon.service.ingest import ingest_of
from slamon.service.inspection import Inspection
from slamon.service.lately import lately
from slamon.service.metrics import Metrics
from slamon.service.settings import Settings
from slamon.service.wiring import clocks_of, feeds_of, limits_of, runtime_settings
from slamon.sla.policy import PolicyBook

log = structlog.get_logger(__name__)


def report(event: str, fields: Mapping[str, object]) -> None:
    """What rooms without a logger say: trouble, unless it says that something was published."""
    (log.info if event == "policy_published" else log.warning)(event, **fields)


def make_datadir(datadir: Path) -> None:
    """The folder of local state, for nobody else's eyes; raises WorkerMustEnd if it cannot be written."""
    try:
        (datadir / "faust").mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(datadir, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable")
    except OSError as error:
        raise WorkerMustEnd(
            f"datadir: expected a folder that can be written, got {datadir}: {error.strerror}"
        ) from error


class Service:
    """One worker of `slamon run`. `failed` is set with what ends it; `start` and `stop` are called once each."""

    def __init__(self, settings: Settings) -> None:
        self.settings = runtime_settings(settings)
        self._settings = settings
        self._limits = limits_of(settings)
        feeds = feeds_of(settings, report)
        posted = [one.name for one in settings.inputs if one.ingest]
        self.metrics = Metrics(settings.prefix, {one.topic: one.name for one in settings.inputs}, posted=posted)
        self.kafka_certificate_end = end_followed(settings.security.cert_file)
        self.port_certificate_end = end_followed(settings.access.cert_file)
        self.follower = PolicyFollower(self.settings, from_text, self._on_book, report)
        self.keeper = PolicyKeeper(
            self.settings, self.follower, settings.policies, self._load, report=self._policy_report, by=self._name
        )
        self.silence = SilenceWatch(self.settings, feeds, report=report)
        self._mapper = Mapper(settings.partitions, self._limits.max_record, self._limits.max_future_ms)
        self._intake_producer = intake_producer(self.settings)
        self._producers: list[AIOKafkaProducer] = []  # those that were started
        self.intake = Intake(
            self.settings, feeds, self._intake_producer, self._mapper,
            heard=self.silence.silence.heard, report=report,
        )  # fmt: skip
        self.feeds = feeds
        self.deciders: dict[int, Partition] = {}
        self.worker: Worker = make_app(self.settings, self._hooks())
        self.failed = self.worker.failed
        self.inspection = Inspection(self)
        self.ingest = ingest_of(settings, feeds, self._mapper, self.settings, self.metrics.count)
        self.http = HttpServer(
            self.inspection, self.metrics, settings.http_host, settings.http_port, self.ingest, settings.access,
            Feed(lambda: lately(self.settings, settings.partitions), self.metrics.on_viewers),
        )  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def _name(self) -> str:
        return self._settings.instance_id or "worker"

    # -- life

    async def start(self) -> None:
        """Port first, then topics, policies, intake, and last the group; raises WorkerMustEnd where one cannot be had."""
        make_datadir(self.settings.datadir)
        await self.http.start()
        await look_at_topics(self.settings)
        await self.follower.start()
        await self._start_policies()
        if self.feeds:
            await self._start_intake()
        if self.ingest is not None:
            await self.ingest.open()
        log.info("group_joining", group=self.settings.group)
        await self.worker.start()
        self._watch(gather_for_ever(self.inspection, self.metrics, self.settings.partitions))
        if self.follower.task is not None:
            self.follower.task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """In the opposite order; what was never started is left alone."""
        self._stopping = True
        if self.ingest is not None:
            await self.ingest.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.worker.stop()
        for producer in self._producers:
            await producer.stop()
        await self.keeper.stop()
        await self.follower.stop()
        await self.http.stop()

    async def _start_policies(self) -> None:
        """Files are needed only while nothing was published: after that the topic is the truth."""
        if not self._settings.policies:
            if self.follower.book is None:
                raise WorkerMustEnd(
                    "policies: expected policy files (SLAMON_POLICIES) or policies published before, got neither"
                    " (hint: `slamon policy publish FILE` makes files the policies of all workers)"
                )
            return
        try:
            await self.keeper.start()
        except PolicyFileError as error:
            raise WorkerMustEnd(str(error)) from error

    async def _start_intake(self) -> None:
        marking = watermark_producer(self.settings)
        for producer in (self._intake_producer, marking):
            await producer.start()
            self._producers.append(producer)
        watermarks = Watermarks(
            self.settings,
            self.feeds,
            marking,
            self._settings.partitions,
            self._proven,
            worker=self._name,
            report=report,
        )
        self._watch(watermarks.run())
        if any(feed.expect_every_ms is not None for feed in self.feeds):
            self._watch(self.silence.run())

    def _watch(self, awaitable: Awaitable[None]) -> None:
        task = asyncio.ensure_future(awaitable)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not self._stopping:
            self.worker.fail(why_over(task))

    # -- what the runtime asks

    def _hooks(self) -> Hooks:
        return Hooks(
            decider=self._decider,
            time=self._time,
            head_due=head_due,
            digest=digest_of,
            intake=self._intake,
            may_decide=self.follower.fresh,
            before_catching_up=self.follower.look,
            silent=self._silent_sources,
            on_unit=self.metrics.on_unit,
            on_gap=lambda topic, _number, records: self.metrics.count("gap", (topic,), records),
        )

    def _decider(self, number: int, store: Store) -> Partition:
        assert self.follower.book is not None, "policies are read before partitions are entered"
        settings = self._settings
        partition = Partition(
            number, settings.partitions, store, self.follower.book, self._limits, settings.prefix, clocks_of(settings)
        )
        self.deciders[number] = partition  # a partition that comes back has a new one
        self.metrics.watch(number, partition)
        return partition

    def _time(self, inputs: frozenset[tuple[str, int]]) -> PartitionTime:
        return PartitionTime(inputs, self.settings.max_hold_ms, by_records=self.settings.records_clock)

    async def _intake(self, tp: TP, records: Sequence[Record]) -> None:
        await self.intake.on_batch(tp.topic, tp.partition, records)

    def _proven(self) -> dict[TopicPartition, int | None]:
        assigned = self.worker.assignment.ground is not None
        owned = self.worker.owned_inputs if assigned else ()
        return {TopicPartition(tp.topic, tp.partition): self.worker.proven(tp) for tp in owned}

    def _silent_sources(self) -> Silent:
        """The sources whose inputs are silent, and those of them whose tickets' facts wait."""
        now, silence = wall_ms(), self.silence.silence
        return news_of(self.feeds, silence.silent(now)), news_of(self.feeds, silence.holding(now))

    # -- policies

    def _load(self) -> Any:
        return load(self._settings.policies, int(time.time() * 1000))

    def _on_book(self, book: PolicyBook) -> None:
        for partition in self.deciders.values():
            partition.book = book
        in_force = book.at(wall_ms())
        self.metrics.on_policies(in_force, others=(each.policies for each in book.activations))
        log.info("policies_in_force", version=in_force.version, activations=len(book.activations))

    def _policy_report(self, event: str, fields: Mapping[str, object]) -> None:
        if event in ("policy_files_refused", "policy_publication_refused"):
            self.metrics.on_refused_policies()
        report(event, fields)
