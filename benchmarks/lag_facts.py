"""The facts of benchmarks/lag.py as a reader of committed records finds them, and where a partition stood when."""

import asyncio
import contextlib
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple, Self

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from benchmarks.lag_load import now_ms
from slamon.engine.keys import APPLIED
from slamon.engine.position import decode_position
from slamon.runtime.settings import RuntimeSettings
from slamon.sla.instants import parse

QUIET_MS = 500  # without a record: there is nothing more


class Breach(NamedTuple):
    """A breach: when it was due, when the broker appended it and when a reader had it."""

    at: int
    appended: int
    read: int


class Breaches:
    """Reads the topic of breaches as they come; the first of each ticket counts, `verdict` finds the others."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._settings = settings
        self.of: dict[str, Breach] = {}
        self._consumer = _consumer(settings)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.assign(_partitions(self._settings, "breaches"))
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            found = await self._consumer.getmany(timeout_ms=200)
            now = now_ms()
            for records in found.values():
                for record in records:
                    event = orjson.loads(record.value)
                    self.of.setdefault(event["subject"], Breach(parse(event["time"]), record.timestamp, now))

    async def wait(self, tickets: Sequence[str], seconds: float) -> list[Breach]:
        """Those of the tickets, once all are there."""
        until = time.monotonic() + seconds
        while missing := sum(ticket not in self.of for ticket in tickets):
            if time.monotonic() > until:
                raise SystemExit(f"expected {len(tickets)} breaches within {seconds:g} s, {missing} are missing")
            await asyncio.sleep(0.1)
        return [self.of[ticket] for ticket in tickets]


async def verdict(
    settings: RuntimeSettings, breached: Iterable[str], met: Iterable[tuple[str, str]]
) -> tuple[dict[str, int], list[str]]:
    """How many facts there are, and every fault: one that is missing, not expected, or there twice."""
    expected = {(ticket, "resolution", "breach") for ticket in breached}
    expected |= {(ticket, objective, "met") for ticket, objective in met}
    found: Counter[tuple[str, str, str]] = Counter()
    for role in ("warnings", "breaches", "outcomes"):
        async for record in _everything(settings, role):
            event = orjson.loads(record.value)
            found[event["subject"], event["data"].get("objective", ""), event["data"]["what"]] += 1
    faults = {
        "missing": expected - found.keys(),
        "not expected": found.keys() - expected,
        "repeated": {fact for fact, times in found.items() if times > 1},
    }
    told = [f"{len(those)} {name}, like {min(those)}" for name, those in faults.items() if those]
    return {"expected": len(expected), "found": found.total()}, told


async def longest_wait(settings: RuntimeSettings, since: int, until: int) -> float:
    """Seconds from the broker's append of a record until that of the position behind it, the longest of the records between."""
    applied = await _positions(settings, since)
    longest = 0
    async for record in _everything(settings, "tickets", since):
        if record.timestamp <= until and not record.headers:
            steps = applied.get(record.partition, [])
            place = bisect_right(steps, record.offset, key=lambda step: step[0])
            if place == len(steps):
                raise SystemExit(f"expected a position behind record {record.offset}, got none")
            longest = max(longest, steps[place][1] - record.timestamp)
    return longest / 1000


async def _positions(settings: RuntimeSettings, since: int) -> dict[int, list[tuple[int, int]]]:
    """By partition: (next offset of `tickets`, when that was appended), in order."""
    found: dict[int, list[tuple[int, int]]] = {}
    async for record in _everything(settings, "changelog", since):
        if record.key == APPLIED:
            applied = decode_position(record.value).applied.get(settings.topic("tickets"))
            if applied is not None:
                found.setdefault(record.partition, []).append((applied.next_offset, record.timestamp))
    return found


async def _everything(settings: RuntimeSettings, role: str, since: int = 0) -> AsyncIterator[ConsumerRecord]:
    """Every committed record of the topic that was appended at or after the instant."""
    consumer = _consumer(settings)
    await consumer.start()
    try:
        partitions = _partitions(settings, role)
        consumer.assign(partitions)
        begins = await consumer.offsets_for_times(dict.fromkeys(partitions, since))
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            begin = begins[partition]
            consumer.seek(partition, ends[partition] if begin is None else begin.offset)
        while [each for each in partitions if await consumer.position(each) < ends[each]]:
            for records in (await consumer.getmany(timeout_ms=QUIET_MS)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()


def _consumer(settings: RuntimeSettings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **settings.client("reader"), isolation_level="read_committed", enable_auto_commit=False, max_poll_records=5_000
    )


def _partitions(settings: RuntimeSettings, role: str) -> list[TopicPartition]:
    return [TopicPartition(settings.topic(role), number) for number in range(settings.partitions)]


def percentiles(values: Sequence[int]) -> dict[str, Any]:
    """p50, p99 and the largest, in the unit of the values."""
    ordered = sorted(values)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)], "max": ordered[-1]}
