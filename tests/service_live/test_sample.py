"""The real ServiceNow sample, worked out offline and streamed through a broker: the same facts, id by id."""

import asyncio
import csv
import gzip
import time
from typing import NamedTuple

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from slamon.engine.codec import WATERMARK_HEADER, encode_ticket, encode_time
from slamon.engine.limits import Limits
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.engine.partitioner import partition_of
from slamon.policy_file import load
from slamon.sla.events import TicketEvent
from slamon.sla.policy import Activation, PolicyBook
from slamon.sources import SOURCES
from tests.service_live.live import PARTITIONS, ROOT, Live

SAMPLE = ROOT.parent / "shared" / "data" / "servicenow-incidents-sample.csv.gz"
POLICIES = ROOT / "examples" / "servicenow" / "policies.yaml"


class Kept(NamedTuple):
    """A record as the engine reads it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


pytestmark = [
    pytest.mark.integration,
    pytest.mark.needs_real_kafka,
    pytest.mark.skipif(not SAMPLE.exists(), reason="../shared/data is not beside this checkout"),
]


def events() -> list[TicketEvent]:
    """Every row of the sample in the order of the file."""
    with gzip.open(SAMPLE, "rt", newline="") as file:
        return [event for row in csv.DictReader(file) for event in SOURCES["servicenow_log"].map(row, {}, 0)]


def offline(of: list[TicketEvent], until: int) -> set[tuple[str, str]]:
    """(id, what) of every fact by the engine alone, over one partition in memory."""
    policies = load([POLICIES], int(time.time() * 1000)).policies
    store = MemoryStore()
    partition = Partition(0, 1, store, PolicyBook((Activation(0, policies),)), Limits())
    rows = [Kept(n, event.at, event.ticket.encode(), encode_ticket(event)) for n, event in enumerate(of)]
    store.apply(partition.on_batch("slamon.tickets", rows, until, None, caught_up=False))
    found: set[tuple[str, str]] = set()
    while True:
        unit = partition.on_tick(until, until)
        store.apply(unit)
        found |= {identity(outgoing.value) for outgoing in unit.outgoing}
        if not unit.more:
            return found


def identity(value: bytes) -> tuple[str, str]:
    event = orjson.loads(value)
    return event["id"], event["data"]["what"]


async def send(live: Live, of: list[TicketEvent], until: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap, linger_ms=5)
    await producer.start()
    topic = f"{live.prefix}tickets"
    try:
        for event in of:
            key = event.ticket.encode()
            await producer.send(topic, encode_ticket(event), key=key, partition=partition_of(key, PARTITIONS))
        await producer.flush()
        for partition in range(PARTITIONS):
            await producer.send(topic, encode_time("test", until), partition=partition, headers=[WATERMARK_HEADER])
    finally:
        await producer.stop()


async def test_the_sample_streamed_gives_the_facts_of_the_sample_replayed(live: Live) -> None:
    live.policies = POLICIES.read_text()
    live.environment = {"SLAMON_CLOCK": "records"}
    sample = events()
    until = max(event.at for event in sample) + 1
    expected = await asyncio.to_thread(offline, sample, until)
    assert len(expected) > 1_000
    await live.make_topics()
    half = len(sample) // 2
    await send(live, sample[:half], min(event.at for event in sample))  # a clock that stands still tells nothing
    worker = live.start()
    await live.ready(worker)
    await send(live, sample[half:], until)
    facts = await live.until(lambda found: len(found) >= len(expected), seconds=90)
    assert {(fact["id"], fact["data"]["what"]) for fact in facts} == expected
    assert len(facts) == len(expected)
