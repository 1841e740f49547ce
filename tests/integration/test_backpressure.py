"""Input faster than slamon, and a broker that is slow to take what slamon writes: memory is bounded, nothing is dropped, time goes on."""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.broker import Broker
from tests.chaos.answers import PRODUCE
from tests.integration.relay import Relay, relay
from tests.runtime.cluster import WorkerProcess, create_topics, read
from tests.runtime.fixtures import Start, start

__all__ = ["relay", "start"]

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
ONE = 1
POLL = 8_000  # records of one fetch, which comes in whole
FETCH = 4 << 20  # bytes of it, for each partition
MIB = 1 << 20


class Held(NamedTuple):
    """What a worker held at one instant (tests.runtime.breaking)."""

    at: int
    records: int
    bytes: int
    lag: int
    resident: int


def told(worker: WorkerProcess) -> list[Held]:
    lines = [line.split() for line in worker.log.splitlines() if line.startswith("held ")]
    return [Held(*map(int, line[1:])) for line in lines if len(line) == 6]


async def feed(
    bootstrap: str, topic: str, ids: range, *, due_in_ms: int | None = None, size: int = 0, pace: float = 0
) -> None:
    """One record for each id, each of its own ticket; a hundred each `pace` seconds."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5, max_request_size=MIB)
    await producer.start()
    sent = []
    for number in ids:
        due = None if due_in_ms is None else int(time.time() * 1000) + due_in_ms
        value = json.dumps({"id": number, "due": due, "filling": "x" * size}).encode()
        sent.append(await producer.send(topic, key=b"T-%d" % number, value=value, partition=0))
        if number % 100 == 0:
            await asyncio.sleep(pace)
    await asyncio.gather(*sent)
    await producer.stop()


async def outcomes(kafka: Broker, prefix: str, count: int, seconds: float = 120) -> Counter[int]:
    seen = await read(kafka.bootstrap, prefix + "outcomes", ONE, lambda lines: len(lines) >= count, seconds)
    return Counter(line["id"] for line in seen)


async def entered(worker: WorkerProcess, words: str = "partition_entered") -> None:
    assert await asyncio.to_thread(worker.said, words, ONE, 60), worker.log


async def test_a_backlog_larger_than_the_inbox_is_read_piece_by_piece_while_deadlines_fire(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    count = 20_000
    await create_topics(kafka.bootstrap, kafka_prefix, ONE)
    worker = start(partitions=ONE, breaks="commits_are_slow", inbox_records=1_000, unit_records=300)
    await entered(worker)
    await asyncio.sleep(1)
    await feed(kafka.bootstrap, kafka_prefix + "tickets", range(count), due_in_ms=1_000, pace=0.02)
    assert await outcomes(kafka, kafka_prefix, count) == Counter(range(count))
    held = told(worker)
    assert max(each.lag for each in held) > 2_000  # it was slower than its input, and says so
    assert max(each.records for each in held) <= 1_000 + POLL
    level = next(each.at for each in reversed(held) if each.lag > 1_000)
    fired = await read(kafka.bootstrap, kafka_prefix + "breaches", ONE, lambda lines: len(lines) >= count)
    assert Counter(line["key"] for line in fired) == Counter(f"T-{number}" for number in range(count))
    assert all(line["seen"] >= line["due"] for line in fired)
    meanwhile = [line for line in fired if line["seen"] < level]
    assert len(meanwhile) > count // 4  # not all of them at the end of the backlog


async def test_large_records_fill_an_inbox_by_their_bytes(kafka: Broker, kafka_prefix: str, start: Start) -> None:
    count, size = 1_500, 50_000  # 75 MB
    await create_topics(kafka.bootstrap, kafka_prefix, ONE)
    worker = start(partitions=ONE, breaks="commits_are_slow", inbox_bytes=2 * MIB, unit_records=50)
    await entered(worker)
    await asyncio.sleep(1)
    before = told(worker)[-1].resident
    await feed(kafka.bootstrap, kafka_prefix + "tickets", range(count), size=size)
    assert await outcomes(kafka, kafka_prefix, count) == Counter(range(count))
    held = told(worker)
    assert max(each.bytes for each in held) <= 2 * MIB + 2 * FETCH
    assert max(each.resident for each in held) - before < 60 * MIB
    assert max(each.lag for each in held) > count // 4


@pytest.fixture
async def jira(kafka: Broker, kafka_prefix: str) -> str:
    """An input of one partition."""
    await create_topics(kafka.bootstrap, kafka_prefix, ONE)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(kafka_prefix + "jira", 1, 1)])
    await admin.close()
    await asyncio.sleep(1)
    return kafka_prefix + "jira"


async def test_an_intake_that_is_slow_lets_its_input_wait_in_kafka(kafka: Broker, jira: str, start: Start) -> None:
    count, size = 1_500, 20_000  # 30 MB
    worker = start(partitions=ONE, breaks="intake_is_slow", inputs=[jira])
    await entered(worker)
    await feed(kafka.bootstrap, jira, range(count), size=size)
    assert await asyncio.to_thread(worker.said, f'"id": {count - 1},', 1, 120)
    await asyncio.sleep(1)
    taken = [line for line in worker.log.splitlines() if line.startswith(f"took {jira}")]
    ids = [int(part.split(",")[0]) for line in taken for part in line.split('{"id": ')[1:]]
    assert ids == list(range(count))  # in order, none twice
    held = told(worker)
    assert (
        max(each.bytes for each in held) <= 6 * FETCH
    )  # four batches that wait, and those that came with the last of them
    assert max(each.lag for each in held) > count // 4


async def test_a_broker_that_is_slow_to_take_facts_makes_the_input_wait_and_nothing_is_dropped(
    kafka: Broker, kafka_prefix: str, relay: Relay, tmp_path: Path
) -> None:
    count = 6_000
    await create_topics(kafka.bootstrap, kafka_prefix, ONE)
    worker = WorkerProcess(
        relay.bootstrap,
        kafka_prefix,
        tmp_path / "one",
        ONE,
        breaks="nothing_breaks",
        inbox_records=500,
        unit_records=300,
    )
    try:
        await entered(worker)
        relay.late = {PRODUCE: 0.4}
        await feed(kafka.bootstrap, kafka_prefix + "tickets", range(count), due_in_ms=500, pace=0.01)
        assert await outcomes(kafka, kafka_prefix, count) == Counter(range(count))
        fired = await read(kafka.bootstrap, kafka_prefix + "breaches", ONE, lambda lines: len(lines) >= count)
        assert Counter(line["key"] for line in fired) == Counter(f"T-{number}" for number in range(count))
        assert worker.running
        held = told(worker)
        assert max(each.lag for each in held) > 500
        assert max(each.records for each in held) <= 500 + POLL
    finally:
        worker.kill()
