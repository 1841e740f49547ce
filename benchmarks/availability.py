"""What a service costs that is watched every minute: CPU time per record, and how large its state gets.

    python benchmarks/availability.py [days]

One process, one partition, a store in memory, units of one hour, then a tick. `flapping` is down in every other minute.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import NamedTuple

import orjson

from slamon.engine.keys import SERVICE
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.policy_file import load
from slamon.sla.policy import Activation, PolicyBook

POLICY = """
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {{name: measured}}
spec:
  period: {period}
  objectives:
    availability: {{target: 99.9%, warn: [50%, 15m before]{burns}}}
"""
KEY = b"checkout"
BEGIN = 1_767_225_600_000  # 2026-01-01
MINUTE, HOUR = 60_000, 3_600_000
STANDARD = ", burn_rates: standard"
CASES = {
    "healthy, month": ("month", "", False),
    "flapping, month": ("month", "", True),
    "flapping, month, burn rates": ("month", STANDARD, True),
    "flapping, rolling 30 days": ("30d rolling", "", True),
    "flapping, rolling 30 days, burn rates": ("30d rolling", STANDARD, True),
}


class Taken(NamedTuple):
    """A record as the consumer delivers it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[()] = ()


def main(days: int = 365) -> None:
    """Print a line for each case."""
    print(f"{days} days of a record each minute; per record us of CPU; bytes at the end, of the head at its largest")
    print(f"{'case':<40}{'us':>7}{'head':>9}{'rows':>9}{'bytes':>12}")
    for name, (period, burns, flapping) in CASES.items():
        cost, head, store = _measure(_book(period, burns), days, flapping=flapping)
        size = sum(len(key) + len(value) for key, value in store.pairs.items())
        print(f"{name:<40}{cost:>7.0f}{head:>9}{len(store.pairs):>9}{size:>12}")


def _measure(book: PolicyBook, days: int, *, flapping: bool) -> tuple[float, int, MemoryStore]:
    """Microseconds per record, the largest head, and the store."""
    store = MemoryStore()
    partition = Partition(0, 1, store, book)
    spent, largest = 0.0, 0
    for hour, records in enumerate(_hours(days, flapping=flapping)):
        begun = process_time()
        store.apply(partition.on_batch("slamon.uptime", records, BEGIN, None, caught_up=True))
        more = True
        while more:
            unit = partition.on_tick(BEGIN + (hour + 1) * HOUR, BEGIN + (hour + 1) * HOUR)
            store.apply(unit)
            more = unit.more
        spent += process_time() - begun
        largest = max(largest, len(store.pairs[SERVICE.head_key(KEY.decode())]))
    return spent * 1e6 / (days * 24 * 60), largest, store


def _hours(days: int, *, flapping: bool) -> Iterator[list[Taken]]:
    for hour in range(days * 24):
        yield [_record(hour * 60 + minute, down=flapping and minute % 2 == 1) for minute in range(60)]


def _record(minute: int, *, down: bool) -> Taken:
    at = BEGIN + minute * MINUTE
    told = {"service": KEY.decode(), "at": at, "state": "down" if down else "up", "id": str(minute)}
    return Taken(minute, at, KEY, orjson.dumps(told))


def _book(period: str, burns: str) -> PolicyBook:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policies.yaml"
        file.write_text(POLICY.format(period=period, burns=burns))
        return PolicyBook((Activation(0, load([file], BEGIN).policies),))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
