"""Posted records on a real broker: acked means there, and one that is refused for good spoils none that follow."""

import pytest
from aiokafka.admin import NewTopic

from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.raw_producer import NotTaken, RawProducer, RawRecord, TooLargeForTopic
from slamon.runtime.topics import admin_client
from tests.broker.model import Broker
from tests.integration.reading import everything

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

NOW = 1_704_455_100_000


def record(topic: str, value: bytes) -> RawRecord:
    return RawRecord(topic, b"T-1", value, [("content-type", b"application/json")], NOW)


async def test_a_record_too_large_for_its_topic_is_refused_alone(kafka: Broker, kafka_prefix: str) -> None:
    topic = f"{kafka_prefix}posts"
    admin = admin_client(kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "1024"})])
    await admin.close()
    cluster = KafkaCluster(kafka.bootstrap, kafka_prefix)
    producer = RawProducer(cluster, 1024 * 1024)
    await producer.open()
    try:
        await producer.put(record(topic, b"1"))
        with pytest.raises(TooLargeForTopic):
            await producer.put(record(topic, b"x" * 5000))
        await producer.put(record(topic, b"2"))
    finally:
        await producer.close()
    found = await everything(cluster, topic)
    assert [(each.value, each.key, each.timestamp, each.headers) for each in found] == [
        (value, b"T-1", NOW, (("content-type", b"application/json"),)) for value in (b"1", b"2")
    ]


async def test_a_topic_that_is_not_there_takes_nothing(kafka: Broker, kafka_prefix: str) -> None:
    producer = RawProducer(KafkaCluster(kafka.bootstrap, kafka_prefix), 1024, seconds=2)
    await producer.open()
    with pytest.raises(NotTaken):
        await producer.put(record(f"{kafka_prefix}nowhere", b"1"))
    await producer.close()
