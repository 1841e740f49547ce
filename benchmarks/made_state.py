"""A changelog as a worker would have written it, for many tickets at once.

The engine decides units for some tickets (created, updated); what it wrote is repeated under other ticket ids
of the same length and committed by the worker's own writer. Two clocks a ticket; the changelog holds four records of
each ticket: two heads, the second of which replaces the first, and two rows of its log.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from slamon.engine.keys import APPLIED
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.engine.position import Position, encode_position
from slamon.policy_file import load
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.transaction import PartitionWriter
from slamon.sla.policy import Activation, PolicyBook

POLICY = """
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: quick}
spec:
  objectives:
    first_response: {targets: {P1: 8h, default: 24h}, warn: [50%]}
    resolution: {targets: {P1: 3d, default: 10d}, warn: [50%, 4h before]}
"""
TEMPLATE = 250
KINDS = ("created", "updated", "replied")  # the last is for copies that are level: it ends a clock and moves the timer
CLOCKS = 2  # a ticket
RECORDS = 4  # a ticket
UNIT = 8_000

Rows = dict[bytes, bytes | None]


class Taken(NamedTuple):
    """A record as the consumer delivers it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[()] = ()


def book_of(policy: str) -> PolicyBook:
    """The policy as the only version."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.yaml"
        path.write_text(policy)
        return PolicyBook((Activation(0, load([path], int(time.time() * 1000)).policies),))


def template(policy: str = POLICY) -> tuple[list[Rows], Position]:
    """What the engine writes for the tickets 0 to TEMPLATE, a unit for each of KINDS, and where it stands before the last."""
    store, begun = MemoryStore(), int(time.time() * 1000) - 60_000
    partition = Partition(0, 1, store, book_of(policy))
    units = []
    for number, kind in enumerate(KINDS):
        records = [_record(number * TEMPLATE + n, begun + number, _event(n, kind)) for n in range(TEMPLATE)]
        position = Position(open=partition.open.copy())
        unit = partition.on_batch("slamon.tickets", records, begun, None, caught_up=True)
        store.apply(unit)
        units.append({key: value for key, value in unit.writes.items() if key != APPLIED})
    return units, position


def _event(number: int, kind: str) -> dict[str, Any]:
    fields = {"status": "open", "priority": f"P{number % 4 + 1}", "group": f"g{number % 5}", "title": "some title"}
    by_kind: dict[str, dict[str, Any]] = {
        "created": {"fields": {**fields, "customer": f"cust-{number % 99}"}},
        "updated": {"fields": {"assignee": "x"}},
        "replied": {"by": "agent", "public": True},
    }
    return {"ticket": f"tk-{number:08}", "id": kind, "event": kind, "source": "x", **by_kind[kind]}


def _record(offset: int, at: int, event: dict[str, Any]) -> Taken:
    return Taken(offset, at, event["ticket"].encode(), orjson.dumps({**event, "at": at}))


def clone(rows: Rows, number: int) -> Rows:
    """The rows of the same history under the ids of the clone of this number."""
    if not number:
        return rows
    found: Rows = {}
    for row, value in rows.items():
        begin = row.index(b"tk-")
        old = row[begin : begin + 11]
        new = b"tk-%08d" % (number * TEMPLATE + int(old[3:]))
        found[row.replace(old, new)] = value and value.replace(old, new)
    return found


def units(tickets: int, policy: str = POLICY) -> Iterator[Rows]:
    """The whole changelog of one partition, unit by unit."""
    written, position = template(policy)
    written.pop()
    clones = tickets // TEMPLATE
    waiting: Rows = {}
    for rows in written:
        for number in range(clones):
            waiting |= clone(rows, number)
            if len(waiting) + 2 * TEMPLATE > UNIT:
                yield waiting
                waiting = {}
    # No source was read: the topics of the benchmark are empty. The counts of open clocks are those of all clones.
    open_clocks = {key: count * clones for key, count in position.open.items()}
    yield waiting | {APPLIED: encode_position(Position({}, type(position.open)(open_clocks), None))}


async def write(settings: RuntimeSettings, clocks: int, policy: str = POLICY) -> int:
    """The changelog records written, over all partitions."""
    each = clocks // CLOCKS // settings.partitions // TEMPLATE * TEMPLATE
    if not each:
        raise SystemExit(f"expected at least {CLOCKS * settings.partitions * TEMPLATE} clocks, got {clocks}")
    return sum([await write_partition(settings, number, units(each, policy)) for number in range(settings.partitions)])


async def write_partition(settings: RuntimeSettings, number: int, rows: Iterator[Rows]) -> int:
    """The records written; as a worker does it, in transactions under the partition's own id."""

    async def ours() -> None:
        await asyncio.sleep(0)

    writer, count = PartitionWriter(settings, number, ours), 0
    await writer.fence()
    try:
        for unit in rows:
            await writer.commit(unit, [])
            count += len(unit)
    finally:
        await writer.close()
    return count
