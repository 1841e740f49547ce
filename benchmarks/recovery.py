"""How long a worker takes from the group's assignment until its partitions are ACTIVE, with many open clocks.

    python -m benchmarks.recovery [clocks ...]       (100000 and 1000000 unless told otherwise)

Real `slamon run` processes against a broker as the tests choose it (SLAMON_TEST_BOOTSTRAP, else docker or Maven). Three
ways in: an empty directory, the worker's own intact one, and a copy that is promoted when the owner is killed; then what
following costs. Prints a table and writes results/recovery.json.
"""

import asyncio
import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import orjson

from benchmarks import made_state
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.topics import admin_client, create
from tests.broker.choose import chosen_broker

PARTITIONS = 8
SIZES = (100_000, 1_000_000)
RESULT = Path(__file__).parent / "results" / "recovery.json"
LIMIT = 300.0
SESSION = "6s"
UPDATES = 10  # of every so many tickets one is written again while copies are level

Measured = dict[str, Any]


class Run:
    """A `slamon run` process and what its log says."""

    def __init__(self, settings: RuntimeSettings, name: str, folder: Path) -> None:
        self.datadir = folder / name
        self._log = folder / f"{name}-{uuid.uuid4().hex[:4]}.log"
        told = {
            "BOOTSTRAP": settings.bootstrap, "PREFIX": settings.prefix, "PARTITIONS": str(settings.partitions),
            "POLICIES": str(folder / "policy.yaml"), "DATADIR": str(self.datadir), "HTTP_PORT": "0",
            "STANDBY_REPLICAS": "1", "KAFKA__SESSION_TIMEOUT": SESSION, "KAFKA__HEARTBEAT_INTERVAL": "500ms",
        }  # fmt: skip
        environment = os.environ | {f"SLAMON_{key}": value for key, value in told.items()}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "slamon", "run"], env=environment, stdout=log, stderr=log
            )

    def said(self, event: str) -> list[Measured]:
        """Its log lines of this event so far."""
        lines = self._log.read_text(errors="replace").splitlines()
        return [told for line in lines if line.startswith("{") and (told := orjson.loads(line)).get("event") == event]

    async def wait(self, event: str, times: int) -> list[Measured]:
        """The last `times` lines of the event, once there are so many."""
        until = time.monotonic() + LIMIT
        while len(found := self.said(event)) < times:
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit(
                    f"expected {times} x {event}, got {len(found)}; its log: {self._log.read_text()[-3000:]}"
                )
            await asyncio.sleep(0.05)
        return found

    def memory(self) -> int:
        """Resident bytes now."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))

    def end(self, *, kill: bool = False) -> None:
        """By SIGTERM, unless it is to be as a machine that loses its power."""
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(30)


def on_disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


async def entered(run: Run, count: int, before: int = 0) -> Measured:
    """Of the last assignment: seconds until the last of its partitions was ACTIVE, and what was replayed meanwhile."""
    lines = (await run.wait("partition_entered", before + count))[before:]
    assert {line["state"] for line in lines} == {"active"}, lines
    seconds = max(line["milliseconds"] for line in lines) / 1000
    records = sum(line["records"] for line in run.said("partition_recovered")[before:])
    return {"seconds": seconds, "records": records, "records_per_second": round(records / seconds)}


async def measure(settings: RuntimeSettings, folder: Path, clocks: int) -> Measured:
    """Every way in, for so many clocks."""
    await create(settings.bootstrap, settings.prefix, settings.partitions)
    began = time.monotonic()
    records = await made_state.write(settings, clocks)
    found: Measured = {"clocks": clocks, "changelog_records": records, "written_in": round(time.monotonic() - began, 1)}
    print(f"{clocks} clocks: {records} changelog records written in {found['written_in']} s", file=sys.stderr)

    one = Run(settings, "one", folder)
    found["empty directory"] = await entered(one, PARTITIONS)
    found["bytes of memory"] = one.memory()
    one.end()
    found["bytes on disk"] = on_disk(one.datadir)
    one = Run(settings, "one", folder)
    found["intact directory"] = await entered(one, PARTITIONS)
    found["promoted copy"] = await _promoted(settings, folder, one)
    found["following"] = await following(settings, folder, clocks)
    return found


async def _promoted(settings: RuntimeSettings, folder: Path, one: Run) -> Measured:
    """A second worker joins, with nothing; once both have copies that are level the first is killed."""
    two = Run(settings, "two", folder)
    await two.wait("partition_entered", PARTITIONS // 2)
    await asyncio.gather(*(run.wait("standby_level", PARTITIONS // 2) for run in (one, two)))
    before = len(two.said("partition_entered"))
    began = time.monotonic()
    one.end(kill=True)
    try:
        found = await entered(two, PARTITIONS, before)
    finally:
        gone = time.monotonic() - began
        two.end()
    return found | {"seconds_from_kill": round(gone, 2), "session_timeout": SESSION}


async def following(settings: RuntimeSettings, folder: Path, clocks: int) -> Measured:
    """CPU microseconds a record: from nothing, and of updates that come while the copies are level."""
    command = [sys.executable, "-m", "benchmarks.following", settings.bootstrap, settings.prefix]
    process = subprocess.Popen(  # noqa: ASYNC220 - takes milliseconds
        [*command, str(folder / "copy"), str(settings.partitions)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        nothing = await _line(process)
        process.stdin.write(b"%d\n" % (number := _updates(settings, clocks)))
        process.stdin.flush()
        idle = await _line(process)
        await _write_again(settings, number)
        level = await _line(process)
    finally:
        process.stdin.close()
        process.wait(30)
    return {
        "from nothing, us of CPU a record": round(nothing["cpu"] / nothing["records"] * 1e6, 2),
        "level, us of CPU a record": round((level["cpu"] - idle["cpu"]) / number * 1e6, 2),
        "level, records": number,
    }


def _updates(settings: RuntimeSettings, clocks: int) -> int:
    """The records of `_write_again`."""
    clones = clocks // made_state.CLOCKS // settings.partitions // made_state.TEMPLATE
    return len(made_state.template()[0][-1]) * len(range(0, clones, UPDATES)) * settings.partitions


async def _write_again(settings: RuntimeSettings, number: int) -> None:
    """A reply to some tickets, which moves the instant to look at them next."""
    rows = made_state.template()[0][-1]
    each = number // settings.partitions // len(rows)
    for partition in range(settings.partitions):
        units = (made_state.clone(rows, n * UPDATES) for n in range(each))
        await made_state.write_partition(settings, partition, units)


async def _line(process: "subprocess.Popen[bytes]") -> Measured:
    """The next line that is not a word of a log."""
    assert process.stdout is not None
    while not (line := await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), LIMIT)).startswith(b"{"):
        if not line:
            raise SystemExit("expected benchmarks.following to go on, it ended")
    found: Measured = orjson.loads(line)
    return found


async def forget(settings: RuntimeSettings) -> None:
    admin = admin_client(settings.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([name for name in await admin.list_topics() if name.startswith(settings.prefix)])
    finally:
        await admin.close()


async def main(bootstrap: str, sizes: list[int]) -> list[Measured]:
    """Every size, each with topics and directories of its own that are gone afterwards."""
    found = []
    for clocks in sizes:
        with tempfile.TemporaryDirectory(prefix="slamon-recovery-") as folder:
            prefix = f"bench-{uuid.uuid4().hex[:8]}."
            settings = RuntimeSettings(bootstrap, Path(folder), PARTITIONS, prefix=prefix)
            (Path(folder) / "policy.yaml").write_text(made_state.POLICY)
            try:
                found.append(await measure(settings, Path(folder), clocks))
            finally:
                await forget(settings)
    return found


def machine() -> Measured:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}


def table(found: list[Measured]) -> str:
    """For people, and for the README."""
    rows = ["| clocks | way in | seconds to ACTIVE | changelog records | records/s |", "|---:|---|---:|---:|---:|"]
    for one in found:
        for way in ("empty directory", "intact directory", "promoted copy"):
            told = one[way]
            rate = f"{told['records_per_second']:,}" if told["records"] > 10_000 else ""
            rows.append(f"| {one['clocks']:,} | {way} | {told['seconds']:.2f} | {told['records']:,} | {rate} |")
    rows.append("")
    for one in found:
        cost, clocks = one["following"], one["clocks"]
        rows.append(
            f"{clocks:,} clocks: following costs {cost['from nothing, us of CPU a record']} us of CPU a record from nothing, "
            f"{cost['level, us of CPU a record']} while level; {one['bytes on disk'] / clocks:.0f} bytes on disk a clock, "
            f"{one['bytes of memory'] / (1 << 20):.0f} MiB of memory; killed to ACTIVE {one['promoted copy']['seconds_from_kill']} s"
            f" with a session of {SESSION}"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics that were just made have no leader for a moment
    with chosen_broker() as broker:
        results = asyncio.run(main(broker.bootstrap, [int(size) for size in sys.argv[1:]] or list(SIZES)))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_bytes(orjson.dumps({"machine": machine(), "results": results}, option=orjson.OPT_INDENT_2) + b"\n")
    print(table(results))
