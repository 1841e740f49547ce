"""Publication of a policy text to the policies topic, one publisher at a time."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from slamon.runtime.cluster import Cluster
from slamon.runtime.policy_log import MAX_TEXT, Draft, PublicationRefused, plan, text_key
from slamon.runtime.policy_reader import READ_TIMEOUT, read_log
from slamon.runtime.wall import monotonic_ms, wall_ms

LIMIT_MS = 30_000  # for all attempts; several workers that start at once need a few
# Of the notice of 10 s a publication may take 3 s, and a worker decides nothing on a look older than 5 s: 2 s are left
# for wall clocks that differ.
TRANSACTION_MS = 3_000


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication led to: `version` holds from `at`; `new` is False when the topic said so already."""

    version: str
    at: int
    new: bool


class PublicationFailed(Exception):
    """The topic could not be written; nothing is known to have been published."""


async def publish(
    cluster: Cluster, draft: Draft, *, only_unknown: bool = False, now: Callable[[], int] = wall_ms
) -> Published:
    """From when the text holds. With `only_unknown` (a worker's start) a version ever activated is left as it is.

    One publisher at a time: whoever holds the transactional id `<group>-policies` has read everything published before,
    and the broker refuses its writes once another takes the id. So of two that publish first at once, the one whose
    transaction commits is the first; the other reads it, adds nothing if its text is the same, and gives notice like
    any later publication if it is not. Raises PublicationRefused and PublicationFailed.
    """
    if len(draft.text) > MAX_TEXT:
        raise PublicationRefused(f"policy text: expected at most {MAX_TEXT} bytes, got {len(draft.text)}")
    last: Exception | None = None
    until = monotonic_ms() + LIMIT_MS
    while monotonic_ms() < until:
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                return await _attempt(cluster, draft, only_unknown, now)
        except UnknownTopicOrPartitionError as error:
            raise PublicationFailed(str(error)) from error
        except (KafkaError, TimeoutError) as error:  # most likely another publisher took the id: look again
            last = error
            await asyncio.sleep(random.uniform(0.1, 0.6))  # noqa: S311  publishers must not meet again
    raise _failed(cluster, draft, last)


def _failed(cluster: Cluster, draft: Draft, last: Exception | None) -> PublicationFailed:
    reason = f"{type(last).__name__}: {last}"
    return PublicationFailed(f"{cluster.topic('policies')}: version {draft.version} was not published: {reason}")


async def _attempt(cluster: Cluster, draft: Draft, only_unknown: bool, now: Callable[[], int]) -> Published:
    producer = _producer(cluster)
    try:
        await producer.start()  # takes the id: from here on an earlier holder cannot commit
        log = await read_log(cluster)
        before = log.activated(draft.version)
        publication = None if only_unknown and before else plan(log, draft, now())
        records = [] if log.texts.get(draft.version) == draft.text else [(text_key(draft.version), draft.text)]
        if publication:
            records.append((publication.key, publication.value))
        if records:
            await _commit(producer, cluster.topic("policies"), records)
        return Published(draft.version, (publication or before[-1]).at, new=publication is not None)
    finally:
        await _stop(producer)


def _producer(cluster: Cluster) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        **cluster.client("policies"),
        transactional_id=f"{cluster.group}-policies",
        transaction_timeout_ms=TRANSACTION_MS,
        request_timeout_ms=10_000,
        retry_backoff_ms=20,
        max_request_size=MAX_TEXT + 65_536,
        acks="all",
    )


async def _commit(producer: AIOKafkaProducer, topic: str, records: list[tuple[bytes, bytes]]) -> None:
    async with asyncio.timeout(TRANSACTION_MS / 1000):
        await producer.begin_transaction()
        for key, value in records:
            await producer.send_and_wait(topic, value, key=key, partition=0)
        await producer.commit_transaction()


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(2):
            await producer.stop()
    except (KafkaError, TimeoutError):
        return  # fenced or cut off: the next holder of the id ends what is open
