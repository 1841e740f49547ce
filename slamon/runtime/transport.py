"""Faust's Kafka transport with batches: one event per topic partition and at most 2,000 records, own ack ranges.

Per-record delivery costs 58 microseconds an event, this 0.2 (faust.md 5). Topics that are not in `app.batch_topics` keep
the stock path. The consumer reads committed records only. A source of the clocks is not read before its actor says from
where (`begin`), whatever Faust resumes or seeks, and the changelog never is.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from faust.events import Event
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from slamon.runtime.ranges import Ranges

CHUNK = 2_000
FETCH_WAIT_MS = 50  # Faust asks for 1,500: a partition that was left out of a request would wait that long for the next


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one source partition in order; `behind` is the position once they are dealt with (markers included)."""

    tp: TP
    records: list[ConsumerRecord]
    behind: int
    generation: int


class Fetched(dict[Any, list[ConsumerRecord]]):
    """What one fetch gave, and where each partition that was asked for stands after it."""

    positions: Mapping[TP, int]


class SlaConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that owns the aiokafka consumer."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        # Faust reads uncommitted records unless its own transactions are on, which they must not be (faust.md 4).
        self.consumer.in_transaction = True
        try:
            consumer = super()._create_worker_consumer(transport)
        finally:
            self.consumer.in_transaction = False
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> Fetched:
        """As Faust's, with the positions taken in the same breath: nothing between them and the records."""
        records = await super()._fetch_records(consumer, active_partitions, timeout=timeout, max_records=max_records)
        fetched = Fetched(records)
        fetched.positions = dict(_positions(consumer, active_partitions))
        return fetched

    async def begin(self, offsets: Mapping[TP, int]) -> None:
        await self.call_thread(self._begin, offsets)

    async def _begin(self, offsets: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        for tp, offset in offsets.items():
            partition = driver.ensure_aiokafka_TP(tp)
            consumer.seek(partition, offset)
            consumer.resume(partition)

    async def hush(self, tps: Iterable[TP]) -> None:
        await self.call_thread(self._hush, list(tps))

    async def _hush(self, tps: list[TP]) -> None:
        consumer = self._ensure_consumer()
        consumer.pause(*map(driver.ensure_aiokafka_TP, tps))

    async def seek_stock(self, tps: Iterable[TP]) -> Mapping[TP, int]:
        partitions = [driver.ensure_aiokafka_TP(tp) for tp in tps]
        return await self.call_thread(self._ensure_consumer().seek_to_committed, *partitions) if partitions else {}

    async def heartbeat(self) -> bool:
        """Whether the coordinator answers for this member and this generation right now."""
        return await self.call_thread(self._heartbeat)

    async def _heartbeat(self) -> bool:
        coordinator = self._ensure_consumer()._coordinator
        generation = coordinator.generation
        if coordinator.need_rejoin(coordinator._subscription.subscription):
            return False
        ok = await coordinator._do_heartbeat()
        rejoin = coordinator.need_rejoin(coordinator._subscription.subscription)
        return bool(ok) and generation == coordinator.generation and not rejoin


def _positions(consumer: AIOKafkaConsumer, partitions: Iterable[TP]) -> Iterator[tuple[TP, int]]:
    subscription = consumer._subscription.subscription
    if subscription is None or subscription.assignment is None or not subscription.assignment.active:
        return
    for tp in list(partitions or ()):
        state = subscription.assignment.state_value(driver.ensure_aiokafka_TP(tp))
        if state is not None and state.has_valid_position:
            yield tp, state.position


class SlaConsumer(driver.Consumer):  # type: ignore[misc]
    """The group's consumer: delivers batches, commits ranges, leaves the sources of the clocks to their actors."""

    _thread: SlaConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ranges: dict[TP, Ranges] = {}
        self._delivered: dict[TP, int] = {}
        self._begun: set[TP] = set()
        self._held: set[TP] = set()

    def _new_consumer_thread(self) -> SlaConsumerThread:
        return SlaConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # -- who is read

    def _ours(self, tp: TP) -> bool:
        return tp.topic in self.app.clock_topics or tp.topic == self.app.changelog

    async def begin(self, offsets: Mapping[TP, int]) -> None:
        """Read these sources from these offsets from now on."""
        await self._thread.begin(offsets)
        for tp, offset in offsets.items():
            self._delivered[tp] = offset
            self._ranges[tp] = Ranges()
            self._begun.add(tp)
        super().resume_partitions(set(offsets))

    def hold(self, tp: TP) -> None:
        """Let a partition wait (its actor has enough); what was fetched stays in memory."""
        if tp not in self._held:
            self._held.add(tp)
            self._get_active_partitions().discard(tp)

    def release(self, tp: TP) -> None:
        if tp in self._held:
            self._held.discard(tp)
            if tp not in self._paused_partitions:
                self._get_active_partitions().add(tp)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        super().resume_partitions({tp for tp in tps if not self._ours(tp) or tp in self._begun})

    async def perform_seek(self) -> None:
        """Stock partitions go to their group offset; those of the clocks were sought by `begin`."""
        stock = [tp for tp in self.assignment() if not self._ours(tp)]
        committed = await self._thread.seek_stock(stock)
        for tp in stock:
            offset = committed.get(driver.ensure_aiokafka_TP(tp))
            self._read_offset[tp] = offset or None
            self._committed_offset[tp] = offset or None
            self._delivered[tp] = offset or 0
            self._ranges[tp] = Ranges()
            self.app.on_sought(tp, offset or 0)

    async def hush_ours(self, assigned: Iterable[TP]) -> None:
        """Don't even fetch the changelog, nor sources from group offsets that nobody goes by."""
        if quiet := [tp for tp in assigned if self._ours(tp) and tp not in self._begun]:
            await self._thread.hush(quiet)

    async def alive_in_group(self) -> bool:
        return await self._thread.heartbeat()

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: the watchdogs of the runtime know what each partition should do."""

    # -- delivery

    async def _drain_messages(self, fetcher: Any) -> None:
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            await asyncio.sleep(0)
            generation = self.app.consumer_generation_id
            fetched = await self._next()
            if fetched is None or not self.flow_active or generation != self.app.consumer_generation_id:
                continue
            for tp, position in fetched.positions.items():
                await self._deliver(tp, fetched.get(tp, []), position, generation)

    async def _next(self) -> Fetched | None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = set(self._get_active_partitions())
        if not active:
            await asyncio.sleep(0.02)
            return None
        # Short while somebody is held, since a release does not wake the fetch; short anyway, since a position that
        # passes a marker gives no records and still has to be heard of.
        return await self._thread.getmany(active, 0.02 if self._held else 0.05)

    async def _deliver(self, tp: TP, records: list[ConsumerRecord], position: int, generation: int) -> None:
        tp = ensure_TP(tp)
        if tp.topic not in self.app.batch_topics:
            await self._deliver_stock(tp, records)
            return
        since = self._delivered.get(tp)
        if since is None or position <= since:
            return
        if records and records[0].offset < since:
            records = [record for record in records if record.offset >= since]
        for start in range(0, max(1, len(records)), CHUNK):
            chunk = records[start : start + CHUNK]
            behind = position if start + CHUNK >= len(records) else chunk[-1].offset + 1
            if generation != self.app.consumer_generation_id or not self.flow_active:
                return
            await self._hand_over(Batch(tp, chunk, behind, generation))
            self._delivered[tp] = behind

    async def _hand_over(self, batch: Batch) -> None:
        self._ranges.setdefault(batch.tp, Ranges()).handed_out(batch.behind)
        message = ConsumerMessage(
            batch.tp.topic, batch.tp.partition, batch.behind - 1, 0.0, 0, None, None, batch, None, 0, 0, batch.tp,
            generation_id=batch.generation,
        )  # fmt: skip
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    async def _deliver_stock(self, tp: TP, records: list[ConsumerRecord]) -> None:
        for record in records:
            since = self._read_offset[tp]
            if since is None or record.offset >= since:
                await self.wait_first(self.callback(self._to_message(tp, record)), self.suspend_flow.wait())
                self._read_offset[tp] = record.offset

    # -- acks

    def finished(self, batch: Batch) -> None:
        """The batch is dealt with; its range is committed once everything before it is."""
        if batch.tp in self._ranges:
            self._ranges[batch.tp].finished(batch.behind)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        yield from super()._filter_tps_with_pending_acks(topics)
        if topics is None:
            yield from list(self._ranges)

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self.app.batch_topics:
            return super()._new_offset(tp)
        ranges = self._ranges.get(tp)
        return ranges.committable if ranges is not None else None

    # -- rebalances

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """First the units in flight come to their end and their ranges are committed, then Faust forgets the partitions.

        Faust forgets its acks first, so that each rebalance would replay a commit interval (faust.md 3.1).
        """
        await self.app.on_revoke()
        await self.force_commit()
        self._ranges.clear()
        self._delivered.clear()
        self._begun.clear()
        self._held.clear()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        await self.hush_ours(assigned)
        await super().on_partitions_assigned(assigned, generation_id)


class SlaTransport(driver.Transport):  # type: ignore[misc]
    Consumer = SlaConsumer


class BatchTopic(faust.Topic):  # type: ignore[misc]
    """A topic whose events carry a `Batch`; nothing is decoded."""

    def _compile_decode(self) -> None:
        app = self.app

        async def decode(message: Any, *, propagate: bool = False) -> Event:
            return Event(app, None, message.value, None, message)

        self.decode = decode
