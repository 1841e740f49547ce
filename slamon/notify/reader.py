"""Reads the three output topics as a group, takes in what they say, keeps it, and only then commits the position."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError

from slamon.notify.board import Board
from slamon.notify.incident import Incident
from slamon.notify.journal import Journal
from slamon.notify.metrics import NotifyMetrics
from slamon.notify.signals import Unreadable, signal_of
from slamon.runtime.cluster import Cluster
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.topic_specs import FACTS

ROUND_MS = 200
MAX_RECORDS = 500
SESSION_MS = 10_000  # so long nobody is paged after a notifier was killed
FROZEN = SESSION_MS / 2000  # seconds without a round: others may own the partitions by now
FORGET_EVERY = 60.0
LAST = "outcomes"  # what ends is read after what begins, or a backlog would page for what is over

log = structlog.get_logger(__name__)


class Reader(ConsumerRebalanceListener):  # type: ignore[misc]
    """`run` for ever. While partitions are entered or a backlog is read, the board is held: nobody is told."""

    def __init__(
        self,
        cluster: Cluster,
        board: Board,
        journal: Journal,
        metrics: NotifyMetrics,
        now: Callable[[], int],
        wake: Callable[[], None],
        instance_id: str | None = None,
    ) -> None:
        self._cluster, self._board, self._journal, self._metrics = cluster, board, journal, metrics
        self._now, self._wake, self._instance_id = now, wake, instance_id
        self._topics = {cluster.topic(role): role for role in FACTS}
        self._consumer: AIOKafkaConsumer | None = None
        self._entering = True
        self._assigned = False
        self._ends: dict[TopicPartition, int] = {}  # to be passed before the board tells
        self._round_at = self._forgotten_at = time.monotonic()

    @property
    def may_tell(self) -> bool:
        """Whether what the board says is ours to tell: not right after a process was frozen, until that is proven."""
        return not self._board.held and time.monotonic() - self._round_at < FROZEN

    @property
    def ready(self) -> str:
        """Why nobody would be told yet; empty when everything is read."""
        if not self._assigned:
            return "the group has not assigned partitions to this notifier yet"
        return "facts of the time before are being read" if self._entering or self._ends else ""

    async def start(self) -> None:
        """Joins the group."""
        consumer = AIOKafkaConsumer(
            **self._cluster.client("notify"),
            group_id=self._cluster.topic("notify"),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # of a position that retention has overtaken: late is better than never
            partition_assignment_strategy=(RangePartitionAssignor,),  # the same numbers of all three topics
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 4,
            group_instance_id=self._instance_id,
        )
        await consumer.start()
        self._consumer = consumer
        consumer.subscribe(list(self._topics), listener=self)

    async def stop(self) -> None:
        """Leaves the group."""
        if self._consumer is not None:
            await self._consumer.stop()

    # -- the group; nothing is awaited here: what is read meanwhile is of the time before and read again

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._board.held, self._entering, self._assigned = True, True, False
        self._board.drop({each.partition for each in revoked})

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._board.held, self._entering, self._assigned = True, True, True

    # -- reading

    async def run(self) -> None:
        """Raises what Kafka raises, and WorkerMustEnd."""
        assert self._consumer is not None, "start() comes before"
        while True:
            try:
                await self._round(self._consumer)
            except IllegalStateError:  # a partition that was asked about is not ours any more
                if not self._entering:
                    raise

    async def _round(self, consumer: AIOKafkaConsumer) -> None:
        if time.monotonic() - self._round_at > FROZEN:
            await self._prove(consumer)
        self._round_at = time.monotonic()
        if self._entering and self._assigned:
            await self._enter(consumer)
            self._round_at = time.monotonic()
        batches = await consumer.getmany(timeout_ms=ROUND_MS, max_records=MAX_RECORDS)
        if self._entering:
            return  # entering goes back to the position that was committed
        await self._take(consumer, batches)
        await self._catch_up(consumer)
        await self._forget()

    async def _prove(self, consumer: AIOKafkaConsumer) -> None:
        """Commits where it stands: the group refuses who was taken for dead, and then nothing here is ours."""
        log.warning("notify_round_late", seconds=round(time.monotonic() - self._round_at, 1))
        assigned = consumer.assignment() if not self._entering else ()
        ours = await self._commit(consumer, {each: await consumer.position(each) for each in assigned})
        if not ours and not self._entering:  # else the group has told us meanwhile
            self._board.held, self._entering, self._assigned = True, True, False
            self._board.drop({each.partition for each in assigned})

    async def _enter(self, consumer: AIOKafkaConsumer) -> None:
        """Takes over the partitions: what is open there, where to read on, and up to where it is the past."""
        partitions = set(consumer.assignment())
        numbers = {each.partition for each in partitions}
        if len(partitions) != len(numbers) * len(FACTS):
            raise WorkerMustEnd("expected the same partitions of all output topics, got others (hint: `slamon doctor`)")
        self._entering = False
        self._board.drop(numbers)
        for number, incident in await self._journal.read(numbers) if numbers else ():
            self._board.put(number, incident, self._now())
        self._ends = await self._positioned(consumer, partitions)
        if self._entering:  # another rebalance came meanwhile
            return
        consumer.pause(*(each for each in partitions if self._topics[each.topic] == LAST))
        log.info("notify_partitions_entered", partitions=sorted(numbers), records=await self._behind(consumer))

    async def _positioned(
        self, consumer: AIOKafkaConsumer, partitions: set[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Seeks each to its committed position; a group that never was begins with the present, and remembers that."""
        ends: dict[TopicPartition, int] = await consumer.end_offsets(list(partitions)) if partitions else {}
        fresh = {}
        for each in partitions:
            committed = await consumer.committed(each)
            if committed is None:
                fresh[each] = ends[each]
            consumer.seek(each, ends[each] if committed is None else committed)
        if fresh:
            await self._commit(consumer, fresh)
        return ends

    async def _take(
        self, consumer: AIOKafkaConsumer, batches: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    ) -> None:
        if not batches:
            return
        changed: dict[str, Incident] = {}
        for each in sorted(batches, key=lambda tp: self._topics[tp.topic] == LAST):
            for record in batches[each]:
                incident = self._hear(each, record)
                if incident is not None:
                    changed[incident.clock_id] = incident
        await asyncio.gather(*(self.keep(incident) for incident in changed.values()))
        if self._entering:
            return  # what is not ours was not kept: its next owner hears it again
        self._wake()
        await self._commit(consumer, {each: records[-1].offset + 1 for each, records in batches.items() if records})

    def _hear(self, partition: TopicPartition, record: ConsumerRecord) -> Incident | None:
        try:
            signal = signal_of(self._topics[partition.topic], record.value, record.headers)
        except Unreadable as error:
            self._metrics.unreadable()
            where = {"topic": partition.topic, "partition": partition.partition, "offset": record.offset}
            log.warning("fact_unreadable", **where, reason=str(error))
            return None
        return self._board.hear(partition.partition, signal, self._now()) if signal else None

    async def keep(self, incident: Incident) -> None:
        """Returns once the incident as it is now would outlive this process."""
        if self._board.incident(incident.clock_id) is incident:
            await self._journal.keep(self._board.partition_of(incident.clock_id), incident)

    async def _commit(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> bool:
        """Whether the group took it; if not it is being rearranged, and the next owner hears it again."""
        try:
            if offsets:
                await consumer.commit(dict(offsets))
        except (CommitFailedError, IllegalStateError):
            log.info("notify_commit_refused")
            return False
        return True

    # -- the past

    async def _catch_up(self, consumer: AIOKafkaConsumer) -> None:
        """What begins is read to its end, then what ends; then the board may tell."""
        if not self._ends:
            return
        lacking = [each for each, end in self._ends.items() if await consumer.position(each) < end]
        if self._entering:
            return
        if all(self._topics[each.topic] == LAST for each in lacking):
            consumer.resume(*consumer.paused())
        if not lacking:
            self._ends = {}
            self._board.held = False
            self._wake()
            log.info("notify_caught_up")

    async def _behind(self, consumer: AIOKafkaConsumer) -> int:
        return sum([max(0, end - await consumer.position(each)) for each, end in self._ends.items()])

    async def lag(self) -> tuple[int, int]:
        """(partitions of each topic, facts not read yet)."""
        consumer = self._consumer
        if consumer is None or not self._assigned:
            return 0, 0
        lag, assigned = 0, consumer.assignment()
        with contextlib.suppress(IllegalStateError):  # revoked while we look
            for each in assigned:
                end = consumer.last_stable_offset(each)
                lag += max(0, end - await consumer.position(each)) if end else 0
        return len({each.partition for each in assigned}), lag

    async def _forget(self) -> None:
        """Once a minute, what has long been over."""
        if time.monotonic() - self._forgotten_at < FORGET_EVERY or self._board.held:
            return
        self._forgotten_at = time.monotonic()
        for partition, clock_id in self._board.forget(self._now()):
            await self._journal.forget(partition, clock_id)
