"""Workers as processes under an orchestrator: one that ends unasked is started again, as Kubernetes would."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from slamon.runtime.faultpoints import VARIABLE
from tests.chaos import stepped
from tests.service_live.live import Worker

ROOT = Path(__file__).parents[2]
PARTITIONS = 3
RESTART_AFTER = 0.2
STOP_LIMIT = 10.0


class Code(NamedTuple):
    """What a worker runs: the words behind `python -m`, and where."""

    module: tuple[str, ...]
    root: Path


@dataclass
class Slot:
    """One worker by name, across its restarts."""

    name: str
    worker: Worker
    environment: Mapping[str, str]
    wanted: bool = True
    ends: list[str] = field(default_factory=list)  # how each life ended


@dataclass
class Fleet:
    """All workers of a run. `ends` tells how lives ended; `close` leaves no process behind."""

    settings: Mapping[str, str]
    folder: Path
    adopt: Callable[["subprocess.Popen[bytes]"], None]
    mutant: str | None = None
    slots: dict[str, Slot] = field(default_factory=dict)
    lives: list[Worker] = field(default_factory=list)
    slowest_stop: float = 0.0
    codes: dict[str, Code] = field(default_factory=dict)  # of workers by name, where it is not this code

    def start(self, name: str, fault: str | None = None, **environment: str) -> Slot:
        """A worker of that name, wanted from now on; `fault` strikes in its first life alone."""
        slot = Slot(name, self._launch(name, {**environment, **({VARIABLE: fault} if fault else {})}), environment)
        if name in self.slots:
            slot.ends = self.slots[name].ends
        self.slots[name] = slot
        return slot

    def _launch(self, name: str, environment: Mapping[str, str]) -> Worker:
        told = {
            **self.settings,
            "SLAMON_DATADIR": str(self.folder / name),
            "SLAMON_INSTANCE_ID": name,
            **environment,
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SLAMON_")}
        usual = ["tests.chaos.stepped"] if stepped.VARIABLE in told else ["slamon", "run"]
        module = ["tests.chaos.mutants", self.mutant] if self.mutant else usual
        log = self.folder / f"{name}-{len(self.lives)}.log"
        with log.open("wb") as out:
            code = self.codes.get(name, Code(tuple(module), ROOT))
            command = [sys.executable, "-m", *code.module]
            process = subprocess.Popen(command, cwd=code.root, env={**kept, **told}, stdout=out, stderr=out)
        self.adopt(process)
        self.lives.append(worker := Worker(process, log))
        return worker

    async def watch(self) -> None:
        """Start again whatever ended unasked, until cancelled."""
        while True:
            for slot in self.slots.values():
                if slot.wanted and (code := slot.worker.process.poll()) is not None:
                    slot.ends.append(_how(code, slot.worker))
                    await asyncio.sleep(RESTART_AFTER)
                    slot.worker = self._launch(slot.name, slot.environment)
            await asyncio.sleep(0.1)

    def kill(self, name: str) -> None:
        """SIGKILL; the orchestrator starts it again."""
        self.slots[name].worker.send(signal.SIGKILL)

    def stop(self, name: str) -> None:
        self.slots[name].worker.send(signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.slots[name].worker.send(signal.SIGCONT)

    async def leave(self, name: str) -> int:
        """SIGTERM, for good; its exit code. Takes note of how long that took."""
        slot = self.slots[name]
        slot.wanted, began = False, time.monotonic()
        slot.worker.send(signal.SIGTERM)
        code = await slot.worker.ended(40)
        self.slowest_stop = max(self.slowest_stop, time.monotonic() - began)
        slot.ends.append(f"SIGTERM: {code}")
        return code

    async def down(self, name: str) -> None:
        """SIGKILL, for good."""
        slot = self.slots[name]
        slot.wanted = False
        slot.worker.send(signal.SIGKILL)
        await slot.worker.ended()
        slot.ends.append("SIGKILL")

    async def said(self, name: str, event: str, times: int = 1, seconds: float = 60) -> bool:
        """Whether the present life of the worker logs the event so often within the time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(self.slots[name].worker.said(event)) >= times:
                return True
            await asyncio.sleep(0.1)
        return False

    def struck(self) -> bool:
        """Whether any life reached its fault point."""
        return any(life.said("fault_point_reached") for life in self.lives)

    def standing(self) -> bool:
        """Whether every worker that is wanted lives, and all partitions are entered: silence means something then."""
        workers = [slot.worker for slot in self.slots.values() if slot.wanted]
        entered = sum(len(worker.said("partition_entered")) for worker in workers)
        return all(worker.process.poll() is None for worker in workers) and entered >= PARTITIONS

    def frozen(self, name: str) -> bool:
        """Whether its process stands still (state T)."""
        stat = Path(f"/proc/{self.slots[name].worker.process.pid}/stat")
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "T"

    def sentences(self) -> list[str]:
        """Why lives ended, in their own words."""
        found = [line for life in self.lives for line in life.logged()]
        return [str(line["reason"]) for line in found if line.get("event") in ("worker_must_end", "worker_crashed")]

    def close(self) -> None:
        for life in self.lives:
            if life.process.poll() is None:
                life.process.send_signal(signal.SIGCONT)
                life.process.kill()
                life.process.wait()


def _how(code: int, worker: Worker) -> str:
    if code < 0:
        return signal.Signals(-code).name
    told = [
        line
        for line in worker.logged()
        if line.get("event") in ("worker_must_end", "worker_crashed", "event_loop_stalled", "stop_took_too_long")
    ]
    return f"{code}: {told[-1]['event']}" if told else f"{code}"


def settings_of(
    bootstrap: str, prefix: str, policies: Path, *, records: bool, inputs: list[dict[str, str]]
) -> dict[str, str]:
    """The variables all workers of a run share: short time-outs, so that a run takes seconds."""
    return {
        "SLAMON_BOOTSTRAP": bootstrap,
        "SLAMON_PREFIX": prefix,
        "SLAMON_PARTITIONS": str(PARTITIONS),
        "SLAMON_POLICIES": json.dumps([str(policies)]),
        "SLAMON_CLOCK": "records" if records else "wall",
        "SLAMON_HTTP_HOST": "127.0.0.1",
        "SLAMON_HTTP_PORT": "0",
        "SLAMON_KAFKA__SESSION_TIMEOUT": "6s",
        "SLAMON_KAFKA__HEARTBEAT_INTERVAL": "1s",
        "SLAMON_KAFKA__REBALANCE_TIMEOUT": "10s",
        "SLAMON_KAFKA__TRANSACTION_TIMEOUT": "4s",
        "SLAMON_KAFKA__STOP_TIMEOUT": "5s",
        "SLAMON_KAFKA__PROGRESS_TIMEOUT": "20s",
        "SLAMON_LIMITS__SETTLE": "3s",
        **({"SLAMON_INPUTS": json.dumps(inputs)} if inputs else {}),
    }
