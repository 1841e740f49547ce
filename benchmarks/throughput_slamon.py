"""slamon under the load: real `slamon run` processes that are ACTIVE before the first record is written."""

import asyncio
import os
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import orjson

from benchmarks.throughput_load import PARTITIONS, POLICY, Load, canonical
from benchmarks.throughput_topics import counted, forget, written
from benchmarks.throughput_watch import Stuck, Watch
from slamon.runtime.topics import create
from tests.broker.model import free_ports

START = 120.0
ENDED = (b'"what":"met"', b'"what":"missed"')
Measured = dict[str, Any]


class Worker:
    """A `slamon run`; `wrap` is a command that runs it, such as a profiler."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, place: Path, wrap: str) -> None:
        (self.port,) = free_ports(1)
        name = uuid.uuid4().hex[:6]
        self._log, self.datadir = folder / f"{name}.log", folder / name
        told = {
            "BOOTSTRAP": bootstrap, "PREFIX": prefix, "PARTITIONS": str(PARTITIONS), "HTTP_HOST": "127.0.0.1",
            "POLICIES": str(folder / "policy.yaml"), "DATADIR": str(self.datadir), "HTTP_PORT": str(self.port),
        }  # fmt: skip
        environment = os.environ | {f"SLAMON_{key}": value for key, value in told.items()}
        environment["PYTHONPATH"] = str(place)
        with self._log.open("wb") as log:
            command = [*shlex.split(wrap), sys.executable, "-m", "slamon", "run"]
            self.process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def form(self) -> str:
        """As its own log tells it."""
        lines = (orjson.loads(line) for line in self.log.splitlines() if line.startswith("{"))
        return str(next(line["form"] for line in lines if line.get("event") == "worker_started"))

    def active(self) -> int:
        """Its partitions that let facts leave."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=2) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return 0
        return sum(
            int(float(line.split()[-1])) for line in lines if line.startswith('slamon_partitions{state="active"}')
        )

    def end(self) -> None:
        """By SIGTERM; by SIGKILL if that takes too long."""
        if not self.alive:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


async def measure(
    bootstrap: str, folder: Path, ids: list[list[str]], number: int, place: Path, wrap: str = ""
) -> Measured:
    """What so many workers of the slamon in `place` do with the load."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}."
    (folder / "policy.yaml").write_text(POLICY)
    workers: list[Worker] = []
    try:
        await create(bootstrap, prefix, PARTITIONS)
        async with Load(bootstrap, ids, canonical) as load:
            workers += [Worker(bootstrap, prefix, folder, place, wrap) for _ in range(number)]
            await _ready(workers)
            found = await _run(bootstrap, prefix, workers, load)
        for worker in workers:
            worker.end()
        said = await counted(bootstrap, prefix + "outcomes", ENDED)
        found |= await _sizes(bootstrap, prefix, load.events) | {"bytes_on_disk": sum(map(on_disk, workers))}
    except Stuck as stuck:
        raise Stuck("\n".join([str(stuck), *(worker.log[-2000:] for worker in workers)])) from stuck
    finally:
        for worker in workers:
            worker.end()
        await forget(bootstrap, prefix)
    return found | {"form": workers[0].form(), "workers": number} | judged(said, sum(map(len, ids)))


async def _ready(workers: list[Worker]) -> None:
    """Return when the partitions are spread and all are ACTIVE."""
    until, shares = time.monotonic() + START, [0]
    while sum(shares) != PARTITIONS or max(shares) - min(shares) > 1:
        if time.monotonic() > until or not all(worker.alive for worker in workers):
            raise Stuck(f"expected {len(workers)} workers that share {PARTITIONS} active partitions, got {shares}")
        await asyncio.sleep(0.3)
        shares = [await asyncio.to_thread(worker.active) for worker in workers]


async def _run(bootstrap: str, prefix: str, workers: list[Worker], load: Load) -> Measured:
    pids = [worker.process.pid for worker in workers]
    print(f"  {len(pids)} workers, process ids {', '.join(map(str, pids))}: writing the load", file=sys.stderr)
    group, topic = prefix.rstrip("."), prefix + "tickets"
    async with Watch(bootstrap, group, topic, prefix + "outcomes", load.events, pids) as watch:
        waiting = asyncio.create_task(watch.until_done(lambda: all(worker.alive for worker in workers)))
        try:
            took = await load.write(topic)
            await waiting
        finally:
            waiting.cancel()
        return watch.figures() | {"load_written_in": round(took, 1), "threads": watch.threads()}


def judged(said: tuple[int, int], tickets: int) -> Measured:
    """One final fact for each ticket, since its policy has one objective."""
    return {"outcomes": said[0], "tickets_with_outcome": said[1], "correct": said == (tickets, tickets)}


async def _sizes(bootstrap: str, prefix: str, events: int) -> Measured:
    """What an event adds to the topics, before compaction and without replicas."""
    records, size = await written(bootstrap, prefix + "changelog")
    facts, of_fact = await written(bootstrap, prefix + "outcomes")
    return {
        "changelog_records_an_event": round(records / events, 3),
        "changelog_bytes_an_event": round(records * size / events),
        "outcome_bytes_an_event": round(facts * of_fact / events),
    }


def on_disk(worker: Worker) -> int:
    """Bytes of its local state."""
    return sum(file.stat().st_size for file in worker.datadir.rglob("*") if file.is_file())
