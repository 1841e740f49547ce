"""Events a second on one core: the rules alone over events in memory, and `slamon replay` from a file to its tables.

    python benchmarks/replay.py [runs [tickets]]

Four records of each ticket over its two working days: created, updated, replied, resolved. A third of them waits for the
customer meanwhile. Working hours with a lunch break and public holidays; one promise in two steps of warning, one in one.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any

import orjson

from slamon.cli import main as slamon
from slamon.policy_file import load
from slamon.sla.canonical import parse
from slamon.sla.coverage import Rules
from slamon.sla.fold import refold
from slamon.sla.policy import Activation, PolicyBook

POLICY = Path(__file__).parent / "office.yaml"
TICKETS = 4_000
MINUTE = 60_000
BEGIN = 1_767_225_600_000  # 2026-01-01
APART = 11 * MINUTE  # so that all hours of a month see some


def measure(tickets: int = TICKETS) -> dict[str, float]:
    """Events a second of CPU time."""
    records = sorted(_records(tickets), key=lambda record: record["at"])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tickets.jsonl"
        file.write_bytes(b"\n".join(map(orjson.dumps, records)))
        fold = _fold(records)
        begun = process_time()
        told = io.StringIO()
        assert slamon(["replay", str(file), "--policies", str(POLICY)], told, told) == 0, told.getvalue()
        return {"fold": len(records) / fold, "replay": len(records) / (process_time() - begun)}


def _fold(records: list[dict[str, Any]]) -> float:
    """Seconds for every ticket through the rules, and time to the end of the month, once the calendar was looked into."""
    rules = Rules(PolicyBook((Activation(0, load([POLICY], BEGIN).policies),)))
    of_ticket: dict[str, list[Any]] = {}
    for record in records:
        of_ticket.setdefault(record["ticket"], []).append(parse(record))
    end = records[-1]["at"] + 1
    refold(rules, "warm", next(iter(of_ticket.values())), end)
    begun = process_time()
    for ticket, events in of_ticket.items():
        refold(rules, ticket, events, end)
    return process_time() - begun


def _records(tickets: int) -> Iterator[dict[str, Any]]:
    for number in range(tickets):
        opened = BEGIN + number * APART
        fields = {"status": "open", "priority": f"P{number % 4 + 1}", "group": f"g{number % 5}"}
        who = {"customer": f"cust-{number % 999}", "title": "some title"}
        yield _event(number, opened, "created", fields={**fields, **who})
        yield _event(number, opened + 20 * MINUTE, "updated", fields={"status": "open" if number % 3 else "pending"})
        yield _event(number, opened + 90 * MINUTE, "replied", by="agent", public=True)
        yield _event(number, opened + 1500 * MINUTE, "resolved", fields={"status": "resolved"})


def _event(number: int, at: int, kind: str, **parts: Any) -> dict[str, Any]:
    return {"ticket": f"tk-{number:08}", "id": kind, "at": at, "event": kind, "source": "x", **parts}


def main(runs: int = 5, tickets: int = TICKETS) -> None:
    """Print the best of several runs, since other work on the machine only ever takes."""
    measured = [measure(tickets) for _ in range(runs)]
    for name in measured[0]:
        print(f"{name:>9} {max(one[name] for one in measured):9,.0f} events/s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
