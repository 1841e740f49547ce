"""Faust's Kafka transport with batches: one event per topic partition and at most 2,000 records, own ack ranges.

Per-record delivery costs 58 microseconds an event, this 0.2 (faust.md 5). Topics that are not in `app.batch_topics` keep
the stock path. The consumer reads committed records only. A source of the clocks is not read before its actor says from
where (`begin`), whatever Faust resumes or seeks, and the changelog never is.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from slamon.engine.unit import Record
from slamon.runtime.batch import Batch, size_of
from slamon.runtime.consumer_thread import Fetched, SlaConsumerThread
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.ranges import Ranges

CHUNK = 2_000
COMMIT_SECONDS = 3.0


class SlaConsumer(driver.Consumer):  # type: ignore[misc]
    """The group's consumer: delivers batches, commits ranges, leaves the sources of the clocks to their actors."""

    _thread: SlaConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ranges: dict[TP, Ranges] = {}
        self._delivered: dict[TP, int] = {}
        self._begun: set[TP] = set()
        self._beginning: dict[TP, int] = {}
        self._begin_turn = asyncio.Lock()
        self._beating: asyncio.Future[bool] | None = None
        self._held: set[TP] = set()
        self._sought: set[TP] = set()

    def _new_consumer_thread(self) -> SlaConsumerThread:
        return SlaConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # -- who is read

    def _ours(self, tp: TP) -> bool:
        return tp.topic in self.app.clock_topics or tp.topic == self.app.changelog

    async def begin(self, offsets: Mapping[TP, int]) -> None:
        """Read these sources from these offsets from now on.

        The thread takes one call between two fetches, so partitions that begin meanwhile go together with the next one.
        """
        self._beginning.update(offsets)
        async with self._begin_turn:
            together, self._beginning = self._beginning, {}
            if together:
                await self._thread.begin(together)
                self._sought.update(together)
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
        self._sought.update(stock)
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

    async def wait_alive(self) -> None:
        """Returns once the coordinator has answered for this member in this generation."""
        while not await self._heartbeat():  # noqa: ASYNC110 - the answer is the broker's, no event tells it
            await asyncio.sleep(0.2)

    async def _heartbeat(self) -> bool:
        """One heartbeat answers all partitions that ask while it is under way; a new generation makes its answer no."""
        if self._beating is None or self._beating.done():
            self._beating = asyncio.ensure_future(self._thread.heartbeat())
        return await asyncio.shield(self._beating)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: the watchdogs of the runtime know what each partition should do."""

    # -- delivery

    async def _drain_messages(self, fetcher: Any) -> None:
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            await asyncio.sleep(0)
            if not self.flow_active:
                await self.wait(self.can_resume_flow)
            # Not before that wait, which lasts through a rebalance: what is fetched first would be taken for the old
            # generation's and dropped, after its partitions were sought.
            generation = self.app.consumer_generation_id
            self._sought.clear()
            fetched = await self._next()
            if fetched is None or not self.flow_active or generation != self.app.consumer_generation_id:
                continue
            await self._check_follows(fetched, generation)
            for tp, position in fetched.positions.items():
                await self._deliver(tp, fetched.get(tp, []), position, generation)

    async def _check_follows(self, fetched: Fetched, generation: int) -> None:
        """Raises WorkerMustEnd if a fetch began elsewhere than behind what was delivered: nobody else would ever know.

        What was fetched before its partition was sought and comes after it is dropped: the next fetch begins there. That
        another partition was sought is no reason: what is dropped then is fetched by nobody again.
        """
        for partition, start in fetched.starts.items():
            tp = ensure_TP(partition)
            since = self._delivered.get(tp)
            if since is None or start == since:
                continue
            if tp in self._sought:
                fetched.positions.pop(partition, None)
                continue
            gone = await self._gone(tp, since)
            if generation != self.app.consumer_generation_id:
                return  # nothing of it will be delivered
            if gone:
                self._begin_elsewhere(tp, start)
                continue
            why = (
                "no record is skipped"
                if start > since
                else "no record of a topic that was made again is taken for known"
            )
            raise WorkerMustEnd(
                f"{tp.topic}[{tp.partition}]: expected a fetch from offset {since}, got one from {start}; "
                f"the worker ends so that {why}"
            )

    async def _gone(self, tp: TP, since: int) -> bool:
        """Whether an input that nothing was read of yet does not hold the group's offset any more.

        A position alone proves nothing: it may be one from before a rebalance.
        """
        if self._ours(tp) or self._ranges[tp].begun:
            return False
        first, end = await self.earliest_offsets(tp), await self.highwaters(tp)
        return not first[tp] <= since <= end[tp]

    def _begin_elsewhere(self, tp: TP, start: int) -> None:
        """The group's offset of an input is not to be had any more: it is read from where its log begins."""
        if (committed := self._committed_offset[tp]) is not None:
            self.app.on_moved(tp, committed, start)
        self._delivered[tp] = start
        self._committed_offset[tp] = None
        self.app.on_sought(tp, start)

    async def _next(self) -> Fetched | None:
        active = set(self._get_active_partitions())
        if not active:
            await asyncio.sleep(0.02)
            return None
        # Short while somebody is held, since a release does not wake the fetch; short anyway, since a position that
        # passes a marker gives no records and still has to be heard of.
        return await self._thread.getmany(active, 0.02 if self._held else 0.05)

    async def _deliver(self, tp: TP, records: list[Record], position: int, generation: int) -> None:
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
            await self._hand_over(Batch(tp, chunk, since, behind, generation, size_of(chunk)))
            since = self._delivered[tp] = behind

    async def _hand_over(self, batch: Batch) -> None:
        self._ranges.setdefault(batch.tp, Ranges()).handed_out(batch.behind)
        message = ConsumerMessage(
            batch.tp.topic, batch.tp.partition, batch.behind - 1, 0.0, 0, None, None, batch, None, 0, 0, batch.tp,
            generation_id=batch.generation,
        )  # fmt: skip
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    async def _deliver_stock(self, tp: TP, records: list[Record]) -> None:
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

    @property
    def thread_dead(self) -> bool:
        return self._thread.dead

    @property
    def group_error(self) -> BaseException | None:
        return self._thread.group_error

    def uncommitted(self) -> dict[str, object]:
        """Partitions of which more is dealt with than the group knows, each with what it knows."""
        done = {tp: offset for tp, ranges in self._ranges.items() if (offset := ranges.committable) is not None}
        return {
            f"{tp.topic}[{tp.partition}]": self._committed_offset.get(tp)
            for tp, offset in done.items()
            if offset > (self._committed_offset.get(tp) or 0)
        }

    async def commit_ranges(self) -> None:
        """Group offsets are for lag tools and intake's position: worth a moment, not worth hanging for."""
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self.force_commit()
        except TimeoutError:
            self.log.warning("group offsets not committed within %s s", COMMIT_SECONDS)

    # -- rebalances

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """First the units in flight come to their end and their ranges are committed, then Faust forgets the partitions.

        Faust forgets its acks first, so that each rebalance would replay a commit interval (faust.md 3.1).
        """
        await self.app.on_revoke()
        await self.commit_ranges()
        self._ranges.clear()
        self._delivered.clear()
        self._begun.clear()
        self._beginning.clear()
        self._held.clear()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        await self.hush_ours(assigned)
        await super().on_partitions_assigned(assigned, generation_id)


class SlaTransport(driver.Transport):  # type: ignore[misc]
    Consumer = SlaConsumer
