"""Foreign records come in through intake, acked before their range is (architecture 6 "Intake")."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from slamon.engine.codec import decode_service, decode_ticket, decode_watermark, is_watermark
from slamon.engine.partitioner import partition_of
from slamon.runtime import silence
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.intake import Intake, intake_producer
from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.runtime.silence import SilenceWatch
from slamon.runtime.topics import create
from slamon.runtime.watermarks import Watermarks, watermark_producer
from slamon.sources import SOURCES
from tests.broker.model import Broker
from tests.broker.topics import create_topics
from tests.integration.reading import everything, write
from tests.runtime.test_intake_mapping import AT, Desk

pytestmark = pytest.mark.integration
PARTITIONS = 3
TOLD: list[tuple[str, Any]] = []


@pytest.fixture
async def cluster(kafka: Broker, kafka_prefix: str) -> KafkaCluster:
    await create(kafka.bootstrap, kafka_prefix, partitions=PARTITIONS)
    await create_topics(kafka.bootstrap, f"{kafka_prefix}desk", partitions=2)
    await create_topics(kafka.bootstrap, f"{kafka_prefix}alerts", partitions=2)
    return KafkaCluster(kafka.bootstrap, kafka_prefix)


@pytest.fixture
def desk(cluster: KafkaCluster) -> Feed:
    return Feed(cluster.topic("desk"), Desk(), name="desk", expect_every_ms=60_000)


@pytest.fixture
def alerts(cluster: KafkaCluster) -> Feed:
    return Feed(cluster.topic("alerts"), SOURCES["alertmanager"], name="alerts")


@pytest.fixture
async def intake(cluster: KafkaCluster, desk: Feed, alerts: Feed) -> AsyncIterator[Intake]:
    producer = intake_producer(cluster)
    await producer.start()
    yield Intake(
        cluster, [desk, alerts], producer, Mapper(PARTITIONS), report=lambda event, fields: TOLD.append((event, fields))
    )
    TOLD.clear()
    await producer.stop()


async def run(intake: Intake, cluster: KafkaCluster, desk: Feed, *records: dict[str, Any]) -> None:
    """What a worker does: read what was written, and hand it to intake."""
    await write(cluster, desk.topic, [{"partition": 0, **record} for record in records])
    await intake.on_batch(
        desk.topic, 0, [each for each in await everything(cluster, desk.topic) if each.partition == 0]
    )


async def test_what_was_mapped_stands_in_the_tickets_topic_when_the_batch_is_done(
    intake: Intake, cluster: KafkaCluster, desk: Feed
) -> None:
    numbers = [f"INC{number}" for number in range(500)]
    await run(intake, cluster, desk, *({"value": orjson.dumps({"number": each})} for each in numbers))
    found = await everything(cluster, cluster.topic("tickets"))
    assert sorted(decode_ticket(each.value, each.headers, each.key, 0).ticket for each in found) == sorted(numbers)
    assert {each.partition for each in found} == set(range(PARTITIONS))
    assert all(each.partition == partition_of(each.key, PARTITIONS) for each in found)
    assert intake.counts == {("desk", "mapped"): 500}


def alert(service: str) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "Down", "service": service},
        "startsAt": "2024-01-05T15:00:00Z",
        "fingerprint": service,
    }


async def test_what_monitors_say_stands_in_the_uptime_topic_under_the_key_of_its_service(
    intake: Intake, cluster: KafkaCluster, alerts: Feed
) -> None:
    names = [f"service-{number}" for number in range(30)]
    await run(intake, cluster, alerts, {"value": orjson.dumps({"alerts": [alert(name) for name in names]})})
    found = await everything(cluster, cluster.topic("uptime"))
    assert sorted(decode_service(each.value, each.headers, each.key, 0).service for each in found) == sorted(names)
    assert all(each.partition == partition_of(each.key, PARTITIONS) for each in found)
    assert await everything(cluster, cluster.topic("tickets")) == []
    assert intake.counts == {("alerts", "mapped"): 1}


async def test_of_a_notification_that_can_be_read_in_part_that_part_counts_and_the_whole_is_a_dead_letter(
    intake: Intake, cluster: KafkaCluster, alerts: Feed
) -> None:
    notification = orjson.dumps({"alerts": [alert("checkout"), {"status": "firing"}]})
    await run(intake, cluster, alerts, {"value": notification})
    (down,) = await everything(cluster, cluster.topic("uptime"))
    assert down.key == b"checkout"
    (letter,) = await everything(cluster, cluster.topic("deadletter"))
    assert (letter.value, dict(letter.headers)["reason"]) == (notification, b"missing_field")
    assert intake.counts == {("alerts", "missing_field"): 1}


async def test_a_bad_record_goes_to_the_dead_letter_and_the_others_go_on(
    intake: Intake, cluster: KafkaCluster, desk: Feed
) -> None:
    await run(
        intake, cluster, desk,
        {"value": b'{"number":"INC1"}'}, {"value": b"<xml/>", "key": b"k", "headers": [("h", b"1")]}, {"value": b'{"number":"INC2"}'},
    )  # fmt: skip
    assert len(await everything(cluster, cluster.topic("tickets"))) == 2
    (letter,) = await everything(cluster, cluster.topic("deadletter"))
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (b"k", b"<xml/>")
    assert (headers["reason"], headers["source_topic"], headers["source_offset"]) == (
        b"not_json",
        desk.topic.encode(),
        b"1",
    )
    assert headers["original.h"] == b"1"


async def test_of_many_refusals_for_one_reason_one_is_told_and_all_are_counted(
    intake: Intake, cluster: KafkaCluster, desk: Feed
) -> None:
    await run(intake, cluster, desk, *({"value": each} for each in (b"<1>", b"<2>", b"{}", b"<3>")))
    assert [(event, fields["reason"], fields["offset"]) for event, fields in TOLD] == [
        ("records_refused", "not_json", 0),
        ("records_refused", "mapping_failed", 2),
    ]
    assert intake.counts == {("desk", "not_json"): 3, ("desk", "mapping_failed"): 1}


async def test_a_batch_larger_than_a_request_is_sent_in_parts(
    intake: Intake, cluster: KafkaCluster, desk: Feed
) -> None:
    pad = "x" * 200_000
    await run(
        intake, cluster, desk, *({"value": b'{"pad":"%s"}' % pad.encode(), "key": b"%d" % each} for each in range(12))
    )
    assert len(await everything(cluster, cluster.topic("deadletter"))) == 12


async def test_what_the_broker_does_not_take_ends_the_worker(intake: Intake, cluster: KafkaCluster, desk: Feed) -> None:
    await run(intake, cluster, desk, {"value": b'{"number":"INC1"}'})
    await intake._producer.stop()
    with pytest.raises(WorkerMustEnd, match=r"expected the broker to take 2 records .* they will be read again"):
        await run(intake, cluster, desk, {"value": b'{"number":"INC2"}'})


async def test_watermarks_stand_in_every_partition_of_the_topic_the_input_feeds(
    cluster: KafkaCluster, desk: Feed, alerts: Feed
) -> None:
    producer = watermark_producer(cluster)
    await producer.start()
    owned: dict[str, dict[tuple[str, int], int | None]] = {
        "tickets": {(desk.topic, 0): AT, (desk.topic, 1): None},
        "uptime": {(alerts.topic, 1): AT + 1},
    }
    proven = {TopicPartition(*each): at for told in owned.values() for each, at in told.items()}
    writer = Watermarks(cluster, [desk, alerts], producer, PARTITIONS, lambda: proven, worker="w-1")
    assert await writer.write() == 2 * PARTITIONS
    proven.clear()
    assert await writer.write() == 0  # whoever owns no input has nothing to say
    await producer.stop()
    for role, inputs in owned.items():
        found = await everything(cluster, cluster.topic(role))
        assert [each.partition for each in found] == list(range(PARTITIONS))
        assert all(is_watermark(record.headers) for record in found)
        told = [decode_watermark(record.value) for record in found]
        assert [(each.worker, each.inputs) for each in told] == [("w-1", inputs)] * PARTITIONS


async def test_every_worker_hears_an_input_whoever_owns_it(cluster: KafkaCluster, desk: Feed) -> None:
    watch = SilenceWatch(cluster, [desk], now=lambda: AT)
    consumer = AIOKafkaConsumer(**cluster.client("test"), enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    await watch.look(consumer)
    assert watch.silence.newest() == {"desk": None}
    await write(cluster, desk.topic, [{"value": b"1", "partition": 1, "timestamp_ms": AT + 5}])
    await watch.look(consumer)
    await consumer.stop()
    assert watch.silence.newest() == {"desk": AT + 5}
    assert watch.silence.silent(AT + 60_006) == {"desk"}


async def test_a_lost_broker_does_not_end_the_watch(desk: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "LOOK_EVERY", 0.01)
    told: list[str] = []
    again = asyncio.Event()

    def report(event: str, _fields: object) -> None:
        told.append(event)
        if len(told) == 2:
            again.set()

    watch = SilenceWatch(KafkaCluster("127.0.0.1:1"), [desk], report=report)
    task = asyncio.create_task(watch.run())
    async with asyncio.timeout(10):
        await again.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert told[:2] == ["inputs_unreadable", "inputs_unreadable"]
