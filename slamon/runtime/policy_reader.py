"""The policies topic read to its end, by one reader or once: the log of what was published."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from slamon.runtime.cluster import Cluster, Report, unheard
from slamon.runtime.policy_log import MAX_TEXT, PolicyLog

READ_TIMEOUT = 30.0


def _consumer(cluster: Cluster) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **cluster.client("policies"),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
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
        consumer = _consumer(self._cluster)
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        consumer.assign([self._partition])
        self._consumer = consumer

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def look(self) -> int:
        """How many records were new; on return everything committed before the call has been read."""
        if self._consumer is None:
            raise RuntimeError("expected start() before look()")
        taken, consumer = 0, self._consumer
        async with asyncio.timeout(READ_TIMEOUT):
            end = (await consumer.end_offsets([self._partition]))[self._partition]
            while await consumer.position(self._partition) < end:
                batches = await consumer.getmany(self._partition, timeout_ms=200)
                for record in batches.get(self._partition, []):
                    taken += 1
                    self._take(record.offset, record.key, record.value)
        return taken

    def _take(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        if trouble := self.log.take(key, value):
            self._report("policy_record_skipped", {"offset": offset, "reason": trouble})


async def read_log(cluster: Cluster, report: Report = unheard) -> PolicyLog:
    """Everything committed in the topic at this moment."""
    reader = PolicyReader(cluster, report)
    await reader.start()
    try:
        await reader.look()
        return reader.log
    finally:
        await reader.stop()
