"""What stands in a topic, and writing to it, for tests."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topics import partition_counts


async def everything(cluster: KafkaCluster, topic: str) -> list[ConsumerRecord]:
    """Every committed record of the topic, partition by partition."""
    consumer = AIOKafkaConsumer(
        **cluster.client("test"),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        count = (await partition_counts(cluster))[topic]
        partitions = [TopicPartition(topic, number) for number in range(count)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[ConsumerRecord] = []
        while [each for each in partitions if await consumer.position(each) < ends[each]]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()


async def write(cluster: KafkaCluster, topic: str, records: Sequence[dict[str, Any]]) -> None:
    """Each record as the arguments of `send`."""
    producer = AIOKafkaProducer(**cluster.client("test"))
    await producer.start()
    try:
        for record in records:
            await producer.send_and_wait(topic, **record)
    finally:
        await producer.stop()
