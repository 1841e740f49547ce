"""Which inputs have been silent for longer than they say is normal (semantics 4.4). Every worker looks for itself."""

import asyncio
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from slamon.runtime.cluster import Cluster, Report, unheard
from slamon.runtime.intake_mapping import Feed
from slamon.runtime.topics import partition_counts
from slamon.runtime.wall import monotonic_ms, wall_ms

MAX_HOLD_MS = 24 * 3_600_000
LOOK_EVERY = 5.0
COUNT_EVERY_MS = 60_000  # how often new partitions are looked for
TAIL = 20  # offsets before the end in which the newest record is looked for; the others may be markers
TIMEOUT = 10.0


class Silence:
    """When each input was last heard; one never heard counts from the start of the watch."""

    def __init__(self, feeds: Iterable[Feed], now: int) -> None:
        self._feeds = {feed.topic: feed for feed in feeds}
        self._started = now
        self._heard: dict[str, int] = {}

    def heard(self, topic: str, timestamp: int) -> None:
        """The input had a record with this Kafka timestamp."""
        self._heard[topic] = max(timestamp, self._heard.get(topic, timestamp))

    def newest(self) -> dict[str, int | None]:
        """The Kafka timestamp of each input's newest record, None while none is known."""
        return {feed.label: self._heard.get(topic) for topic, feed in self._feeds.items()}

    def silent(self, now: int) -> frozenset[str]:
        """The inputs that are silent for longer than their `expect_every`."""
        return frozenset(feed.label for topic, feed in self._feeds.items() if self._late_by(topic, feed, now) > 0)

    def holding(self, now: int) -> frozenset[str]:
        """Those of them whose tickets' facts wait (`on_silence: hold`), for 24 h at most."""
        late = ((feed, self._late_by(topic, feed, now)) for topic, feed in self._feeds.items())
        return frozenset(feed.label for feed, by in late if feed.on_silence == "hold" and 0 < by <= MAX_HOLD_MS)

    def _late_by(self, topic: str, feed: Feed, now: int) -> int:
        if feed.expect_every_ms is None:
            return 0
        return now - self._heard.get(topic, self._started) - feed.expect_every_ms


class SilenceWatch:
    """Feeds a Silence from the ends of the inputs' partitions, whoever owns them; `run` until cancelled."""

    def __init__(
        self,
        cluster: Cluster,
        feeds: Iterable[Feed],
        *,
        report: Report = unheard,
        now: Callable[[], int] = wall_ms,
    ) -> None:
        # An input without `expect_every` is never silent, so nobody has to look.
        self._topics = [feed.topic for feed in feeds if feed.expect_every_ms is not None]
        self.silence = Silence(feeds, now())
        self._cluster, self._report, self._now = cluster, report, now
        self._ends: dict[TopicPartition, int] = {}
        self._counts: dict[str, int] = {}
        self._counted_until = 0

    async def run(self) -> None:
        if not self._topics:
            return
        while True:
            try:
                await self._watch()
            except (KafkaError, TimeoutError) as error:
                self._report("inputs_unreadable", {"error": f"{type(error).__name__}: {error}"})
            await asyncio.sleep(LOOK_EVERY)

    async def _watch(self) -> None:
        """Looks with one consumer until that fails."""
        consumer = AIOKafkaConsumer(
            **self._cluster.client("silence"), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
            while True:
                async with asyncio.timeout(TIMEOUT):
                    await self.look(consumer)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            await consumer.stop()

    async def look(self, consumer: AIOKafkaConsumer) -> None:
        """One look at the ends; where one has moved, the newest record's timestamp is read."""
        partitions = await self._partitions()
        ends = await consumer.end_offsets(partitions) if partitions else {}
        moved = {partition: end for partition, end in ends.items() if end != self._ends.get(partition, 0)}
        if moved:
            await self._read_tails(consumer, moved)
        self._ends.update(ends)

    async def _partitions(self) -> list[TopicPartition]:
        if monotonic_ms() >= self._counted_until:
            counts = await partition_counts(self._cluster)
            self._counts = {topic: counts.get(topic, 0) for topic in self._topics}
            if all(self._counts.values()):  # a topic that is not there yet is looked for every time
                self._counted_until = monotonic_ms() + COUNT_EVERY_MS
        return [TopicPartition(topic, number) for topic, count in self._counts.items() for number in range(count)]

    async def _read_tails(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
        first = await consumer.beginning_offsets(list(ends))
        consumer.assign(list(ends))
        for partition, end in ends.items():
            consumer.seek(partition, max(first[partition], end - TAIL))
        left = {partition for partition, end in ends.items() if first[partition] < end}
        while left:
            for partition, records in (await consumer.getmany(*left, timeout_ms=500)).items():
                self.silence.heard(partition.topic, max(record.timestamp for record in records))
            left = {partition for partition in left if await consumer.position(partition) < ends[partition]}
        consumer.unsubscribe()  # or it would go on fetching what nobody reads
