"""The records of benchmarks/lag.py and the pace at which they are sent: lives of new tickets, words on old ones, deadlines."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from benchmarks import made_state
from slamon.engine.partitioner import partition_of
from slamon.runtime.settings import RuntimeSettings

TARGET_MS = 3_600_000
POLICY = f"""{made_state.POLICY.strip()}
---
apiVersion: slamon/v1
kind: TicketSLA
metadata: {{name: due}}
spec:
  level: service
  when: {{group: due}}
  objectives:
    resolution: {{targets: {{default: 1h}}}}
"""
APART = 100  # so many tickets begin between two records of one ticket
TURN = 0.02  # seconds
LIFE = (
    b'"event":"created","fields":{"status":"open","priority":"P1","group":"g1","customer":"cust-7","title":"some title"}',
    b'"event":"updated","fields":{"assignee":"x"}',
    b'"event":"replied","by":"agent","public":true',
    b'"event":"resolved","fields":{"status":"resolved"}',
)
MET = {2: "first_response", 3: "resolution"}  # which of these meets which promise
OPENED = b'"event":"created","fields":{"status":"open","priority":"P1","group":"due","title":"some title"}'


class Record(NamedTuple):
    """One record whose instant is not known yet."""

    ticket: bytes
    id: bytes
    rest: bytes

    def value(self, at: int) -> bytes:
        return b'{"ticket":"%b","id":"%b","at":%d,"source":"x",%b}' % (self.ticket, self.id, at, self.rest)


class Lives:
    """Endless records: half of them the four of new tickets, half updates of tickets that the made state holds."""

    def __init__(self, there: int) -> None:
        self._there = there
        self.sent = [0] * len(LIFE)  # tickets of which the record of this place was given out, the first ones
        self._records = self._all()

    def take(self, count: int) -> Iterator[Record]:
        return (next(self._records) for _ in range(count))

    def met(self) -> Iterator[tuple[str, str]]:
        """(ticket, objective) of every promise that was met."""
        for place, objective in MET.items():
            for number in range(self.sent[place]):
                yield f"ld-{number:08}", objective

    def _all(self) -> Iterator[Record]:
        number = 0
        while True:
            for place, rest in enumerate(LIFE):
                if (ticket := number - place * APART) >= 0:
                    self.sent[place] = ticket + 1
                    yield Record(b"ld-%08d" % ticket, b"%d" % place, rest)
                known = (number * len(LIFE) + place) * 7_919 % self._there
                yield Record(b"tk-%08d" % known, b"u%d-%d" % (number, place), LIFE[1])
            number += 1


class Sender:
    """Sends to `tickets`, a batch a partition and turn; `sent` counts what the broker has acked."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._settings = settings
        self._producer = AIOKafkaProducer(**settings.client("load"), max_batch_size=1 << 20, acks=1)
        self._topic = settings.topic("tickets")
        self.sent = 0

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def send(self, stamped: Iterable[tuple[Record, int]]) -> None:
        """Every record with its instant; returns once they are acked."""
        batches: dict[int, BatchBuilder] = {}
        acks = []
        for record, at in stamped:
            number = partition_of(record.ticket, self._settings.partitions)
            value = record.value(at)
            batch = batches.get(number)
            if batch is None or batch.append(key=record.ticket, value=value, timestamp=None) is None:
                if batch is not None:
                    acks.append(await self._out(number, batch))
                batches[number] = self._producer.create_batch()
                batches[number].append(key=record.ticket, value=value, timestamp=None)
            self.sent += 1
        acks += [await self._out(number, batch) for number, batch in batches.items()]
        await asyncio.gather(*acks)

    async def _out(self, number: int, batch: BatchBuilder) -> "asyncio.Future[object]":
        sending: asyncio.Future[object] = await self._producer.send_batch(batch, self._topic, partition=number)
        return sending

    async def pace(self, lives: Lives, rate: float, seconds: float) -> float:
        """So many records a second for so long; the rate that came of it."""
        begun, done = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < seconds:
            count = int(passed * rate) - done
            at = now_ms()
            await self.send((record, at) for record in lives.take(count))
            done += count
            await asyncio.sleep(max(0.0, TURN - (time.monotonic() - begun - passed)))
        return done / (time.monotonic() - begun)


def deadlines(name: str, first: int, apart_ms: float, count: int) -> Iterator[tuple[Record, int]]:
    """New tickets that are due from the instant on, one after the other; with the instants they were created at."""
    for number in range(count):
        ticket = due_ticket(name, number).encode()
        yield Record(ticket, b"0", OPENED), first + int(number * apart_ms) - TARGET_MS


def due_ticket(name: str, number: int) -> str:
    return f"due-{name}-{number:06}"


def now_ms() -> int:
    return time.time_ns() // 1_000_000
