"""The limit: reads records with aiokafka and writes each of them again, and does nothing else.

python -m benchmarks.throughput_raw BOOTSTRAP SOURCE TARGET GROUP PARTITION ...
"""

import asyncio
import sys
import time
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

COMMIT_EVERY = 0.1
BATCH = 900_000


async def main(bootstrap: str, source: str, target: str, group: str, *numbers: str) -> None:
    """Until it is ended."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=BATCH)
    await consumer.start()
    await producer.start()
    consumer.assign([TopicPartition(source, int(number)) for number in numbers])
    waiting: list[Any] = []
    committed = time.monotonic()
    while True:
        found = await consumer.getmany(timeout_ms=100, max_records=16_000)
        positions = {part: records[-1].offset + 1 for part, records in found.items()}
        sent = [
            one for part, records in found.items() for one in await _write(producer, target, part.partition, records)
        ]
        for future in waiting:
            await future
        waiting = sent  # acked while the next ones are read
        if (positions and time.monotonic() - committed > COMMIT_EVERY) or not found:
            for future in waiting:
                await future
            waiting, committed = [], time.monotonic()
            await consumer.commit()


async def _write(producer: AIOKafkaProducer, target: str, number: int, records: list[Any]) -> list[Any]:
    sent, batch = [], producer.create_batch()
    for record in records:
        if batch.append(key=record.key, value=record.value, timestamp=None) is None:
            sent.append(await producer.send_batch(batch, target, partition=number))
            batch = producer.create_batch()
            batch.append(key=record.key, value=record.value, timestamp=None)
    sent.append(await producer.send_batch(batch, target, partition=number))
    return sent


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
