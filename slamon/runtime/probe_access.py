"""What this user may do with the topics, the group and the transactional ids. Nothing readable is left behind.

Rights to write are asked for by a transaction that takes partition 0 of each topic and is aborted without a record: it
leaves a marker, which no reader is shown. The right to the group is asked for by the heartbeat of a member nobody knows.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    ConcurrentTransactions,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    for_code,
)
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest

from slamon.runtime.cluster import Cluster
from slamon.runtime.finding import Finding, fail, ok

TIMEOUT = 10.0
FETCH_MS = 600  # a refused fetch is answered at once


async def access(cluster: Cluster, bootstrap: str, reads: Sequence[str], writes: Sequence[str]) -> list[Finding]:
    """What is not allowed, each with the command that allows it; a single OK when everything is."""
    acls = _Acls(bootstrap, cluster)
    async with asyncio.timeout(TIMEOUT):
        readable = await _unreadable(cluster, reads)
        async with _client(cluster) as client:
            group = await _group(client, cluster.group)
            transactional, unwritable = await _writes(client, f"{cluster.group}-doctor", writes)
    found = [acls.topic(topic, "Read") for topic in readable] + [acls.topic(topic, "Write") for topic in unwritable]
    found += [acls.group()] if group else []
    found += [acls.transactional()] if transactional else []
    return found or [ok(f"access: read {len(reads)} topics, write {len(writes)}, group and transactions allowed")]


class _Acls:
    """The words and commands for rights that are missing."""

    def __init__(self, bootstrap: str, cluster: Cluster) -> None:
        self._command = f"kafka-acls.sh --bootstrap-server {bootstrap} --add --allow-principal '{_principal(cluster)}'"
        self._group = cluster.group

    def topic(self, topic: str, right: str) -> Finding:
        return fail(
            f"topic {topic}: no right to {right.lower()}", f"{self._command} --operation {right} --topic {topic}"
        )

    def group(self) -> Finding:
        return fail(f"group {self._group}: no right to join", f"{self._command} --operation Read --group {self._group}")

    def transactional(self) -> Finding:
        what = f"transactional ids {self._group}-*: no right to use them"
        mend = (
            f"--operation Write --operation Describe --transactional-id {self._group}- --resource-pattern-type prefixed"
        )
        return fail(what, f"{self._command} {mend}")


def _principal(cluster: Cluster) -> str:
    """Who we are to the broker, as far as the settings tell."""
    client = cluster.client("doctor")
    if client.get("security_protocol") == "SSL":
        return "User:CN=..."  # the subject of the client's certificate
    return f"User:{client.get('sasl_plain_username') or 'ANONYMOUS'}"


@asynccontextmanager
async def _client(cluster: Cluster) -> AsyncIterator[AIOKafkaClient]:
    client = AIOKafkaClient(**cluster.client("doctor"))
    await client.bootstrap()
    try:
        yield client
    finally:
        await client.close()


async def _unreadable(cluster: Cluster, topics: Sequence[str]) -> list[str]:
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


async def _group(client: AIOKafkaClient, group: str) -> bool:
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


async def _writes(client: AIOKafkaClient, transactional_id: str, topics: Sequence[str]) -> tuple[bool, list[str]]:
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
