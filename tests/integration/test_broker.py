"""The broker of the tests keeps what slamon builds on: order, transactions and fencing (architecture 3)."""

import asyncio
import os

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from tests.broker.model import Broker
from tests.broker.topics import create_topics

pytestmark = pytest.mark.integration


def producer(kafka: Broker, transactional_id: str | None = None) -> AIOKafkaProducer:
    return AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=transactional_id, retry_backoff_ms=10)


async def values(kafka: Broker, topic: str, isolation_level: str) -> list[bytes]:
    """All values of partition 0 up to the end read first, in order; the end may be a transaction's marker."""
    partition = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, isolation_level=isolation_level)
    await consumer.start()
    try:
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        return [value async for value in _until(consumer, partition, end)]
    finally:
        await consumer.stop()


async def _until(consumer, partition, end):
    async with asyncio.timeout(20):
        while await consumer.position(partition) < end:
            for record in (await consumer.getmany(partition, timeout_ms=200)).get(partition, ()):
                yield record.value


async def test_a_reader_gets_what_was_written_in_the_order_of_writing(kafka: Broker, kafka_prefix: str) -> None:
    topic = kafka_prefix + "order"
    await create_topics(kafka.bootstrap, topic)
    async with producer(kafka) as writer:
        for number in range(50):
            await writer.send(topic, b"%d" % number, partition=0)
    assert await values(kafka, topic, "read_uncommitted") == [b"%d" % number for number in range(50)]


async def test_every_record_of_one_batch_counts_for_the_end_offset(kafka: Broker, kafka_prefix: str) -> None:
    topic = kafka_prefix + "batch"
    await create_topics(kafka.bootstrap, topic)
    async with producer(kafka) as writer:
        batch = writer.create_batch()
        for number in range(7):
            batch.append(key=None, value=b"%d" % number, timestamp=None)
        await (await writer.send_batch(batch, topic, partition=0))
        consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap)
        async with consumer:
            assert await consumer.end_offsets([TopicPartition(topic, 0)]) == {TopicPartition(topic, 0): 7}


async def frozen_with_an_open_transaction(kafka: Broker, transactional_id: str, topic: str) -> AIOKafkaProducer:
    """A producer that committed one record and left another in an open transaction, as a frozen worker would."""
    frozen = producer(kafka, transactional_id)
    await frozen.start()
    async with frozen.transaction():
        await frozen.send_and_wait(topic, b"committed", partition=0)
    await frozen.begin_transaction()
    await frozen.send_and_wait(topic, b"left open", partition=0)
    return frozen


async def stop_fenced(frozen: AIOKafkaProducer) -> None:
    try:
        await asyncio.wait_for(frozen.stop(), 5)
    except (KafkaError, TimeoutError):
        pass  # it has nothing left that the broker would take


@pytest.mark.needs_real_kafka
async def test_a_second_producer_of_the_same_id_fences_the_first(kafka: Broker, kafka_prefix: str) -> None:
    topic = kafka_prefix + "fenced"
    await create_topics(kafka.bootstrap, topic)
    frozen = await frozen_with_an_open_transaction(kafka, topic, topic)
    async with producer(kafka, topic) as successor:
        with pytest.raises(ProducerFenced):
            await frozen.send_and_wait(topic, b"after waking", partition=0)
            await frozen.commit_transaction()
        async with successor.transaction():
            await successor.send_and_wait(topic, b"successor", partition=0)
    await stop_fenced(frozen)
    assert await values(kafka, topic, "read_committed") == [b"committed", b"successor"]
    assert await values(kafka, topic, "read_uncommitted") == [b"committed", b"left open", b"successor"]


@pytest.mark.skipif(not os.environ.get("CI"), reason="only a CI run must have a real Kafka (set CI=true)")
def test_a_ci_run_has_a_real_kafka(kafka: Broker) -> None:
    assert kafka.real, str(kafka)
