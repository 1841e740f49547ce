"""Many runs beside each other on one broker, their table, and the closing line."""

import asyncio
import shutil
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import orjson

from tests.chaos import load
from tests.chaos.broker import ChaosBroker
from tests.chaos.faults import FAULTS, Fault, Wish
from tests.chaos.proxy import Proxy
from tests.chaos.run import Run
from tests.chaos.table import told
from tests.chaos.verdict import Verdict

REAL_START_MS = 9_000  # until workers stand


@dataclass(frozen=True)
class Harness:
    """`record` takes one JSON line a run, `keep` the logs of failed ones."""

    at_once: int = 3
    record: Path | None = None
    keep: Path | None = None

    async def play(self, wishes: Sequence[Wish]) -> list[Verdict]:
        """The verdicts, in the order in which the runs ended; each is told as it comes."""
        broker = await asyncio.to_thread(ChaosBroker)
        gate, verdicts = asyncio.Semaphore(self.at_once), []

        async def one(wish: Wish) -> None:
            async with gate:
                verdict = await self._guarded(wish, broker)
            verdicts.append(verdict)
            self._tell(verdict)

        try:
            await asyncio.gather(*map(one, wishes))
        finally:
            broker.close()
        return verdicts

    def _tell(self, verdict: Verdict) -> None:
        print(told(verdict), flush=True)
        if self.record is not None:
            with self.record.open("ab") as file:
                file.write(orjson.dumps(dict(vars(verdict).items())) + b"\n")

    async def _guarded(self, wish: Wish, broker: ChaosBroker) -> Verdict:
        """A run that itself breaks down is a failed one."""
        began, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="slamon-chaos-"))
        try:
            async with asyncio.timeout(FAULTS[wish.fault].limit):
                alone = FAULTS[wish.fault].alone
                verdict = await (_alone(wish, folder / "run") if alone else _run(wish, folder / "run", broker, None))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            verdict = Verdict(wish.fault, wish.seed, other=[f"{type(error).__name__}: {error}"])
        verdict.seconds, verdict.mutant = round(time.monotonic() - began, 1), wish.mutant
        if self.keep is not None and not verdict.good:
            _keep(folder / "run", self.keep / f"{wish.fault.replace(' ', '-')}-{wish.seed}")
        shutil.rmtree(folder, ignore_errors=True)
        return verdict


def _keep(folder: Path, where: Path) -> None:
    with suppress(OSError, shutil.Error):
        shutil.copytree(folder, where, dirs_exist_ok=True, ignore=shutil.ignore_patterns("faust"))


async def _alone(wish: Wish, folder: Path) -> Verdict:
    broker = await asyncio.to_thread(ChaosBroker)
    proxy = Proxy(broker.proxy_port, broker.behind_port)
    try:
        await proxy.start()
        return await _run(wish, folder, broker, proxy)
    finally:
        await proxy.stop()
        broker.close()


async def _run(wish: Wish, folder: Path, broker: ChaosBroker, proxy: Proxy | None) -> Verdict:
    fault = FAULTS[wish.fault]
    made = load.real(wish.seed, int(time.time() * 1000) + REAL_START_MS) if fault.real else fault.make(wish.seed)
    run = Run(
        wish.fault,
        wish.seed,
        made,
        broker,
        proxy,
        f"c{uuid.uuid4().hex[:8]}.",
        folder,
        _doors(fault, wish),
        wish.mutant,
        patience=fault.limit / 2,
        inputs_say=fault.inputs,
    )
    tasks: list[asyncio.Task[None]] = []
    try:
        await run.prepare()
        tasks = [asyncio.create_task(run.fleet.watch()), asyncio.create_task(run.produce())]
        await fault.play(run)
        await tasks[1]
        verdict = await run.finish()
        if fault.then is not None:
            await fault.then(run, verdict)
        return verdict
    finally:
        for task in tasks:
            task.cancel()
        await run.close()


def _doors(fault: Fault, wish: Wish) -> frozenset[str]:
    draw = Random(f"{wish.fault}/{wish.seed}/doors")
    wanted = fault.doors if fault.doors is not None else draw.random() < 0.4
    return frozenset({"tickets", "uptime"} if wanted else ())
