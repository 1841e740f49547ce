"""CPU time of the engine per record, in microseconds and as a multiple of decoding and encoding the record's JSON.

    python benchmarks/engine.py [runs [records in a batch [load]]]

`busy`: each of a ticket's four records changes what is promised of it. `steady`: two of the four only repeat fields that
stand already, as most trackers send them, and time runs by working hours and public holidays.
One process, one partition, a store in memory: what is measured is decoding, deciding and encoding, not Kafka or RocksDB.
Python's cyclic garbage collector is set as the worker sets it.
The multiple compares machines: it divides by orjson.loads and orjson.dumps of the same records in the same run.
"""

import gc
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import orjson

from slamon.engine.limits import COLLECT_AFTER
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.policy_file import load
from slamon.sla.policy import Activation, PolicyBook

POLICY = (Path(__file__).parent / "office.yaml").read_text()
TICKETS = 4_000
BEGIN = 1_767_600_000_000  # 2026-01-05 08:00Z, a Monday
END = BEGIN + 700_000
LOADS = ("busy", "steady")


class Taken(NamedTuple):
    """A record as the consumer delivers it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[()] = ()


def main(runs: int = 5, batch: int = 2_000, *loads: str) -> None:
    """Print the best of several runs, since other work on the machine only ever adds."""
    for shape in loads or LOADS:
        costs = measure(runs, batch, shape)
        print(f"{shape}: records of {TICKETS} tickets, batches of {batch}, best of {runs}, in us of CPU per record")
        for name, cost in costs.items():
            print(f"{name:>9} {cost:7.1f}  {cost / costs['json']:6.1f} x json")


def measure(runs: int, batch: int, shape: str = "busy") -> dict[str, float]:
    """Microseconds of CPU per record, the best of the runs."""
    book, records = _book(shape), _records(shape)
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    columns = zip(*(_measure(book, records, batch) for _ in range(runs)), strict=True)
    return {
        name: min(column) * 1e6 / len(records)
        for name, column in zip(("json", "on_batch", "on_tick"), columns, strict=True)
    }


def _measure(book: PolicyBook, records: list[Taken], batch: int) -> tuple[float, float, float]:
    """Seconds for JSON alone, for every batch, and for the ticks that send what the records led to."""
    begun = process_time()
    for record in records:
        orjson.dumps(orjson.loads(record.value))
    yardstick = process_time() - begun
    store = MemoryStore()
    partition = Partition(0, 1, store, book)
    return yardstick, _batches(partition, store, records, batch), _ticks(partition, store)


def _batches(partition: Partition, store: MemoryStore, records: list[Taken], batch: int) -> float:
    spent = 0.0
    for first in range(0, len(records), batch):
        begun = process_time()
        unit = partition.on_batch("slamon.tickets", records[first : first + batch], BEGIN, None, caught_up=False)
        spent += process_time() - begun
        assert "dead" not in {name for name, _ in unit.counts}
        store.apply(unit)
    return spent


def _ticks(partition: Partition, store: MemoryStore) -> float:
    spent, more = 0.0, True
    while more:
        begun = process_time()
        unit = partition.on_tick(END, END)
        spent += process_time() - begun
        store.apply(unit)
        more = unit.more
    return spent


def _book(shape: str) -> PolicyBook:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.yaml"
        path.write_text(_policy(shape))
        book = PolicyBook((Activation(0, load([path], BEGIN).policies),))
    _look_into_calendars(book)
    return book


def _look_into_calendars(book: PolicyBook) -> None:
    """What a process works out once is no cost of a record."""
    for policy in book.at(BEGIN).policies:
        for objective in policy.objectives:
            objective.calendar.exclusions(BEGIN, END)


def _policy(shape: str) -> str:
    return POLICY if shape == "steady" else POLICY.replace("calendar: office", "calendar: always")


def _records(shape: str) -> list[Taken]:
    told_of = _steady() if shape == "steady" else _busy()
    return [
        Taken(offset, BEGIN + offset, told["ticket"].encode(), orjson.dumps({**told, "at": BEGIN + offset}))
        for offset, told in enumerate(told_of)
    ]


def _steady() -> Iterator[dict[str, Any]]:
    """Created, told of twice without news, and resolved."""
    for record_id in ("created", "u1", "u2", "resolved"):
        kind = "updated" if record_id.startswith("u") else record_id
        for number in range(TICKETS):
            fields = {
                "priority": f"P{number % 4 + 1}",
                "group": f"queue-{number % 5}",
                "customer": f"cust-{number % 999}",
            }
            yield {**_event(number, kind, fields=fields), "id": record_id}


def _busy() -> Iterator[dict[str, Any]]:
    """Four records of each ticket, so far apart that each batch loads its tickets from the store again."""
    for number in range(TICKETS):
        fields = {"status": "open", "priority": f"P{number % 4 + 1}", "group": f"g{number % 5}"}
        who = {"customer": f"cust-{number % 999}", "title": "some title"}
        yield _event(number, "created", fields={**fields, **who})
    for number in range(TICKETS):
        yield _event(number, "updated", fields={"status": "open" if number % 3 else "pending", "assignee": "x"})
    for number in range(TICKETS):
        yield _event(number, "replied", by="agent", public=True)
    for number in range(TICKETS):
        yield _event(number, "resolved", fields={"status": "resolved"})


def _event(number: int, kind: str, **parts: Any) -> dict[str, Any]:
    return {"ticket": f"tk-{number:08}", "id": kind, "event": kind, "source": "x", **parts}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
