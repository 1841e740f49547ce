"""The policies topic read to its end, by one reader or once: the log of what was published."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError, UnknownTopicOrPartitionError

from slamon.runtime.cluster import Cluster, Report, unheard
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.policy_log import MAX_TEXT, PolicyLog
from slamon.runtime.topics import partition_counts

READ_TIMEOUT = 30.0


def _consumer(cluster: Cluster) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **cluster.client("policies"),
        isolation_level="read_committed",
        auto_offset_reset="none",
        enable_auto_commit=False,
        fetch_max_wait_ms=200,
        max_partition_fetch_bytes=MAX_TEXT + 65_536,
        request_timeout_ms=10_000,
        retry_backoff_ms=50,
    )


class PolicyReader:
    """One partition of one topic, read to its end again and again."""

    def __init__(self, cluster: Cluster, report: Report) -> None:
        self.log = PolicyLog()
        self._partition = TopicPartition(cluster.topic("policies"), 0)
        self._cluster, self._report = cluster, report
        self._consumer: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Raises UnknownTopicOrPartitionError with a sentence when there is no such topic."""
        topic = self._partition.topic
        if topic not in await partition_counts(self._cluster):
            raise UnknownTopicOrPartitionError(f"topic {topic} does not exist (hint: `slamon topics create` makes it)")
        self._consumer = _consumer(self._cluster)
        await self._consumer.start()
        self._consumer.assign([self._partition])
        await self._consumer.seek_to_beginning(self._partition)

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def look(self) -> int:
        """How many records were new; on return everything committed before the call has been read.

        Raises WorkerMustEnd when the topic is not the one that was read before.
        """
        if self._consumer is None:
            raise RuntimeError("expected start() before look()")
        taken, consumer = 0, self._consumer
        async with asyncio.timeout(READ_TIMEOUT):
            end = (await consumer.end_offsets([self._partition]))[self._partition]
            if await consumer.position(self._partition) > end:
                raise self._recreated()
            while await consumer.position(self._partition) < end:
                taken += await self._read(consumer)
        return taken

    async def _read(self, consumer: AIOKafkaConsumer) -> int:
        try:
            batches = await consumer.getmany(self._partition, timeout_ms=200)
        except OffsetOutOfRangeError as error:
            raise self._recreated() from error
        records = batches.get(self._partition, [])
        for record in records:
            self._take(record.offset, record.key, record.value)
        return len(records)

    def _recreated(self) -> WorkerMustEnd:
        return WorkerMustEnd(
            f"{self._partition.topic}: expected to read on where reading ended, but the topic holds less than was read: "
            "it was re-created or cut off (hint: start again; the versions in force are those it holds now)"
        )

    def _take(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        if trouble := self.log.take(key, value):
            self._report("policy_record_skipped", {"offset": offset, "reason": trouble})


async def read_log(cluster: Cluster, report: Report = unheard) -> PolicyLog:
    """Everything committed in the topic at this moment."""
    reader = PolicyReader(cluster, report)
    try:
        await reader.start()
        await reader.look()
        return reader.log
    finally:
        await reader.stop()
