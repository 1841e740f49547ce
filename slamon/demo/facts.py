"""Reads the facts topics as any consumer of slamon should: `read_committed`, so that what was taken back is never seen."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer

from slamon.demo.fact import Fact, read
from slamon.runtime.cluster import Cluster

TOPICS = ("warnings", "breaches", "outcomes")
BATCH, WAIT_MS = 200, 200


async def facts(cluster: Cluster) -> AsyncIterator[list[Fact]]:
    """Every fact from the beginning on, as they come, in batches that may be empty; without end."""
    consumer = AIOKafkaConsumer(
        *(cluster.topic(role) for role in TOPICS),
        **cluster.client("demo"),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=WAIT_MS,
    )
    await consumer.start()
    try:
        while True:
            batches = await consumer.getmany(timeout_ms=WAIT_MS, max_records=BATCH)
            found = [read(record.value, record.headers) for batch in batches.values() for record in batch]
            yield sorted(found, key=lambda fact: fact.at)
    finally:
        await consumer.stop()
