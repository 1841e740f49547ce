"""The deadletter topic for its readers: what was refused and why, newest first; and sending it again after a fix."""

import asyncio
from collections.abc import AsyncIterator, Container, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError

from slamon.runtime.cluster import Cluster
from slamon.runtime.letter import KEY_MISMATCH, Letter, Place, Selection, letter_of
from slamon.runtime.topics import partition_counts

SCAN = 20_000  # letters looked at in one listing
WINDOW = 500  # letters of one partition in one step backwards
READ_TIMEOUT = 60.0
CHUNK = 200
MAX_REQUEST = 9 * 1024 * 1024  # above the largest `limits.max_record`
EVERYTHING = Selection()

Span = tuple[int, int]  # offsets [from, to)


@dataclass(frozen=True, slots=True)
class Listing:
    """`letters`, newest first; `complete` is False when older ones were not looked at."""

    letters: list[Letter]
    scanned: int
    complete: bool


@dataclass(slots=True)
class Replayed:
    """What was selected: sent again (or would be), or not, with the reason; `stopped` at the limit."""

    sent: list[Letter] = field(default_factory=list)
    kept: list[tuple[Letter, str]] = field(default_factory=list)
    stopped: bool = False


class NoDeadletters(Exception):
    """There is no such topic."""


async def list_letters(
    cluster: Cluster, limit: int = 20, selection: Selection = EVERYTHING, scan: int = SCAN
) -> Listing:
    """The newest letters that are meant, not looking at more than about `scan` of them. Raises NoDeadletters, TimeoutError."""
    async with asyncio.timeout(READ_TIMEOUT), _reader(cluster) as (consumer, spans):
        found: dict[TopicPartition, list[Letter]] = {partition: [] for partition in spans}
        scanned = 0
        while (open_ := _unread(spans, found, limit)) and scanned < scan:
            step = {partition: (max(first, end - WINDOW), end) for partition, (first, end) in open_.items()}
            letters = await _read(consumer, step)
            scanned += len(letters)
            for letter in filter(selection.takes, letters):
                found[TopicPartition(cluster.topic("deadletter"), letter.partition)].append(letter)
            spans |= {partition: (spans[partition][0], start) for partition, (start, _) in step.items()}
    newest = sorted(
        (each for some in found.values() for each in some), key=lambda each: (each.at, each.offset), reverse=True
    )
    return Listing(newest[:limit], scanned, complete=len(newest) <= limit and not _unread(spans, found, limit + 1))


def _unread(
    spans: dict[TopicPartition, Span], found: dict[TopicPartition, list[Letter]], limit: int
) -> dict[TopicPartition, Span]:
    """What may still hold one of the newest: partitions with older letters and fewer than `limit` found."""
    return {each: span for each, span in spans.items() if span[0] < span[1] and len(found[each]) < limit}


@asynccontextmanager
async def _reader(cluster: Cluster) -> AsyncIterator[tuple[AIOKafkaConsumer, dict[TopicPartition, Span]]]:
    topic = cluster.topic("deadletter")
    count = (await partition_counts(cluster)).get(topic)
    if count is None:
        raise NoDeadletters(f"topic {topic} does not exist (hint: `slamon topics create` makes it)")
    consumer = AIOKafkaConsumer(
        **cluster.client("deadletter"),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=200,
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(count)]
        consumer.assign(partitions)
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        yield consumer, {each: (first[each], end[each]) for each in partitions}
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, spans: dict[TopicPartition, Span]) -> list[Letter]:
    """Every letter in the spans, in the order of its partition."""
    consumer.assign(list(spans))
    for partition, (start, _) in spans.items():
        consumer.seek(partition, start)
    found: list[Letter] = []
    left = set(spans)
    while left:
        for partition, records in (await consumer.getmany(*left, timeout_ms=200)).items():
            found += [letter_of(record) for record in records if record.offset < spans[partition][1]]
        left = {partition for partition in left if await consumer.position(partition) < spans[partition][1]}
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """How letters are sent: not at all, so many at most, those refused for their key under the ticket they name."""

    dry_run: bool = False
    limit: int | None = None
    rekey: bool = False


AS_THEY_ARE = Plan()


async def replay(cluster: Cluster, selection: Selection, plan: Plan = AS_THEY_ARE) -> Replayed:
    """The original bytes, key and headers of every letter that is meant, sent to where they came from, oldest first.

    A record that was refused several times, also after a replay, is sent once. Doing it again harms nothing: records
    carry ids, those without an instant of their own keep the one they had, and a repeated id changes nothing
    (semantics 4.2). Letters written while this runs are not touched, so a record that is refused again does not go
    round. Raises NoDeadletters.
    """
    done = Replayed()
    seen: set[Place] = set()
    async with _reader(cluster) as (consumer, spans), _sender(cluster) as producer:
        topics = (await partition_counts(cluster)).keys()
        for partition, (first, end) in spans.items():
            for start in range(first, end, CHUNK):
                letters = await _read(consumer, {partition: (start, min(end, start + CHUNK))})
                chosen = _chosen(filter(selection.takes, letters), topics, seen, done, plan)
                done.sent += chosen if plan.dry_run else await _send(producer, chosen, done, plan)
                if done.stopped:
                    return done
    return done


@asynccontextmanager
async def _sender(cluster: Cluster) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        **cluster.client("replay"), enable_idempotence=True, acks="all", max_request_size=MAX_REQUEST
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def _chosen(
    letters: Iterable[Letter], topics: Container[str], seen: set[Place], done: Replayed, plan: Plan
) -> list[Letter]:
    chosen: list[Letter] = []
    for letter in letters:
        if letter.origin is not None and letter.origin.place in seen:
            continue
        if obstacle := _obstacle(letter, topics, plan):
            done.kept.append((letter, obstacle))
            continue
        if plan.limit is not None and len(done.sent) + len(chosen) >= plan.limit:
            done.stopped = True
            return chosen
        if letter.origin is not None:
            seen.add(letter.origin.place)
        chosen.append(letter)
    return chosen


def _obstacle(letter: Letter, topics: Container[str], plan: Plan) -> str | None:
    if letter.obstacle is not None:
        return letter.obstacle
    if letter.source is not None and letter.source[0] not in topics:
        return f"its topic {letter.source[0]} does not exist any more"
    if letter.reason == KEY_MISMATCH and not plan.rekey:
        return (
            f"its key {letter.key!r:.80} is not what it names, {letter.subject()!r} (hint: --rekey sends it under that)"
        )
    return None


async def _send(producer: AIOKafkaProducer, letters: list[Letter], done: Replayed, plan: Plan) -> list[Letter]:
    """Those the broker has taken; one that is too large for its topic is kept."""
    started = [await _start(producer, letter, plan) for letter in letters]  # one after the other: in their order
    taken = []
    for letter, answer in zip(letters, await asyncio.gather(*started, return_exceptions=True), strict=True):
        if isinstance(answer, MessageSizeTooLargeError):
            done.kept.append((letter, "it is larger than its topic takes now"))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            taken.append(letter)
    return taken


async def _start(producer: AIOKafkaProducer, letter: Letter, plan: Plan) -> "asyncio.Future[object]":
    topic = letter.source[0] if letter.source else ""
    started: asyncio.Future[object] = await producer.send(
        topic,
        letter.value,
        key=letter.key_to_send(plan.rekey),
        partition=letter.target(len(await producer.partitions_for(topic)), rekey=plan.rekey),
        headers=letter.headers_to_send(),
    )
    return started
