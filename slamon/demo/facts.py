"""Reads the facts topics as any consumer of slamon should: `read_committed`, so that what was taken back is never seen."""

import asyncio
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer

from slamon.demo.fact import Fact, read
from slamon.runtime.cluster import Cluster

TOPICS = ("warnings", "breaches", "outcomes")
BATCH, LOOK_MS = 500, 20
REST = 0.15


async def facts(cluster: Cluster) -> AsyncIterator[list[Fact]]:
    """Every fact from the beginning on, as they come, in batches; without end."""
    consumer = AIOKafkaConsumer(
        *(cluster.topic(role) for role in TOPICS),
        **cluster.client("demo"),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        while True:
            batches = await consumer.getmany(timeout_ms=LOOK_MS, max_records=BATCH)
            if batches:
                found = [read(record.value, record.headers) for batch in batches.values() for record in batch]
                yield sorted(found, key=lambda fact: fact.shown_at)
            else:
                await _rest(consumer)
    finally:
        await consumer.stop()


async def _rest(consumer: AIOKafkaConsumer) -> None:
    """Ask for nothing for a moment: noida-db answers an empty fetch at once, whatever `fetch.max.wait.ms` says."""
    partitions = consumer.assignment()
    consumer.pause(*partitions)
    await asyncio.sleep(REST)
    consumer.resume(*partitions)
