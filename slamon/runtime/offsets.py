"""Looks at topics without being a member of any group: ends, beginnings, single records."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from slamon.runtime.settings import RuntimeSettings

ASK_TIMEOUT = 10.0


class Offsets:
    """Asks brokers. Ends are last stable offsets, as far as every reader here gets; or with `unread` those of all records."""

    def __init__(self, settings: RuntimeSettings, *, unread: bool = False) -> None:
        self._settings = settings
        self._isolation = "read_uncommitted" if unread else "read_committed"
        self._consumer: AIOKafkaConsumer | None = None

    def _new_consumer(self, name: str, **more: Any) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **self._settings.client(name),
            isolation_level=self._isolation,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            retry_backoff_ms=20,
            **more,
        )

    async def start(self) -> None:
        self._consumer = self._new_consumer(f"offsets-{self._isolation}")
        await self._consumer.start()

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    @property
    def consumer(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("Offsets: expected start() before the first question")
        return self._consumer

    async def ends(
        self, partitions: Collection[TopicPartition], timeout: float = ASK_TIMEOUT
    ) -> Mapping[TopicPartition, int]:
        """The end of each, in one request per broker; raises TimeoutError."""
        async with asyncio.timeout(timeout):
            return await self.consumer.end_offsets(list(partitions))

    async def beginnings(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The first offset each still holds."""
        async with asyncio.timeout(ASK_TIMEOUT):
            return await self.consumer.beginning_offsets(list(partitions))

    async def record_at(self, partition: TopicPartition, offset: int) -> ConsumerRecord | None:
        """The record at this very offset; None if there is none any more (compacted, expired, or the offset of a marker)."""
        reader = self._new_consumer(f"look-{partition.partition}")
        await reader.start()
        try:
            reader.assign([partition])
            reader.seek(partition, offset)
            async with asyncio.timeout(ASK_TIMEOUT):
                while await reader.position(partition) <= offset:
                    for record in (await reader.getmany(partition, timeout_ms=200, max_records=1)).get(partition, []):
                        return record if record.offset == offset else None
            return None
        finally:
            await reader.stop()
