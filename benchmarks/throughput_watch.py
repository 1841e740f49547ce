"""What processes use, and how far a consumer group and the topic it writes have come, a few times a second."""

import asyncio
import os
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from benchmarks.throughput_load import PARTITIONS

EVERY = 0.2
QUIET = 2.5  # seconds without a further outcome: the last one is out
PATIENCE = 60.0
WARM = 0.2  # of the records are not timed: start, warming up and the writing of the load fall into them
TICKS = os.sysconf("SC_CLK_TCK")


class Stuck(Exception):
    """Nothing moved for too long, or a process has ended."""


class Sample(NamedTuple):
    at: float
    applied: int
    told: int  # ends of the output's partitions, together
    cpu: float
    busy: float  # seconds that all cores together have worked, for whomever


def family(pid: int) -> Iterator[int]:
    """The process and those it has started, that live."""
    yield pid
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = file.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def cpu_of(pid: int, file: Path | None = None) -> float:
    """Seconds so far, of all its threads, or of the one whose file this is; 0 once it is gone."""
    try:
        fields = (file or Path(f"/proc/{pid}/stat")).read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def threads_of(pid: int) -> dict[str, float]:
    """Seconds so far of the main thread, of RocksDB's, and of all others."""
    found = dict.fromkeys(("main", "rocksdb", "others"), 0.0)
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            name = (task / "comm").read_text()
            seconds = cpu_of(int(task.name), task / "stat")
        except OSError:
            continue
        kind = "main" if task.name == str(pid) else "rocksdb" if name.startswith("rocksdb") else "others"
        found[kind] += seconds
    return found


def peak_of(pid: int) -> int:
    """The most bytes it had resident; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def busy() -> float:
    """Seconds that the cores of the machine have worked."""
    user, nice, system, _idle, _wait, irq, soft, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + soft) / TICKS


class Watch:
    """Of one run: who reads `topic` as `group`, how far, and how far `output` has grown."""

    def __init__(self, bootstrap: str, group: str, topic: str, output: str, total: int, pids: list[int]) -> None:
        self._bootstrap, self._group, self.topic, self._total, self.pids = bootstrap, group, topic, total, pids
        self._output = [TopicPartition(output, number) for number in range(PARTITIONS)]
        self._cpu: dict[int, float] = {}
        self._peaks: dict[int, int] = {}
        self.samples: list[Sample] = []

    async def __aenter__(self) -> Self:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        self._ends = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, isolation_level="read_committed")
        await self._admin.start()
        await self._ends.start()
        await self._look()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()
        await self._ends.stop()

    async def _look(self) -> Sample:
        applied = await self._applied()
        ends = await self._ends.end_offsets(self._output)
        self._use()
        sample = Sample(time.monotonic(), applied, sum(ends.values()), sum(self._cpu.values()), busy())
        self.samples.append(sample)
        return sample

    async def _applied(self) -> int:
        """What the group has committed; as before while its coordinator is not to be had, which is so for a moment."""
        try:
            offsets = await self._admin.list_consumer_group_offsets(self._group)
        except KafkaError:
            return self.samples[-1].applied if self.samples else 0
        return sum(max(0, told.offset) for of, told in offsets.items() if of.topic == self.topic)

    def _use(self) -> None:
        for pid in {each for root in self.pids for each in family(root)}:
            self._cpu[pid] = max(cpu_of(pid), self._cpu.get(pid, 0.0))
            self._peaks[pid] = max(peak_of(pid), self._peaks.get(pid, 0))

    @property
    def peak(self) -> int:
        """Bytes, of all processes together."""
        return sum(self._peaks.values())

    async def until_done(self, alive: Callable[[], bool]) -> None:
        """Until all records are applied and no more outcomes come; raises Stuck."""
        moved, last = time.monotonic(), self.samples[-1]
        while not (last.applied >= self._total and last.at - moved > QUIET):
            await asyncio.sleep(EVERY)
            now = await self._look()
            if (now.applied, now.told) != (last.applied, last.told):
                moved = now.at
            elif now.at - moved > PATIENCE or not (alive() or now.applied >= self._total):
                raise Stuck(f"{self._group}: expected {self._total} records to be applied, got {now.applied}")
            last = now

    # -- what came of it

    def threads(self) -> dict[str, float]:
        """Shares of the processor time so far, by kind of thread; nothing of processes that are gone."""
        found = [threads_of(each) for root in self.pids for each in family(root)]
        total = sum(sum(one.values()) for one in found) or 1.0
        return {kind: round(sum(one[kind] for one in found) / total, 3) for kind in found[0]} if found else {}

    def figures(self) -> dict[str, float]:
        """Events/s and what they cost, from when a fifth was applied until the last outcome could be read."""
        warm, applied, done = self._at(WARM * self._total), self._at(self._total), self._done()
        timed = (1 - WARM) * self._total
        return {
            "events": self._total,
            "events_per_second": round(timed / (done.at - warm.at)),
            "applied_per_second": round(timed / (applied.at - warm.at)),
            "us_of_cpu_an_event": round((done.cpu - warm.cpu) / timed * 1e6, 2),
            "cores_used": round((done.cpu - warm.cpu) / (done.at - warm.at), 2),
            "cores_busy": round((done.busy - warm.busy) / (done.at - warm.at), 2),
            "seconds": round(done.at - self._first(), 1),
            "peak_bytes": self.peak,
        }

    def _first(self) -> float:
        """When the first record was applied, nearly."""
        return next(one.at for one, other in pairwise(self.samples) if other.applied)

    def _done(self) -> Sample:
        """When all was applied and the output had grown for the last time."""
        last = self.samples[-1]
        grown = next(one for one in self.samples if one.told == last.told)
        return max(grown, self._at(self._total))

    def _at(self, count: float) -> Sample:
        """Between two samples, the instant at which so many were applied."""
        index = bisect_left(self.samples, count, key=lambda one: one.applied)
        before, after = self.samples[max(0, index - 1)], self.samples[index]
        grown = after.applied - before.applied
        share = (count - before.applied) / grown if grown else 1.0
        return Sample(*(a + (b - a) * share for a, b in zip(before, after, strict=True)))  # type: ignore[arg-type]
