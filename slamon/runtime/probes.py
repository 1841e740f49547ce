"""What the brokers tell of themselves: where they are, what time it is there, which transactions stand open."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from slamon.runtime.cluster import Cluster
from slamon.runtime.finding import Finding, fail, ok, warn
from slamon.runtime.open_transactions import MAX_OPEN_MS
from slamon.runtime.topics import partition_counts
from slamon.runtime.wall import wall_ms

TIMEOUT = 15.0
CLOCK_SAMPLES = 5
SKEW_WARN_MS, SKEW_FAIL_MS = 500, 5_000  # half the slack of policy publications; as much as a jump that ends a worker
LOG_APPEND_TIME = 1


async def broker_addresses(cluster: Cluster) -> list[tuple[int, str, int]]:
    """(id, host, port) of every broker, as they ask to be called."""
    admin = AIOKafkaAdminClient(**cluster.client("doctor"))
    await admin.start()
    try:
        told = await admin.describe_cluster()
    finally:
        await admin.close()
    return [(broker["node_id"], broker["host"], broker["port"]) for broker in told["brokers"]]


@dataclass(frozen=True, slots=True)
class Skew:
    """How far the broker's clock is ahead of ours, and how far that may be wrong."""

    ahead_ms: float
    within_ms: float


async def clock(cluster: Cluster) -> Finding:
    """How far the clock of the broker that leads partition 0 of `deadletter` is from this machine's.

    Measured: the LogAppendTime it gives a record, against the middle of sending and answer (half the round trip is the
    error); the best of five. The records stand in a transaction that is aborted, so committed readers never see them.
    """
    async with asyncio.timeout(TIMEOUT):
        skew = await _skew(cluster)
    if skew is None:
        what = f"clock: not measured, topic {cluster.topic('deadletter')} carries its producers' time"
        return warn(what, "message.timestamp.type=LogAppendTime on it, see the finding of that topic")
    return judge_clock(skew)


def judge_clock(skew: Skew) -> Finding:
    """The finding for a measured difference."""
    told = f"clock: the broker's is {abs(skew.ahead_ms):.0f} ms (+-{skew.within_ms:.0f}) "
    told += "ahead of ours" if skew.ahead_ms > 0 else "behind ours"
    certain = abs(skew.ahead_ms) - skew.within_ms
    mend = "chronyc tracking   # or timedatectl, here and on the brokers: deadlines are judged by this clock"
    if certain > SKEW_FAIL_MS:
        return fail(told, mend)
    return warn(told, mend) if certain > SKEW_WARN_MS else ok(told)


async def _skew(cluster: Cluster) -> Skew | None:
    producer = AIOKafkaProducer(
        **cluster.client("doctor"),
        transactional_id=f"{cluster.group}-doctor",
        transaction_timeout_ms=5_000,
        retry_backoff_ms=20,
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        samples = [await _sample(producer, cluster.topic("deadletter")) for _ in range(CLOCK_SAMPLES)]
        await producer.abort_transaction()
    finally:
        await producer.stop()
    return min(filter(None, samples), key=lambda sample: sample.within_ms, default=None)


async def _sample(producer: AIOKafkaProducer, topic: str) -> Skew | None:
    sent = wall_ms()
    answer = await producer.send_and_wait(topic, b"", key=b"slamon-doctor", partition=0)
    answered = wall_ms()
    if answer.timestamp_type != LOG_APPEND_TIME:
        return None
    return Skew(answer.timestamp - (sent + answered) / 2, (answered - sent) / 2 + 1)


async def open_transactions(cluster: Cluster, bootstrap: str, topics: Sequence[str]) -> list[Finding]:
    """The partitions whose readers have been held up for more than a minute by a transaction nobody ends."""
    counts = await partition_counts(cluster)
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(counts.get(topic, 0))]
    async with asyncio.timeout(TIMEOUT):
        held = await _held(cluster, partitions)
    found = [_open(partition, offset, age, bootstrap) for partition, offset, age in held if age > MAX_OPEN_MS]
    return found or [ok(f"transactions: none stands open for more than a minute in {len(partitions)} input partitions")]


def _open(partition: TopicPartition, offset: int, age_ms: int, bootstrap: str) -> Finding:
    what = (
        f"topic {partition.topic}, partition {partition.partition}: a transaction stands open since {age_ms // 1000} s "
    )
    return fail(
        f"{what}(from offset {offset}); nothing behind it can be read, so its deadlines wait",
        f"kafka-transactions.sh --bootstrap-server {bootstrap} abort --topic {partition.topic} "
        f"--partition {partition.partition} --start-offset {offset}   # or end the producer that left it",
    )


async def _held(cluster: Cluster, partitions: Sequence[TopicPartition]) -> list[tuple[TopicPartition, int, int]]:
    """(partition, first offset of the oldest open transaction, its age in ms) wherever one is open."""
    if not partitions:
        return []
    options = {**cluster.client("doctor"), "enable_auto_commit": False, "auto_offset_reset": "earliest"}
    committed = AIOKafkaConsumer(**options, isolation_level="read_committed")
    everything = AIOKafkaConsumer(**options, isolation_level="read_uncommitted")
    await asyncio.gather(committed.start(), everything.start())
    try:
        stable, ends = await asyncio.gather(committed.end_offsets(partitions), everything.end_offsets(partitions))
        held = [each for each in partitions if stable[each] < ends[each]]
        return [(each, stable[each], await _age(everything, each, stable[each])) for each in held]
    finally:
        await asyncio.gather(committed.stop(), everything.stop())


async def _age(consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> int:
    """Milliseconds since the record at the offset; 0 when there is none to be read."""
    consumer.assign([partition])
    consumer.seek(partition, offset)
    records = (await consumer.getmany(partition, timeout_ms=2_000, max_records=1)).get(partition, [])
    return wall_ms() - records[0].timestamp if records else 0
