"""The topics of a run: made, counted, deleted."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.throughput_load import PARTITIONS

LIMIT = 20.0
PLACES, SAMPLE = 25, 1_000


async def make(bootstrap: str, *names: str) -> None:
    """Return when the broker shows them; the default of one replica."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
        async with asyncio.timeout(LIMIT):
            while not {*names} <= {*await admin.list_topics()}:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    finally:
        await admin.close()
    await asyncio.sleep(1)  # until they have leaders


async def forget(bootstrap: str, *prefixes: str) -> None:
    """Delete the topics whose names begin so; return when they are gone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(LIMIT):
            while names := [name for name in await admin.list_topics() if name.startswith(prefixes)]:
                await admin.delete_topics(names)
                await asyncio.sleep(0.5)
    finally:
        await admin.close()


async def written(bootstrap: str, topic: str) -> tuple[int, float]:
    """Records and markers of the topic, and the mean bytes (keys and values) of records from all over it."""
    parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await reader.start()
    try:
        reader.assign(parts)
        ends = await reader.end_offsets(parts)
        sizes: list[int] = []
        for place in range(PLACES):
            for part in parts:
                reader.seek(part, ends[part] * place // PLACES)
            found = await reader.getmany(timeout_ms=2000, max_records=SAMPLE)
            sizes += [len(one.key or b"") + len(one.value or b"") for records in found.values() for one in records]
    finally:
        await reader.stop()
    return sum(ends.values()), sum(sizes) / max(1, len(sizes))


async def counted(bootstrap: str, topic: str, words: tuple[bytes, ...]) -> tuple[int, int]:
    """Records with one of the words that a read_committed reader sees, and how many keys they have."""
    parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    count, keys = 0, set[bytes | None]()
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 << 20,
    )  # fmt: skip
    await reader.start()
    try:
        reader.assign(parts)
        ends = await reader.end_offsets(parts)
        while any([await reader.position(part) < ends[part] for part in parts]):
            for found in (await reader.getmany(timeout_ms=500)).values():
                wanted = [one.key for one in found if one.value and any(word in one.value for word in words)]
                count += len(wanted)
                keys.update(wanted)
    finally:
        await reader.stop()
    return count, len(keys)
