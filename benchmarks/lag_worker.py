"""A worker under benchmarks/lag.py: what goes in, how far it is, what it takes of memory and processor."""

import asyncio
import os
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.lag_facts import Breaches
from benchmarks.lag_load import Lives, Sender, deadlines, due_ticket, now_ms
from benchmarks.recovery import Run
from slamon.runtime.settings import RuntimeSettings

TICK = os.sysconf("SC_CLK_TCK")
LIMIT = 240.0
LOOK = 0.25  # seconds between two looks at what is applied

Measured = dict[str, Any]


@dataclass
class Watched:
    """A worker with what goes in and comes out."""

    settings: RuntimeSettings
    run: Run
    sender: Sender
    breaches: Breaches
    lives: Lives
    due: list[str] = field(default_factory=list)  # tickets whose deadline has passed, or will

    async def applied(self) -> int:
        """Records of `tickets` that are applied, as the worker counts them."""
        name = b'slamon_records_total{topic="tickets"}'
        lines = (await asyncio.to_thread(_metrics, self.run.said("http_started")[0]["port"])).splitlines()
        return next((int(float(line.split()[-1])) for line in lines if line.startswith(name)), 0)

    async def level(self) -> None:
        """Return when everything that was sent is applied."""
        until = time.monotonic() + LIMIT
        while (applied := await self.applied()) < self.sender.sent:
            if time.monotonic() > until or self.run.process.poll() is not None:
                raise SystemExit(f"expected {self.sender.sent} records to be applied, got {applied}")
            await asyncio.sleep(LOOK)

    async def owe(self, name: str, first: int, apart_ms: float, count: int) -> list[str]:
        """The tickets that will be due from the instant on, once the worker knows of them."""
        tickets = [due_ticket(name, number) for number in range(count)]
        self.due += tickets
        await self.sender.send(deadlines(name, first, apart_ms, count))
        await self.level()
        if now_ms() > first:
            raise SystemExit(f"expected to be ready before the first deadline, was {now_ms() - first} ms late")
        return tickets


def _metrics(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        told: bytes = answer.read()
    return told


def memory(run: Run) -> Measured:
    """Resident now, and at most so far."""
    lines = Path(f"/proc/{run.process.pid}/status").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return {"resident": found["VmRSS"], "most": found["VmHWM"]}


def processor(run: Run) -> float:
    """Seconds of processor time of all its threads so far."""
    parts = Path(f"/proc/{run.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK
