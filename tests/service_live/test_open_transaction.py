"""A transaction that somebody leaves open: what lies behind it cannot be read, and no deadline is judged without it (architecture.md 3)."""

import asyncio
import json
import time
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaProducer

from slamon.engine.partitioner import partition_of
from tests.service_live.live import PARTITIONS, Live, kinds, now_ms, ticket
from tests.service_live.test_changes import metric

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

GAUGE = "slamon_open_transaction_seconds"
POLICIES = """
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: desk}
spec:
  objectives:
    resolution: {target: 4s}
"""


@pytest.fixture
def live(live: Live) -> Live:
    live.policies = POLICIES
    return live


async def test_a_deadline_waits_for_what_lies_behind_an_open_transaction_which_is_told_of(live: Live) -> None:
    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    assert metric(worker, GAUGE) == 0
    at = now_ms()
    await live.write([ticket("T-1", "created", at, "1")])
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap, transactional_id=f"{live.prefix}open")
    await producer.start()
    try:
        await producer.begin_transaction()
        stranger = json.dumps(ticket("T-0", "updated", at, "1")).encode()
        number = partition_of(b"T-1", PARTITIONS)
        await producer.send_and_wait(f"{live.prefix}tickets", stranger, partition=number)
        await live.write([ticket("T-1", "resolved", at + 1000, "2")])
        await _until(lambda: metric(worker, GAUGE) > 2)
        assert now_ms() > at + 5000
        assert await live.facts() == []
        await producer.abort_transaction()
    finally:
        await producer.stop()
    facts = await live.until(lambda found: found)
    assert kinds(facts) == [("T-1", "met", "resolution")]
    await _until(lambda: metric(worker, GAUGE) == 0)


async def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        await asyncio.sleep(0.5)
