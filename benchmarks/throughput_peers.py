"""What others do with the same tickets: a reader that does no work, Kafka Streams, an idiomatic Faust app."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.throughput_form import ROOT
from benchmarks.throughput_load import PARTITIONS, Load, canonical, plain
from benchmarks.throughput_slamon import judged
from benchmarks.throughput_topics import counted, forget, make
from benchmarks.throughput_watch import Stuck, Watch

STREAMS = ROOT.parent / "shared" / "peers" / "kafka-streams"
OURS = ("ks-tickets", "ks-outcomes", "ks-breaches")  # as Tickets.java names them
OUTCOME = (b'"outcome":',)
Measured = dict[str, Any]
Command = tuple[list[str], dict[str, str], Path]  # arguments, variables, folder


class Absent(Exception):
    """A peer that is not here, or cannot be built; the text says why."""


async def raw(bootstrap: str, folder: Path, ids: list[list[str]], processes: int) -> Measured:
    """Reading and writing each record again, by so many processes."""
    group = f"bench-{uuid.uuid4().hex[:8]}"
    source, target = f"{group}.tickets", f"{group}.raw"
    shares = [range(number, PARTITIONS, processes) for number in range(processes)]
    module = [sys.executable, "-m", "benchmarks.throughput_raw", bootstrap, source, target, group]
    commands: list[Command] = [([*module, *map(str, share)], {}, ROOT) for share in shares]
    load = Load(bootstrap, ids, canonical)
    try:
        await make(bootstrap, source, target)
        found, told = await _run(load, commands, Watch(bootstrap, group, source, target, load.events, []), folder)
        return found | {"processes": processes, "written": told, "correct": told == load.events}
    finally:
        await forget(bootstrap, f"{group}.")


async def streams(bootstrap: str, folder: Path, ids: list[list[str]], *, once: bool = True) -> Measured:
    """Kafka Streams with two threads, exactly once unless told otherwise."""
    built, app = _built(folder), f"bench-{uuid.uuid4().hex[:8]}"
    events = 4 * sum(map(len, ids))
    told = {"BOOTSTRAP": bootstrap, "APP_ID": app, "STATE_DIR": str(folder / app), "TOTAL": str(events), "THREADS": "2"}
    told |= {"CACHING": "off", "COMMIT_MS": "100", "EXTRA": "processing.guarantee=exactly_once_v2"} if once else {}
    command = ["java", "-Xms1g", "-Xmx1g", "-cp", f"{built}/target/ks-1.jar:{built}/lib/*", "ks.Tickets"]
    return await _peer(bootstrap, folder, ids, app, (command, told, built)) | {"threads": 2}


def _built(folder: Path) -> Path:
    """A copy of its folder with its jars; raises Absent."""
    if not STREAMS.is_dir():
        raise Absent(f"expected Kafka Streams in ../{STREAMS.relative_to(ROOT.parent)}, which is not there")
    if shutil.which("mvn") is None:
        raise Absent("expected mvn to build Kafka Streams with")
    built = folder / "kafka-streams"
    if not built.is_dir():
        shutil.copytree(STREAMS, built)
        command = ["mvn", "-q", "-B", "package", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
        done = subprocess.run(command, cwd=built, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Absent(f"expected mvn to build Kafka Streams, got {(done.stdout + done.stderr)[-800:]}")
    return built


async def faust(bootstrap: str, folder: Path, ids: list[list[str]]) -> Measured:
    """peers/faust_app.py, one worker."""
    app = f"bench-{uuid.uuid4().hex[:8]}"
    told = {"BOOTSTRAP": bootstrap, "APP_ID": app, "DATADIR": str(folder / app)}
    script = str(Path(__file__).parent / "peers" / "faust_app.py")
    command = [sys.executable, script, "worker", "--without-web", "-l", "warn"]
    return await _peer(bootstrap, folder, ids, app, (command, told, folder)) | {"workers": 1}


async def _peer(bootstrap: str, folder: Path, ids: list[list[str]], app: str, command: Command) -> Measured:
    load = Load(bootstrap, ids, plain)
    try:
        await forget(bootstrap, *OURS)
        await make(bootstrap, *OURS)
        watch = Watch(bootstrap, app, "ks-tickets", "ks-outcomes", load.events, [])
        found, _ = await _run(load, [command], watch, folder)
        said = await counted(bootstrap, "ks-outcomes", OUTCOME)
    finally:
        await forget(bootstrap, *OURS, app)
    return found | judged(said, sum(map(len, ids)))


async def _run(load: Load, commands: list[Command], watch: Watch, folder: Path) -> tuple[Measured, int]:
    """What it did with the load, which lies there when it starts, and by how much its output grew."""
    async with load:
        await load.write(watch.topic)
    log = folder / f"{uuid.uuid4().hex[:6]}.log"
    processes: list[subprocess.Popen[bytes]] = []
    try:
        async with watch:
            for arguments, variables, place in commands:
                with log.open("ab") as out:
                    env = os.environ | variables
                    processes.append(subprocess.Popen(arguments, env=env, cwd=place, stdout=out, stderr=out))  # noqa: ASYNC220
            watch.pids += [process.pid for process in processes]
            await watch.until_done(_all_alive(processes))
            return watch.figures(), watch.samples[-1].told - watch.samples[0].told
    except Stuck as stuck:
        raise Stuck(f"{stuck}\n{log.read_text(errors='replace')[-2000:]}") from stuck
    finally:
        for process in processes:
            end(process)


def _all_alive(processes: "list[subprocess.Popen[bytes]]") -> Callable[[], bool]:
    return lambda: all(process.poll() is None for process in processes)


def end(process: "subprocess.Popen[bytes]") -> None:
    """By SIGTERM; by SIGKILL if that takes too long."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
