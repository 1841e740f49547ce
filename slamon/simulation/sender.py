"""Sends a stream at the instants it asks for: never early, and late only if the broker or this machine is slow."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from slamon.runtime.cluster import Cluster
from slamon.runtime.wall import wall_ms
from slamon.simulation.stream import Sending

BREATH = 500  # records sent without a look at anything else
END_SECONDS = 5.0  # for the last records; a broker that is gone must not keep a simulation alive


@dataclass(slots=True)
class Tally:
    """What was sent: by kind of record, tickets, services, what the broker refused, and how late the last record left."""

    sent: Counter[str] = field(default_factory=Counter)
    tickets: int = 0
    services: set[bytes] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    behind_ms: int = 0
    waiting: int = 0  # records without an answer

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {what}" for what, count in sorted(self.sent.items()) if what != "good")
        services = f" and {len(self.services)} services" if self.services else ""
        told = f"sent {self.sent.total()} records of {self.tickets} tickets{services}" + (
            f" ({kinds})" if kinds else ""
        )
        refused = "; ".join(f"{count} refused: {why}" for why, count in self.refused.items())
        return told + (f"; {refused}" if refused else "")

    def count(self, sending: Sending, now: int) -> None:
        self.sent[sending.what] += 1
        if sending.role == "uptime":
            self.services.add(sending.key)
        else:
            self.tickets += sending.what == "good" and b'"event":"created"' in sending.value
        self.behind_ms = now - sending.at
        self.waiting += 1

    def heard(self, answer: "asyncio.Future[RecordMetadata]") -> None:
        self.waiting -= 1
        if not answer.cancelled() and (error := answer.exception()) is not None:
            self.refused[f"{type(error).__name__}: {error}"] += 1


async def send(
    cluster: Cluster, sendings: Iterator[Sending], stop: asyncio.Event, tally: Tally, until: int | None = None
) -> None:
    """Return when the stream ends, `until` (epoch ms) is reached or `stop` is set; what was sent is then delivered or refused."""
    # The default partitioner is murmur2 of the key, as the worker expects.
    producer = AIOKafkaProducer(**cluster.client("simulation"), enable_idempotence=True, linger_ms=5)
    await producer.start()
    try:
        await _send_all(producer, cluster, sendings, stop, tally, until)
    finally:
        await _stop(producer, tally)


async def _stop(producer: AIOKafkaProducer, tally: Tally) -> None:
    try:
        async with asyncio.timeout(END_SECONDS):
            await producer.stop()
    except TimeoutError:
        if tally.waiting:
            tally.refused[f"no answer within {END_SECONDS:.0f} s"] += tally.waiting


async def _send_all(
    producer: AIOKafkaProducer,
    cluster: Cluster,
    sendings: Iterator[Sending],
    stop: asyncio.Event,
    tally: Tally,
    until: int | None,
) -> None:
    for number, sending in enumerate(sendings, 1):
        if until is not None and sending.at >= until:
            await _sleep_until(until, stop)
            return
        await _sleep_until(sending.at, stop)
        if number % BREATH == 0:
            await asyncio.sleep(0)
        if stop.is_set():
            return
        answer = await producer.send(cluster.topic(sending.role), sending.value, sending.key)
        answer.add_done_callback(tally.heard)
        tally.count(sending, wall_ms())


async def _sleep_until(at: int, stop: asyncio.Event) -> None:
    """Return at the instant, or when `stop` is set."""
    while not stop.is_set() and (left := at - wall_ms()) > 0:
        try:
            await asyncio.wait_for(stop.wait(), left / 1000)
        except TimeoutError:
            continue
