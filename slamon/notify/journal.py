"""The topic `pages`: every incident as it is now, so that whoever takes a partition over knows which pages are open."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from slamon.notify.incident import Incident, incident_of, to_json
from slamon.runtime.cluster import Cluster
from slamon.runtime.errors import WorkerMustEnd, in_words
from slamon.runtime.topic_specs import FACTS, PAGES, PAGES_SPEC

READ_TIMEOUT = 60.0
MAX_RECORD = 2 * 1024 * 1024

log = structlog.get_logger(__name__)


class Journal:
    """Keeps incidents under their clock, in the partition their facts stand in."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._topic = cluster.topic(PAGES)
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        """Makes the topic if it is missing; raises WorkerMustEnd if it cannot be had."""
        await have_topic(self._cluster)
        producer = AIOKafkaProducer(
            **self._cluster.client("pages"), enable_idempotence=True, acks="all", max_request_size=MAX_RECORD
        )
        await producer.start()
        self._producer = producer

    async def close(self) -> None:
        """Sends what is on its way."""
        if self._producer is not None:
            await self._producer.stop()

    async def keep(self, partition: int, incident: Incident) -> None:
        """Returns once the broker has it; of two calls for a clock the later one counts."""
        await self._put(partition, incident.clock_id, orjson.dumps(to_json(incident)))

    async def forget(self, partition: int, clock_id: str) -> None:
        """Nothing is known of this clock any more."""
        await self._put(partition, clock_id, None)

    async def _put(self, partition: int, clock_id: str, value: bytes | None) -> None:
        assert self._producer is not None, "open() comes before"
        await self._producer.send_and_wait(self._topic, value, key=clock_id.encode(), partition=partition)

    async def read(self, partitions: set[int]) -> list[tuple[int, Incident]]:
        """The incidents of these partitions as they were kept last."""
        consumer = AIOKafkaConsumer(
            **self._cluster.client("pages"),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                return [entry for number in sorted(partitions) for entry in await self._read(consumer, number)]
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, number: int) -> list[tuple[int, Incident]]:
        partition = TopicPartition(self._topic, number)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        await consumer.seek_to_beginning(partition)
        kept: dict[bytes, bytes | None] = {}
        while await consumer.position(partition) < end:
            for record in (await consumer.getmany(partition, timeout_ms=200)).get(partition, ()):
                kept[record.key or b""] = record.value
        return [(number, incident) for incident in _readable(kept)]


def _readable(kept: Mapping[bytes, bytes | None]) -> Iterator[Incident]:
    """What cannot be read is said and left out: its pages may have to be closed by hand."""
    for key, value in kept.items():
        if value is None:
            continue
        try:
            yield incident_of(orjson.loads(value))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.error("page_record_skipped", clock_id=key.decode("utf-8", "replace"), error=type(error).__name__)


async def have_topic(cluster: Cluster) -> None:
    """The topic is there, with the partitions and copies of `warnings`; raises WorkerMustEnd with what is missing."""
    admin = AIOKafkaAdminClient(**cluster.client("notify-topics"))
    try:
        await admin.start()
        there = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
        _check(cluster, {name: len(partitions) for name, partitions in there.items()})
        if cluster.topic(PAGES) not in there:
            await _make(admin, cluster, there[cluster.topic("warnings")])
    except KafkaError as error:
        servers = ",".join(cluster.client("notify")["bootstrap_servers"])
        raise WorkerMustEnd(
            f"{servers}: expected a Kafka broker, got {in_words(error)} (hint: `slamon doctor` says what is wrong)"
        ) from error
    finally:
        await admin.close()


def _check(cluster: Cluster, counts: Mapping[str, int]) -> None:
    """Partition p of each topic tells of the same clocks, so that one reader has to have it of all."""
    facts = [cluster.topic(role) for role in FACTS]
    missing = [topic for topic in facts if topic not in counts]
    if missing:
        raise WorkerMustEnd(
            f"expected the topics {', '.join(facts)}, got none of {', '.join(missing)} (hint: `slamon topics create`)"
        )
    wanted = {topic: counts[topic] for topic in [*facts, cluster.topic(PAGES)] if topic in counts}
    if len(set(wanted.values())) > 1:
        said = ", ".join(f"{topic} has {number}" for topic, number in wanted.items())
        raise WorkerMustEnd(
            f"expected topics of equally many partitions, got: {said} (hint: `slamon doctor --for notify`)"
        )


async def _make(admin: AIOKafkaAdminClient, cluster: Cluster, like: list[dict[str, Any]]) -> None:
    name, copies = cluster.topic(PAGES), len(like[0]["replicas"])
    configs = PAGES_SPEC.all_configs()
    if copies >= 3:
        configs["min.insync.replicas"] = "2"
    answer = await admin.create_topics([NewTopic(name, len(like), copies, topic_configs=configs)])
    for _topic, code, *_more in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise WorkerMustEnd(
                f"{name}: expected a compacted topic of {len(like)} partitions, got none, and the broker did not make it: "
                f"{error.__name__} (hint: have it made with cleanup.policy=compact)"
            )
    log.info("topic_created", topic=name, partitions=len(like), copies=copies)
    await _visible(admin, name)


async def _visible(admin: AIOKafkaAdminClient, name: str) -> None:
    """Return when the brokers tell of the topic, a moment after the controller has, or after five seconds."""
    for _ in range(50):
        if any(topic["topic"] == name for topic in await admin.describe_topics()):
            return
        await asyncio.sleep(0.1)
