"""Topics that change under a worker: it ends with a sentence, or reads on so that nothing is lost (architecture.md 3, 6)."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete

from tests.broker import Broker
from tests.runtime.cluster import create_topics, feed, make_again
from tests.runtime.fixtures import Start, start

__all__ = ["start"]

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
N = 2


class Admin:
    """One connection a question."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def __aenter__(self) -> AIOKafkaAdminClient:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await self._admin.start()
        return self._admin

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()


async def said(worker: Any, words: str, times: int = 1) -> None:
    assert await asyncio.to_thread(worker.said, words, times, 60), worker.log


async def ended(worker: Any, *words: str) -> None:
    assert await asyncio.to_thread(worker.ended, 60) == 1, worker.log
    assert "worker_must_end" in worker.log
    assert all(word in worker.log for word in words), worker.log


async def send(bootstrap: str, topic: str, *values: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    for value in values:
        await producer.send_and_wait(topic, value.encode(), partition=0)
    await producer.stop()


async def test_a_source_that_is_made_again_while_it_is_read_ends_the_worker(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    worker = start(partitions=N)
    await said(worker, "partition_entered", N)
    await feed(kafka.bootstrap, kafka_prefix, range(200), N)
    await asyncio.sleep(3)
    await make_again(kafka.bootstrap, kafka_prefix + "tickets", N)
    await feed(kafka.bootstrap, kafka_prefix, range(20), N)
    await ended(worker, f"{kafka_prefix}tickets")


async def test_a_source_that_grows_ends_the_worker(kafka: Broker, kafka_prefix: str, start: Start) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    worker = start(partitions=N, stamp_every=2.0)
    await said(worker, "partition_entered", N)
    async with Admin(kafka.bootstrap) as admin:
        await admin.create_partitions({kafka_prefix + "tickets": NewPartitions(N + 1)})
    await ended(worker, f"{kafka_prefix}tickets has {N + 1}", "the number of a group never changes")


async def test_a_topic_that_is_deleted_ends_the_worker(kafka: Broker, kafka_prefix: str, start: Start) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    worker = start(partitions=N, stamp_every=2.0)
    await said(worker, "partition_entered", N)
    async with Admin(kafka.bootstrap) as admin:
        await admin.delete_topics([kafka_prefix + "warnings"])
    await ended(worker, f"{kafka_prefix}warnings is missing")


@pytest.fixture
async def jira(kafka: Broker, kafka_prefix: str) -> str:
    """An input of one partition."""
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    async with Admin(kafka.bootstrap) as admin:
        await admin.create_topics([NewTopic(kafka_prefix + "jira", 1, 1)])
    await asyncio.sleep(1)
    return kafka_prefix + "jira"


async def test_an_input_that_grows_ends_the_worker_so_that_the_next_start_reads_it_whole(
    kafka: Broker, jira: str, start: Start
) -> None:
    worker = start(partitions=N, stamp_every=2.0, inputs=[jira])
    await said(worker, "partition_entered", N)
    async with Admin(kafka.bootstrap) as admin:
        await admin.create_partitions({jira: NewPartitions(3)})
    await ended(worker, f"{jira} has 3 instead of 1")


async def commit(bootstrap: str, group: str, topic: str, offset: int) -> None:
    """For partition 0, as a tool does that carries group offsets from one cluster to another."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.commit({TopicPartition(topic, 0): offset})
    await consumer.stop()


async def test_an_input_whose_group_offset_lies_beyond_its_end_is_read_from_its_beginning(
    kafka: Broker, kafka_prefix: str, jira: str, start: Start
) -> None:
    """Up to that offset its records would be taken for known."""
    await commit(kafka.bootstrap, kafka_prefix.rstrip("."), jira, 50)
    await send(kafka.bootstrap, jira, "new0", "new1")
    again = start("two", partitions=N, inputs=[jira])
    await said(again, "new0 new1.")
    await said(again, "input_made_again")
    await send(kafka.bootstrap, jira, "new2")
    await said(again, "new2.")
    await asyncio.sleep(2)
    again.kill()
    third = start("three", partitions=N, inputs=[jira])
    await said(third, "partition_entered", N)
    await send(kafka.bootstrap, jira, "new3")
    await said(third, f"took {jira}: new3.")  # the group's offset went back with it
    assert "input_made_again" not in third.log


async def test_records_of_an_input_that_kafka_deleted_unread_are_told(kafka: Broker, jira: str, start: Start) -> None:
    await send(kafka.bootstrap, jira, "r0", "r1")
    worker = start(partitions=N, inputs=[jira])
    await said(worker, "r1.")
    await asyncio.sleep(2)
    worker.kill()
    await send(kafka.bootstrap, jira, *(f"r{number}" for number in range(2, 9)))
    async with Admin(kafka.bootstrap) as admin:
        await admin.delete_records({TopicPartition(jira, 0): RecordsToDelete(before_offset=7)})
    again = start("two", partitions=N, inputs=[jira])
    await said(again, "r7 r8.")
    await said(again, f"gap {jira}[0]: 5")
    assert "source_gap" in again.log
