"""What lies in the sources: transactions of others, topics made anew, watermarks, more than fits (architecture.md 3, semantics 4.4)."""

import asyncio
import json
import signal
import time

import pytest
from aiokafka import AIOKafkaProducer

from tests.broker import Broker
from tests.runtime.cluster import create_topics, feed, make_again, read, send_in_transaction
from tests.runtime.fixtures import Start, start

__all__ = ["start"]

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


async def test_aborted_records_are_never_seen_and_a_marker_at_the_end_holds_nothing_up(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, 1)
    due = int(time.time() * 1000) + 1500
    tickets = kafka_prefix + "tickets"
    await send_in_transaction(kafka.bootstrap, tickets, [{"id": 1, "due": due}], commit=True)
    await send_in_transaction(kafka.bootstrap, tickets, [{"id": 2}, {"id": 3}], commit=False)
    start(partitions=1)
    fired = await read(kafka.bootstrap, kafka_prefix + "breaches", 1, lambda lines: len(lines) >= 1)
    assert [line["due"] for line in fired] == [due]
    seen = await read(kafka.bootstrap, kafka_prefix + "outcomes", 1, lambda lines: len(lines) >= 1)
    assert [line["id"] for line in seen] == [1]


async def test_a_source_that_was_deleted_and_made_again_stops_the_worker_with_a_sentence(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, 1)
    worker = start(partitions=1)
    await feed(kafka.bootstrap, kafka_prefix, range(20), 1)
    await read(kafka.bootstrap, kafka_prefix + "outcomes", 1, lambda lines: len(lines) >= 20)
    worker.send(signal.SIGTERM)
    assert worker.ended() == 0
    await make_again(kafka.bootstrap, kafka_prefix + "tickets", 1)
    await feed(kafka.bootstrap, kafka_prefix, range(100, 140), 1)
    again = start(partitions=1)
    assert await asyncio.to_thread(again.ended) == 1
    assert "deleted and made again" in again.log


async def test_with_the_records_clock_timers_follow_the_watermarks_alone(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, 1)
    start(partitions=1, records_clock=True)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()

    async def put(told: dict[str, int]) -> None:
        await producer.send_and_wait(kafka_prefix + "tickets", key=b"T-1", value=json.dumps(told).encode(), partition=0)

    await put({"id": 1, "due": 5000})
    await put({"time": 5000})
    none = await read(kafka.bootstrap, kafka_prefix + "breaches", 1, bool, seconds=4)
    await put({"time": 5001})
    fired = await read(kafka.bootstrap, kafka_prefix + "breaches", 1, bool)
    await producer.stop()
    assert (none, [line["due"] for line in fired]) == ([], [5000])


async def test_more_than_an_inbox_holds_waits_in_kafka_and_comes_in_its_order(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, 4)
    await feed(kafka.bootstrap, kafka_prefix, range(8000), 4)
    start(inbox_records=50, unit_records=20)
    seen = await read(kafka.bootstrap, kafka_prefix + "outcomes", 4, lambda lines: len(lines) >= 8000, seconds=60)
    assert sorted(line["id"] for line in seen) == list(range(8000))
    by_partition = [[line["id"] for line in seen if line["p"] == number] for number in range(4)]
    assert all(ids == sorted(ids) for ids in by_partition)
