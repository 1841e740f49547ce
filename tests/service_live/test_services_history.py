"""Days of outages streamed through a broker: statements at the ends of periods, and the facts of the engine alone, id by id."""

import signal
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from slamon.engine.codec import WATERMARK_HEADER, encode_service, encode_time
from slamon.engine.limits import Limits
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.engine.partitioner import partition_of
from slamon.policy_file import load
from slamon.sla.canonical_service import event
from slamon.sla.events import ServiceEvent, State
from slamon.sla.policy import Activation, PolicyBook
from tests.service_live.live import PARTITIONS, Live
from tests.service_live.services import told
from tests.service_live.test_sample import Kept, identity

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

HOUR = 3_600_000
# In Berlin the last Sunday of October has 25 hours.
START = 1_729_807_200_000  # Friday, 2024-10-25, 00:00 in Berlin
DAYS = [START + hours * HOUR for hours in (24, 48, 73, 97)]
POLICIES = """
apiVersion: slamon/v1
kind: Agreement
metadata: {name: globex}
spec: {customer: Globex, provider: We, zone: Europe/Berlin}
---
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: daily, valid_from: 2024-01-01T00:00:00Z}
spec:
  agreement: globex
  period: day
  quorum: majority
  stale_after: 30m
  min_outage: 1m
  objectives:
    availability: {target: 98%, warn: [50%, 15m before], burn_rates: [{factor: 6, long: 1h, short: 10m}]}
    longest_outage: {target: 20m, warn: [5m before]}
    outages: {target: 5, warn: [80%]}
    mttr: {target: 10m}
"""


def history(seed: int = 4) -> list[ServiceEvent]:
    """Four days of three services, each watched by three monitors, of which one is late to notice."""
    draw, found = Random(seed), []
    for service in ("checkout", "search", "login"):
        at = START + draw.randrange(HOUR)
        while at < DAYS[-1]:
            length = round(draw.lognormvariate(12.9, 1.2))  # seven minutes and a half
            found += _outage(draw, service, at, at + length)
            at += length + round(draw.expovariate(1 / (4 * HOUR)))
    return sorted((one for one in found if one.at < DAYS[-1]), key=lambda one: one.at)


def _outage(draw: Random, service: str, start: int, end: int) -> list[ServiceEvent]:
    said = []
    for monitor in ("eu", "us", "asia"):
        for state, at in ((State.UP, start - 60_000), (State.DOWN, start), (State.UP, end)):
            said.append(event(service, at + draw.randrange(30_000), state=state, location=monitor))
    return said


def offline(of: list[ServiceEvent], policies: Path, until: int) -> set[tuple[str, str]]:
    """(id, what) of every fact by the engine alone, over one partition in memory."""
    loaded = load([policies], until).policies
    store = MemoryStore()
    partition = Partition(0, 1, store, PolicyBook((Activation(0, loaded),)), Limits())
    rows = [Kept(n, one.at, one.service.encode(), encode_service(one)) for n, one in enumerate(of)]
    store.apply(partition.on_batch("slamon.uptime", rows, until, None, caught_up=False))
    found: set[tuple[str, str]] = set()
    while True:
        unit = partition.on_tick(until, until)
        store.apply(unit)
        found |= {identity(outgoing.value) for outgoing in unit.outgoing}
        if not unit.more:
            return found


async def stream(live: Live, of: list[ServiceEvent], until: int) -> None:
    """The records, and behind them in every partition that it is now `until`."""
    producer = AIOKafkaProducer(bootstrap_servers=live.bootstrap, linger_ms=5)
    await producer.start()
    topic = f"{live.prefix}uptime"
    try:
        for one in of:
            key = one.service.encode()
            await producer.send(topic, encode_service(one), key=key, partition=partition_of(key, PARTITIONS))
        await producer.flush()
        for number in range(PARTITIONS):
            await producer.send(topic, encode_time("test", until), partition=number, headers=[WATERMARK_HEADER])
    finally:
        await producer.stop()


async def test_four_days_streamed_day_by_day_give_the_statements_and_facts_of_the_engine_alone(live: Live) -> None:
    live.policies, live.environment = POLICIES, {"SLAMON_CLOCK": "records"}
    records, until = history(), DAYS[-1] + 2 * HOUR
    await live.make_topics()
    await stream(live, [one for one in records if one.at < DAYS[0]], DAYS[0])
    await live.ready(live.start())
    expected = offline(records, live.folder / "policies.yaml", until)
    for start, end in zip(DAYS, (*DAYS[1:-1], until), strict=False):
        await stream(live, [one for one in records if start <= one.at < end], end)
    facts = await live.until(lambda found: len(found) >= len(expected), seconds=60)
    assert {(fact["id"], fact["data"]["what"]) for fact in facts} == expected
    assert len(facts) == len(expected)
    assert not told(facts, "correction")

    statements = [fact["data"] | {"at": fact["time"]} for fact in told(facts, "statement")]
    assert len(statements) == 3 * 4
    lengths = [s["service_seconds"] for s in sorted(statements, key=lambda s: (s["subject"], s["at"]))]
    assert lengths == [24 * 3600, 24 * 3600, 25 * 3600, 24 * 3600] * 3
    assert {len(s["objectives"]) for s in statements} == {4}
    assert {"met", "missed"} <= {objective["stage"] for s in statements for objective in s["objectives"]}


def standing(facts: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    """(id, what) of every fact that no correction has taken back, or that the last one has put in force again."""
    truth = {fact["id"]: (fact["data"]["what"], True) for fact in facts if fact["data"]["what"] != "correction"}
    corrections = {fact["id"]: fact["data"] for fact in told(facts, "correction")}  # each stands in two topics
    for data in sorted(corrections.values(), key=lambda data: data["n"]):
        truth[data["corrects"]] = (data["corrected_what"], data["reinstates"])
    return {(name, what) for name, (what, holds) in truth.items() if holds}


async def test_words_in_any_order_and_a_worker_killed_every_day_lead_to_the_same_truth(live: Live) -> None:
    """Semantics 4.1: what stands in the end is what the records mean, whatever came when."""
    live.policies, live.environment = POLICIES, {"SLAMON_CLOCK": "records"}
    records, until, draw = history(7), DAYS[-1] + 2 * HOUR, Random(7)
    arrivals: list[list[ServiceEvent]] = [[] for _ in DAYS]
    for one in records:
        day = next(number for number, end in enumerate(DAYS) if one.at < end)
        arrivals[min(day + (draw.random() < 0.15), len(DAYS) - 1)].append(one)  # some a day late
    await live.make_topics()
    for number, (day, end) in enumerate(zip(arrivals, (*DAYS[:-1], until), strict=True)):
        draw.shuffle(day)
        worker = live.start()
        await live.ready(worker)
        await stream(live, day + day[:5], end)  # and some twice
        if number < len(DAYS) - 1:
            worker.send(signal.SIGKILL)
            await worker.ended()
    expected = offline(records, live.folder / "policies.yaml", until)
    facts = await live.until(lambda found: standing(found) == expected, seconds=60)
    assert told(facts, "correction")
    again = [fact for fact in facts if fact["topic"] != "outcomes" or fact["data"]["what"] != "correction"]
    assert len({fact["id"] for fact in again}) == len(again)
