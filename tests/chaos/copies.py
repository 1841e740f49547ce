"""Faults of workers that keep copies of each other's partitions (`standby_replicas`): whoever takes over goes on with one."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable

from tests.chaos.fleet import PARTITIONS
from tests.chaos.run import Run

COPIES = {"SLAMON_STANDBY_REPLICAS": "1"}
TAKE_OVER = 60.0


async def owner_killed(run: Run) -> None:
    """For good, under load: the other one takes over with its copies."""
    await _level(run, "one", "two")
    await run.at(run.draw.uniform(0.4, 0.9))
    await run.fleet.down("one")
    run.struck &= await run.fleet.said("two", "partition_entered", 3, TAKE_OVER)


async def owner_frozen(run: Run) -> None:
    """Until its copies are promoted; then it wakes up, and what it still writes must count for nothing."""
    await _level(run, "one", "two")
    await run.at(run.draw.uniform(0.4, 0.8))
    run.fleet.stop("one")
    run.struck &= await run.fleet.said("two", "partition_entered", 3, TAKE_OVER)
    run.fleet.go_on("one")
    await asyncio.sleep(2)


async def copies_lost(run: Run) -> None:
    """The one that kept them comes back with an empty disk, and the owner dies before or after they are level again."""
    await _level(run, "one", "two")
    await run.at(run.draw.uniform(0.2, 0.5))
    await run.fleet.down("two")
    shutil.rmtree(run.fleet.folder / "two", ignore_errors=True)
    run.fleet.start("two", **COPIES)
    run.struck &= await run.fleet.said("two", "worker_started")
    await asyncio.sleep(run.draw.uniform(0, 6))
    await run.fleet.down("one")
    run.struck &= await run.fleet.said("two", "partition_entered", 3, TAKE_OVER)


def killed_again_and_again(workers: int) -> Callable[[Run], Awaitable[None]]:
    """At random, each started again: partitions and copies change places all the time."""

    async def play(run: Run) -> None:
        names = ["one", "two", "three"][:workers]
        await _level(run, *names)
        for share in sorted(run.draw.uniform(0.1, 1.0) for _ in range(4)):
            await run.at(share)
            run.fleet.kill(run.draw.choice(names))
            await asyncio.sleep(run.draw.uniform(0, 3))

    return play


async def _level(run: Run, *names: str) -> None:
    """Workers among which every partition has a copy that is level with it."""
    for name in names:
        run.fleet.start(name, **COPIES)
    run.struck = await run.until(lambda: _copies(run) >= PARTITIONS, 60)


def _copies(run: Run) -> int:
    return sum(len(slot.worker.said("standby_level")) for slot in run.fleet.slots.values())
