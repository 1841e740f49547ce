"""What this user may do with the topics, the group and the transactional ids. Nothing readable is left behind.

Rights to write are asked for by a transaction that takes partition 0 of each topic and is aborted without a record: it
leaves a marker, which no reader is shown. Who has no transactions asks by a deletion of nothing, which a compacted topic
refuses. The right to the group is asked for by the heartbeat of a member nobody knows, that to create by a request to
look whether one could.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    ConcurrentTransactions,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest

from slamon.runtime.cluster import Cluster

FETCH_MS = 600  # a refused fetch is answered at once


@asynccontextmanager
async def client_of(cluster: Cluster) -> AsyncIterator[AIOKafkaClient]:
    """A client that knows the brokers and nothing else."""
    client = AIOKafkaClient(**cluster.client("doctor"))
    await client.bootstrap()
    try:
        yield client
    finally:
        await client.close()


async def topics_of(client: AIOKafkaClient, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """(Those that are there, those that may not be looked at, there or not). None is made by the question."""
    answer = await client.send(client.get_random_node(), MetadataRequest(list(names), allow_auto_topic_creation=False))
    errors = {name: for_code(code) for code, name, *_more in answer.topics}
    hidden = [name for name in names if errors[name] is TopicAuthorizationFailedError]
    return [name for name in names if name not in hidden and errors[name] is not UnknownTopicOrPartitionError], hidden


async def unreadable(cluster: Cluster, topics: Sequence[str]) -> list[str]:
    """Those that may not be read."""
    if not topics:
        return []
    consumer = AIOKafkaConsumer(
        **cluster.client("doctor"), enable_auto_commit=False, auto_offset_reset="latest", fetch_max_wait_ms=10
    )
    await consumer.start()
    left: set[str] = set(topics)
    refused: list[str] = []
    try:
        while left:
            consumer.assign([TopicPartition(topic, 0) for topic in sorted(left)])
            denied = await _first_denied(consumer)
            if not denied & left:
                break
            refused += sorted(denied & left)
            left -= denied
    finally:
        await consumer.stop()
    return refused


async def _first_denied(consumer: AIOKafkaConsumer) -> set[str]:
    try:
        until = asyncio.get_running_loop().time() + FETCH_MS / 1000
        while asyncio.get_running_loop().time() < until:
            await consumer.getmany(timeout_ms=FETCH_MS)
    except TopicAuthorizationFailedError as error:
        return {
            str(topic) for told in error.args for topic in (told if isinstance(told, list | set | tuple) else [told])
        }
    return set()


async def group_forbidden(client: AIOKafkaClient, group: str) -> bool:
    """Whether the group is forbidden to us."""
    try:
        node = await _coordinator(client, CoordinationType.GROUP, group)
    except GroupAuthorizationFailedError:
        return True
    answer = await client.send(node, HeartbeatRequest(group, 0, "slamon-doctor"))
    return for_code(answer.error_code) is GroupAuthorizationFailedError


async def _coordinator(client: AIOKafkaClient, kind: CoordinationType, name: str) -> int:
    """The node to ask; a young cluster makes its internal topic when it is first asked, which takes a moment."""
    while True:
        try:
            return int(await client.coordinator_lookup(kind, name))
        except KafkaError as error:
            if not error.retriable:
                raise
            await asyncio.sleep(0.1)


async def unwritable(client: AIOKafkaClient, transactional_id: str, topics: Sequence[str]) -> tuple[bool, list[str]]:
    """(Are transactional ids forbidden, which topics we may not write); the second is unknown if the first is so."""
    try:
        node = await _coordinator(client, CoordinationType.TRANSACTION, transactional_id)
    except TransactionalIdAuthorizationFailed:
        return True, []
    producer = await _producer_id(client, node, transactional_id)
    if producer is None:
        return True, []
    if not topics:
        return False, []
    request = AddPartitionsToTxnRequest(transactional_id, *producer, [(topic, [0]) for topic in topics])
    answer = await client.send(node, request)
    codes = {topic: for_code(code) for topic, partitions in answer.errors for _, code in partitions}
    refused = [topic for topic, error in codes.items() if error is TopicAuthorizationFailedError]
    await client.send(node, EndTxnRequest(transactional_id, *producer, False))
    return False, refused


async def _producer_id(client: AIOKafkaClient, node: int, transactional_id: str) -> tuple[int, int] | None:
    """A producer id and epoch, None where they are forbidden."""
    while True:
        answer = await client.send(node, InitProducerIdRequest(transactional_id, 5_000))
        error: type[KafkaError] = for_code(answer.error_code)
        if not answer.error_code:
            return answer.producer_id, answer.producer_epoch
        if error is TransactionalIdAuthorizationFailed:
            return None
        if not error.retriable and error is not ConcurrentTransactions:
            raise error(f"InitProducerId of {transactional_id}")
        await asyncio.sleep(0.1)


async def unwritable_plainly(cluster: Cluster, topics: Sequence[str]) -> list[str]:
    """The compacted topics that may not be written without a transaction."""
    refused: list[str] = []
    if not topics:
        return refused
    producer = AIOKafkaProducer(**cluster.client("doctor"))
    await producer.start()
    try:
        for topic in topics:
            batch = producer.create_batch()
            batch.append(key=None, value=None, timestamp=None)
            try:
                await (await producer.send_batch(batch, topic, partition=0))
            except TopicAuthorizationFailedError:
                refused.append(topic)
            except KafkaError:
                continue  # a record without a key: looked at by who may write
    finally:
        with suppress(KafkaError):
            await producer.stop()
    return refused


@asynccontextmanager
async def _admin(cluster: Cluster) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**cluster.client("doctor"))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def undescribed(cluster: Cluster, topics: Sequence[str]) -> list[str]:
    """Those whose configuration may not be read."""
    if not topics:
        return []
    async with _admin(cluster) as admin:
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in topics])
    codes = {name: for_code(code) for answer in answers for code, _said, _kind, name, _entries in answer.resources}
    return [topic for topic in topics if codes.get(topic) is TopicAuthorizationFailedError]


async def uncreatable(cluster: Cluster, topics: Sequence[str]) -> list[str]:
    """Those that may not be created; none is."""
    if not topics:
        return []
    async with _admin(cluster) as admin:
        answer = await admin.create_topics([NewTopic(name, 1, 1) for name in topics], validate_only=True)
    return [name for name, code, *_said in answer.topic_errors if for_code(code) is TopicAuthorizationFailedError]
