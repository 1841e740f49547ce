"""What ends a worker that stands still (architecture.md 5: any doubt ends the process)."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from slamon.runtime.assignment import Assignment
from slamon.runtime.owned import OwnedPartition
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.watchdog import STALLED, LoopWatch


async def test_a_loop_that_stands_still_ends_the_process() -> None:
    codes: list[int] = []
    watch = asyncio.create_task(LoopWatch(0.5, codes.append).run())
    await asyncio.sleep(0.1)
    time.sleep(2.5)  # noqa: ASYNC251 - this is the fault
    watch.cancel()
    assert codes == [STALLED]


async def test_a_loop_that_turns_is_left_alone() -> None:
    codes: list[int] = []
    watch = asyncio.create_task(LoopWatch(0.9, codes.append).run())
    await asyncio.sleep(2.2)
    watch.cancel()
    assert codes == []


@dataclass
class Standing:
    lag: int


def partition(tmp_path: Path, lag: int, idle: float) -> tuple[Assignment, OwnedPartition]:
    settings = RuntimeSettings("none:1", tmp_path, 1, no_progress=30.0)
    ground = SimpleNamespace(settings=settings, hooks=SimpleNamespace(may_decide=lambda: True))
    assignment = Assignment(lambda _: None)
    assignment.ground = ground
    owned = assignment.owned[0] = OwnedPartition(0, 1, ground)
    owned.standing, owned.actor = Standing(lag), SimpleNamespace(progress_at=time.monotonic() - idle)
    owned._level_at = time.monotonic() - idle
    return assignment, owned


def test_a_partition_with_records_before_it_and_no_unit_for_long_is_stuck(tmp_path: Path) -> None:
    assignment, owned = partition(tmp_path, lag=5, idle=31)
    assert assignment.stuck() is owned


def test_a_partition_without_records_before_it_is_idle_not_stuck(tmp_path: Path) -> None:
    assignment, owned = partition(tmp_path, lag=0, idle=3600)
    assert assignment.stuck() is None
    owned.standing = Standing(1)  # the first record after a quiet hour
    assert assignment.stuck() is None


def test_while_the_policies_are_old_nobody_is_stuck(tmp_path: Path) -> None:
    assignment, _ = partition(tmp_path, lag=5, idle=31)
    assignment.ground.hooks.may_decide = lambda: False
    assert assignment.stuck() is None
