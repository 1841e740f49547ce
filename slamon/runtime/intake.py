"""Foreign topics in: every record becomes canonical records under the right key, or a dead letter; acked before it returns."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from slamon.engine.unit import Record
from slamon.runtime import faultpoints
from slamon.runtime.cluster import Cluster, Report, unheard
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.intake_mapping import Feed, Mapper, PartlyRefused, Row
from slamon.runtime.wall import wall_ms
from slamon.sla.events import InvalidRecord

BATCH_BYTES = 900_000  # below the broker's default max.message.bytes, framing included
MAX_REQUEST = 4 * 1024 * 1024
PRODUCE_TIMEOUT = 60.0
SLICE = 200  # records between two looks of the event loop elsewhere: mapping one takes up to 50 µs


def intake_producer(cluster: Cluster) -> AIOKafkaProducer:
    """An idempotent producer: what it sends again after a lost answer stands in the topic once."""
    return AIOKafkaProducer(
        **cluster.client("intake"),
        enable_idempotence=True,
        acks="all",
        max_batch_size=BATCH_BYTES,
        max_request_size=MAX_REQUEST,
        linger_ms=0,
        request_timeout_ms=30_000,
    )


class Intake:
    """Maps batches of the feeds it knows; several batches may be in work at once, of one partition only one."""

    def __init__(
        self,
        cluster: Cluster,
        feeds: Iterable[Feed],
        producer: AIOKafkaProducer,
        mapper: Mapper,
        *,
        heard: Callable[[str, int], None] = lambda _topic, _timestamp: None,
        report: Report = unheard,
        now: Callable[[], int] = wall_ms,
    ) -> None:
        self._cluster, self._producer, self._mapper = cluster, producer, mapper
        self._heard, self._report, self._now = heard, report, now
        self.feeds = {feed.topic: feed for feed in feeds}
        self.newest: dict[str, int] = {}  # label of a feed -> Kafka timestamp of its newest record seen here
        self.counts: Counter[tuple[str, str]] = Counter()  # (label, "mapped" or the reason of a dead letter) -> records

    async def on_batch(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """Return when everything these records mean is acked by the broker; then the range may be acked.

        Raises WorkerMustEnd if the broker did not take it: the records will be read again.
        """
        feed = self.feeds[topic]
        rows: dict[str, list[Row]] = {}
        refused: dict[str, tuple[int, str]] = {}  # reason -> first offset and message of this batch
        for index, record in enumerate(records):
            if index % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            await self._map(feed, partition, record, rows, refused)
        try:
            async with asyncio.timeout(PRODUCE_TIMEOUT):
                await self._produce(rows)
        except (KafkaError, TimeoutError) as error:
            raise WorkerMustEnd(
                f"{topic}-{partition}: expected the broker to take {sum(map(len, rows.values()))} records of intake within "
                f"{PRODUCE_TIMEOUT:.0f} s, got {type(error).__name__}: {error}; they will be read again"
            ) from error
        faultpoints.reach("intake_written")
        self._note(feed, records)
        for reason, (offset, message) in refused.items():  # one of each kind: the others stand in the dead letter
            place = {"topic": topic, "partition": partition, "offset": offset}
            self._report("records_refused", {**place, "reason": reason, "message": message})

    async def _map(
        self,
        feed: Feed,
        partition: int,
        record: Record,
        rows: dict[str, list[Row]],
        refused: dict[str, tuple[int, str]],
    ) -> None:
        try:
            opened = record if feed.opener is None else await feed.opener.open(record)
            mapped = self._mapper.rows(feed, opened, self._now())
        except InvalidRecord as error:
            self.counts[feed.label, error.reason] += 1
            refused.setdefault(error.reason, (record.offset, str(error)))
            letter = self._mapper.letter(feed, partition, record, error)
            rows.setdefault(self._cluster.topic("deadletter"), []).append(letter)
            if isinstance(error, PartlyRefused):
                rows.setdefault(self._cluster.topic(feed.role), []).extend(error.rows)
        else:
            self.counts[feed.label, "mapped"] += 1
            rows.setdefault(self._cluster.topic(feed.role), []).extend(mapped)

    async def _produce(self, rows: dict[str, list[Row]]) -> None:
        sent = [future for topic, of_topic in rows.items() for future in await self._send(topic, of_topic)]
        await asyncio.gather(*sent)

    async def _send(self, topic: str, rows: list[Row]) -> list["asyncio.Future[object]"]:
        by_partition: dict[int, list[Row]] = {}
        for row in rows:
            by_partition.setdefault(row[0], []).append(row)
        sent = []
        for partition, those in by_partition.items():
            sent += await self._send_partition(topic, partition, those)
        return sent

    async def _send_partition(self, topic: str, partition: int, rows: list[Row]) -> list["asyncio.Future[object]"]:
        sent = []
        batch = self._producer.create_batch()
        for _, key, value, headers in rows:
            if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                sent.append(await self._producer.send_batch(batch, topic, partition=partition))
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=headers)  # a first record always fits
        sent.append(await self._producer.send_batch(batch, topic, partition=partition))
        return sent

    def _note(self, feed: Feed, records: Sequence[Record]) -> None:
        if records:
            newest = max(record.timestamp for record in records)
            self.newest[feed.label] = max(newest, self.newest.get(feed.label, newest))
            self._heard(feed.topic, newest)
