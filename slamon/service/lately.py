"""What became true lately, read from the facts topics as any consumer reads them: `read_committed`, and without a group."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from slamon.runtime.cluster import Cluster
from slamon.service.feed import KEPT, Line
from slamon.sla.instants import parse

TOPICS = ("warnings", "breaches")
BATCH, WAIT_MS = 50, 500  # a fact with its explanation may be of 256 KiB
LEAST = 4  # of each partition, so that a page that is opened is not empty
HISTORY_SECONDS = 5.0
REST = 0.1  # some brokers answer an empty fetch at once
COPIED = ("what", "objective", "policy", "threshold", "stage", "due_at", "severity", "priority", "reason", "state",
          "escalate_to", "corrected_what", "corrects", "reinstates")  # fmt: skip
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)  # no fact of ours

log = structlog.get_logger(__name__)


async def lately(cluster: Cluster, partitions: int) -> AsyncGenerator[list[Line], None]:
    """The newest of what was told, in order, and then whatever is told from now on; without end."""
    consumer = AIOKafkaConsumer(
        **cluster.client("page"),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="latest",
    )
    await consumer.start()
    try:
        yield await _history(
            consumer, [(cluster.topic(role), number) for role in TOPICS for number in range(partitions)]
        )
        while True:
            lines = await _round(consumer)
            if lines:
                yield lines
            else:
                await asyncio.sleep(REST)
    finally:
        await consumer.stop()


async def _history(consumer: AIOKafkaConsumer, topics: Sequence[tuple[str, int]]) -> list[Line]:
    """The last few of each partition; where they cannot be had in time, those that could."""
    every = [TopicPartition(topic, number) for topic, number in topics]
    consumer.assign(every)
    begins, ends = await consumer.beginning_offsets(every), await consumer.end_offsets(every)
    depth = max(LEAST, KEPT // len(every))
    for one in every:
        consumer.seek(one, max(begins[one], ends[one] - depth))
    found: list[Line] = []
    until = time.monotonic() + HISTORY_SECONDS
    lacking = set(every)
    while lacking and time.monotonic() < until:
        found += await _round(consumer)
        lacking = {one for one in lacking if await consumer.position(one) < ends[one]}
    return sorted(found, key=lambda line: parse(line["told_at"]))


async def _round(consumer: AIOKafkaConsumer) -> list[Line]:
    batches: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    batches = await consumer.getmany(timeout_ms=WAIT_MS, max_records=BATCH)
    found = [line for records in batches.values() for line in map(_line_of, records) if line is not None]
    return sorted(found, key=lambda line: parse(line["told_at"]))


def _line_of(record: ConsumerRecord) -> Line | None:
    try:
        return line_of(record.value, record.headers)
    except UNREADABLE as error:
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        log.warning("fact_unreadable", **where, reason=f"{type(error).__name__}: {error}")
        return None


def line_of(value: bytes, headers: Sequence[tuple[str, bytes]]) -> Line:
    """The fact as a line of the feed: without its explanation, which the API has."""
    event = orjson.loads(value)
    data: Mapping[str, Any] = event["data"]
    told = dict(headers)
    kind = "service" if event["type"].startswith("io.slamon.service.") else "ticket"
    at = event["time"]
    recorded = told.get("recordedtime", at.encode()).decode()
    parse(at), parse(recorded)
    return {
        "id": event["id"],
        kind: event["subject"],
        "at": at,
        "told_at": recorded,
        "live": told.get("live") != b"false",
        **{name: data[name] for name in COPIED if name in data},
        "target": (data.get("target") or {}).get("text"),
        "context": data.get("context") or {},
    }
