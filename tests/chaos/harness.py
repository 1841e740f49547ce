"""Many runs beside each other on one broker, their table, and the closing line."""

import asyncio
import shutil
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import orjson

from tests.chaos import load
from tests.chaos.broker import ChaosBroker
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.proxy import Proxy
from tests.chaos.run import Run
from tests.chaos.table import closing, table, told
from tests.chaos.verdict import Verdict

RUN_LIMIT = 280.0
REAL_START_MS = 9_000  # until workers stand


async def chaos(
    names: Sequence[str] | None,
    seeds: Iterable[int],
    at_once: int,
    mutant: str | None,
    record: Path | None,
    keep: Path | None,
) -> int:
    """0 when every run was good and its fault took place."""
    wanted = [(name, seed) for seed in seeds for name in (names or FAULTS)]
    verdicts = await play(wanted, at_once, mutant, record, keep)
    print(table(verdicts), closing(verdicts), sep="\n", flush=True)
    return 0 if all(verdict.good and verdict.struck for verdict in verdicts) else 1


async def play(
    wanted: Sequence[tuple[str, int]],
    at_once: int = 3,
    mutant: str | None = None,
    record: Path | None = None,
    keep: Path | None = None,
) -> list[Verdict]:
    """The verdicts, in the order in which the runs ended."""
    broker = await asyncio.to_thread(ChaosBroker)
    gate, verdicts = asyncio.Semaphore(at_once), []

    async def one(name: str, seed: int) -> None:
        async with gate:
            verdict = await _guarded(name, seed, broker, mutant, keep)
        verdicts.append(verdict)
        _tell(verdict, mutant, record)

    try:
        await asyncio.gather(*(one(name, seed) for name, seed in wanted))
    finally:
        broker.close()
    return verdicts


def _tell(verdict: Verdict, mutant: str | None, record: Path | None) -> None:
    print(told(verdict, mutant), flush=True)
    if record is not None:
        with record.open("ab") as file:
            file.write(orjson.dumps(dict(vars(verdict).items())) + b"\n")


async def _guarded(name: str, seed: int, broker: ChaosBroker, mutant: str | None, keep: Path | None) -> Verdict:
    """A run that itself breaks down is a failed one."""
    fault, began = FAULTS[name], time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="slamon-chaos-"))
    try:
        async with asyncio.timeout(RUN_LIMIT):
            verdict = (
                await _alone(name, fault, seed, folder / "run", mutant)
                if fault.alone
                else await _run(name, fault, seed, folder / "run", broker, None, mutant)
            )
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        verdict = Verdict(name, seed, other=[f"{type(error).__name__}: {error}"])
    verdict.seconds = round(time.monotonic() - began, 1)
    if keep is not None and not (verdict.good and verdict.struck):
        with suppress(OSError):
            shutil.copytree(
                folder / "run",
                keep / f"{name.replace(' ', '-')}-{seed}",
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns("faust"),
            )
    shutil.rmtree(folder, ignore_errors=True)
    return verdict


async def _alone(name: str, fault: Fault, seed: int, folder: Path, mutant: str | None) -> Verdict:
    broker = await asyncio.to_thread(ChaosBroker)
    proxy = Proxy(broker.proxy_port, broker.behind_port)
    try:
        await proxy.start()
        return await _run(name, fault, seed, folder, broker, proxy, mutant)
    finally:
        await proxy.stop()
        broker.close()


async def _run(
    name: str, fault: Fault, seed: int, folder: Path, broker: ChaosBroker, proxy: Proxy | None, mutant: str | None
) -> Verdict:
    made = load.real(seed, int(time.time() * 1000) + REAL_START_MS) if fault.real else fault.make(seed)
    run = Run(name, seed, made, broker, proxy, f"c{uuid.uuid4().hex[:8]}.", folder, _doors(fault, name, seed), mutant)
    watching: list[asyncio.Task[None]] = []
    try:
        await run.prepare()
        watching = [asyncio.create_task(run.fleet.watch())]
        producing = asyncio.create_task(run.produce())
        await fault.play(run)
        await producing
        verdict = await run.finish()
        if fault.then is not None:
            await fault.then(run, verdict)
        return verdict
    finally:
        for task in watching:
            task.cancel()
        await run.close()


def _doors(fault: Fault, name: str, seed: int) -> frozenset[str]:
    draw = Random(f"{name}/{seed}/doors")
    wanted = fault.doors if fault.doors is not None else draw.random() < 0.4
    return frozenset({"tickets", "uptime"} if wanted else ())
