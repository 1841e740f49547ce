"""The load: lives of tickets, four records each, in the words of slamon and in those of the peers.

Per partition in blocks of 50,000 tickets, one phase after the other: created, updated, updated, resolved, a millisecond
between two records. Of slamon's records a third waits for the customer between its updates, and of every twentieth ticket
the first update comes after the second, so that its life is worked out again.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import orjson
from aiokafka import AIOKafkaProducer

from slamon.engine.partitioner import partition_of

PARTITIONS = 4
BLOCK = 50_000
PHASES = ("created", "updated", "updated again", "resolved")
LATE = 20  # of every so many tickets the updates come in the wrong order
WAITS = 3
BATCH = 512 * 1024
PRIORITIES = ("low", "normal", "high", "urgent")
QUEUES = ("billing-emea", "support-tier2", "logistics-apac", "returns-amer")

# Open on all days but holidays, so that clocks run whenever this is run.
POLICY = """
apiVersion: slamon/v1
kind: Calendar
metadata: {name: office}
spec:
  zone: Europe/Berlin
  hours: {mon-sun: ['00:00-12:00', '12:30-24:00']}
  holidays: {country: DE, subdivision: BE}
---
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: office}
spec:
  calendar: office
  pause: {status: pending}
  objectives:
    resolution: {targets: {urgent: 4h, high: 8h, default: 16h}, warn: [50%, {at: 15m before, severity: critical}]}
"""

Pair = tuple[bytes, bytes]
Form = Callable[[str, int, int, int, int], bytes]  # ticket, its number, phase, at, milliseconds between phases


def tickets(events: int) -> list[list[str]]:
    """Ids for each partition, equally many, where Kafka's default partitioner puts them."""
    each = events // len(PHASES) // PARTITIONS
    found: list[list[str]] = [[] for _ in range(PARTITIONS)]
    number = full = 0
    while full < PARTITIONS:
        ticket = f"tk-{number:010}"
        number += 1
        home = found[partition_of(ticket.encode(), PARTITIONS)]
        if len(home) < each:
            home.append(ticket)
            full += len(home) == each
    return found


def records(ids: list[str], form: Form, begin: int) -> Iterator[Pair]:
    """The records of one partition in their order, the first of them at `begin`."""
    at = begin
    for first in range(0, len(ids), BLOCK):
        block = ids[first : first + BLOCK]
        for phase in range(len(PHASES)):
            for ticket in block:
                yield ticket.encode(), form(ticket, int(ticket[3:]), phase, at, len(block))
                at += 1


def canonical(ticket: str, number: int, phase: int, at: int, apart: int) -> bytes:
    """As slamon reads it from the topic `tickets`."""
    if number % LATE == 0 and phase in (1, 2):
        phase = 3 - phase  # what was second comes first, and the other one says that it was before it
        at -= apart * 4 // 3 if phase == 1 else 0
    told: dict[str, Any] = {
        "ticket": ticket,
        "id": PHASES[phase],
        "at": at,
        "source": "bench",
        "fields": _fields(number, phase),
    }
    return orjson.dumps(told | {"event": PHASES[phase].split()[0]})


def _fields(number: int, phase: int) -> dict[str, Any]:
    if phase == 0:
        who = {"customer": f"cust-{number % 99_991:08}", "group": QUEUES[number >> 2 & 3]}
        return {"status": "open", "priority": PRIORITIES[number & 3], "title": "Mail is down since noon", **who}
    if phase == 1:
        return {"status": "open" if number % WAITS else "pending", "assignee": f"agent-{number % 97}"}
    return {"status": "open"} if phase == 2 else {"status": "resolved"}


def plain(ticket: str, number: int, phase: int, at: int, _apart: int) -> bytes:
    """As the peers read it: one flat object with everything they look at."""
    return b'{"ticket_id":"%s","event":"%s","priority":"%s","ts":%d,"customer":"cust-%08d","queue":"%s"}' % (
        ticket.encode(), PHASES[phase].split()[0].encode(), PRIORITIES[number & 3].encode(), at,
        number % 99_991, QUEUES[number >> 2 & 3].encode(),
    )  # fmt: skip


class Load:
    """Made before it is written, so that making it takes nothing from whoever reads it."""

    def __init__(self, bootstrap: str, ids: list[list[str]], form: Form) -> None:
        self._bootstrap, self._ids, self._form = bootstrap, ids, form
        self.events = sum(map(len, ids)) * len(PHASES)
        self._batches: list[list[Any]] = []

    async def __aenter__(self) -> Self:
        """Made: the last record says now, less a little, so that none is of the future."""
        self._producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, max_batch_size=BATCH, acks=1)
        await self._producer.start()
        begin = int(time.time() * 1000) - self.events // PARTITIONS - 60_000
        self._batches = [self._packed(records(ids, self._form, begin)) for ids in self._ids]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    def _packed(self, pairs: Iterator[Pair]) -> list[Any]:
        packed = [batch := self._producer.create_batch()]
        for key, value in pairs:
            if batch.append(key=key, value=value, timestamp=None) is None:
                batch.close()
                packed.append(batch := self._producer.create_batch())
                batch.append(key=key, value=value, timestamp=None)
        return packed

    async def write(self, topic: str) -> float:
        """Seconds it took until the broker had the last record."""
        began, sent = time.monotonic(), []
        for turn in range(max(map(len, self._batches))):
            for number, batches in enumerate(self._batches):
                if turn < len(batches):
                    sent.append(await self._producer.send_batch(batches[turn], topic, partition=number))
            while len(sent) > 2 * PARTITIONS:
                await sent.pop(0)
        for future in sent:
            await future
        self._batches = []
        return time.monotonic() - began
