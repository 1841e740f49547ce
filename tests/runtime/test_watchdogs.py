"""What ends a worker that stands still (architecture.md 5: any doubt ends the process)."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from aiokafka.errors import GroupAuthorizationFailedError
from faust.types import TP

from slamon.runtime import memory
from slamon.runtime.assignment import Assignment
from slamon.runtime.doubts import Doubts
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.owned import OwnedPartition
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.state import State
from slamon.runtime.tasks import why_over
from slamon.runtime.watchdog import STALLED, LoopWatch


async def test_a_loop_that_stands_still_ends_the_process() -> None:
    codes: list[int] = []
    watch = asyncio.create_task(LoopWatch(0.5, codes.append).run())
    await asyncio.sleep(0.1)
    with structlog.testing.capture_logs() as logs:
        time.sleep(2.5)  # noqa: ASYNC251 - this is the fault
    watch.cancel()
    assert codes == [STALLED]
    assert "test_a_loop_that_stands_still_ends_the_process" in logs[0]["where"][0], "it says what everybody waits for"


async def test_a_loop_that_turns_is_left_alone() -> None:
    codes: list[int] = []
    watch = asyncio.create_task(LoopWatch(0.9, codes.append).run())
    await asyncio.sleep(2.2)
    watch.cancel()
    assert codes == []


@dataclass
class Standing:
    """One source with `lag` records before it, all of them delivered to the actor."""

    lag: int

    @property
    def proofs(self) -> dict[str, SimpleNamespace]:
        return {"tickets": SimpleNamespace(end=self.lag)}


def partition(tmp_path: Path, lag: int) -> tuple[Assignment, OwnedPartition]:
    settings = RuntimeSettings("none:1", tmp_path, 1, no_progress=30.0)
    ground = SimpleNamespace(settings=settings, hooks=SimpleNamespace(may_decide=lambda: True))
    assignment = Assignment(lambda _: None)
    assignment.ground = ground
    owned = assignment.owned[0] = OwnedPartition(0, 1, ground)
    owned.standing, owned._expected = Standing(lag), {"tickets": lag}
    owned.actor = SimpleNamespace(progress_at=1.0, has_due=False, state=State.ACTIVE)
    return assignment, owned


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the monotonic clock stand that many seconds after the start."""
    return lambda seconds: monkeypatch.setattr("slamon.runtime.owned.time.monotonic", lambda: 1_000.0 + seconds)


def seen_every_second(assignment: Assignment, later: Callable[[float], None], first: int, end: int) -> str | None:
    sentence = None
    for second in range(first, end):
        later(second)
        sentence = sentence or assignment.stuck()
    return sentence


def test_a_partition_with_records_before_it_and_no_unit_for_long_is_stuck(tmp_path: Path, later: Any) -> None:
    assignment, _ = partition(tmp_path, lag=5)
    assert seen_every_second(assignment, later, 0, 30) is None
    sentence = seen_every_second(assignment, later, 30, 33)
    assert sentence == (
        "partition 0: expected progress within 30 s, got none (deciding) with 5 records before it (state active); "
        "the worker ends"
    )


def test_a_partition_that_decides_slowly_is_not_stuck(tmp_path: Path, later: Any) -> None:
    assignment, owned = partition(tmp_path, lag=5)
    for unit in range(10):
        owned.actor.progress_at = float(unit)
        assert seen_every_second(assignment, later, unit * 29, unit * 29 + 29) is None


def test_a_partition_without_records_before_it_is_idle_not_stuck(tmp_path: Path, later: Any) -> None:
    assignment, owned = partition(tmp_path, lag=0)
    assert seen_every_second(assignment, later, 0, 3600) is None
    owned.standing = Standing(1)  # the first record after a quiet hour
    assert seen_every_second(assignment, later, 3600, 3630) is None


def test_a_partition_whose_deadlines_are_due_and_do_not_fire_is_stuck(tmp_path: Path, later: Any) -> None:
    assignment, owned = partition(tmp_path, lag=0)
    owned.actor.has_due = True
    assert "got none (deciding) with 0 records" in str(seen_every_second(assignment, later, 0, 40))


def test_a_source_that_is_not_fetched_is_found_though_the_other_one_goes_on(tmp_path: Path, later: Any) -> None:
    """Faust issue 629: a partition that nobody fetches after a rebalance."""
    assignment, owned = partition(tmp_path, lag=5)
    owned._expected = {"tickets": 2}
    for second in range(60):
        later(second)
        owned.actor.progress_at = float(second)  # units of the other source
        if (sentence := assignment.stuck()) is not None:
            break
    assert "got none (reading tickets)" in str(sentence)
    owned._holding = True  # it is not fetched because its actor has enough
    assert seen_every_second(assignment, later, 61, 81) is None


def test_a_process_that_was_frozen_as_a_whole_is_given_its_time(tmp_path: Path, later: Any) -> None:
    assignment, _ = partition(tmp_path, lag=5)
    assert seen_every_second(assignment, later, 0, 10) is None
    assert seen_every_second(assignment, later, 600, 610) is None


def test_while_the_policies_are_old_nobody_is_stuck_and_afterwards_the_count_begins_anew(
    tmp_path: Path, later: Any
) -> None:
    assignment, _ = partition(tmp_path, lag=5)
    assert seen_every_second(assignment, later, 0, 20) is None
    assignment.ground.hooks.may_decide = lambda: False
    assert seen_every_second(assignment, later, 20, 90) is None
    assignment.ground.hooks.may_decide = lambda: True
    assert seen_every_second(assignment, later, 90, 120) is None
    assert seen_every_second(assignment, later, 120, 123) is not None


@pytest.mark.parametrize("state", [State.FENCING, State.CATCHING_UP])
def test_a_partition_that_never_enters_is_stuck_after_twice_the_time(tmp_path: Path, later: Any, state: State) -> None:
    assignment, owned = partition(tmp_path, lag=0)
    owned.actor, owned.standing, owned._state = None, None, state
    assert seen_every_second(assignment, later, 0, 60) is None
    assert f"within 60 s, got none ({state})" in str(seen_every_second(assignment, later, 60, 63))


def test_a_recovery_is_stuck_when_its_position_stands_and_not_while_it_waits_for_its_turn(
    tmp_path: Path, later: Any
) -> None:
    assignment, owned = partition(tmp_path, lag=0)
    owned.actor, owned.standing, owned._state = None, None, State.RECOVERING
    assert seen_every_second(assignment, later, 0, 300) is None
    owned.progress.end = 1000
    for tenth in range(10):
        owned.progress.position = tenth * 100
        assert seen_every_second(assignment, later, 300 + tenth * 50, 350 + tenth * 50) is None
    sentence = seen_every_second(assignment, later, 800, 870)
    assert "got none (recovering) with 100 records before it" in str(sentence)


class Uncommitted:
    thread_dead = False
    group_error: BaseException | None = None

    def __init__(self) -> None:
        self.known: dict[str, object] = {}

    def uncommitted(self) -> dict[str, object]:
        return self.known


def doubts(tmp_path: Path, **settings: Any) -> tuple[Doubts, Uncommitted]:
    consumer = Uncommitted()
    told = RuntimeSettings("none:1", tmp_path, 1, **settings)
    return Doubts(told, Assignment(lambda _: None), lambda: consumer), consumer


def test_a_group_offset_that_does_not_follow_ends_the_worker(tmp_path: Path, later: Any) -> None:
    ours, consumer = doubts(tmp_path)
    consumer.known = {"jira[2]": 17}
    for second in range(31):
        later(second)
        ours.check()
    later(31)
    with pytest.raises(WorkerMustEnd, match=r"jira\[2\]: expected the group offset to follow .* no commit for 31 s"):
        ours.check()
    consumer.known = {"jira[2]": 18}
    ours.check()


def test_a_consumer_thread_that_is_over_ends_the_worker(tmp_path: Path) -> None:
    ours, consumer = doubts(tmp_path)
    ours.check()
    consumer.thread_dead = True
    with pytest.raises(WorkerMustEnd, match="thread of the Kafka consumer"):
        ours.check()


def test_a_group_that_nobody_talks_to_any_more_ends_the_worker(tmp_path: Path) -> None:
    ours, consumer = doubts(tmp_path)
    consumer.group_error = GroupAuthorizationFailedError("slamon.worker")
    with pytest.raises(WorkerMustEnd, match=r"stay in touch with the group .*, got GroupAuthorizationFailedError"):
        ours.check()


def test_too_much_memory_ends_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, _ = doubts(tmp_path, memory_limit=100 << 20)
    monkeypatch.setattr("slamon.runtime.doubts.resident_bytes", lambda: 100 << 20)
    ours.check()
    monkeypatch.setattr("slamon.runtime.doubts.resident_bytes", lambda: 130 << 20)
    with pytest.raises(WorkerMustEnd, match="expected at most 100 MiB of memory, got 130 MiB"):
        ours.check()


def test_what_may_be_held_is_most_of_what_the_control_group_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "LIMITS", (tmp_path / "nothing", limit))
    limit.write_text("1000000\n")
    assert memory.allowed_bytes() == 950_000
    for none in ("max\n", f"{(1 << 63) - 4096}\n"):
        limit.write_text(none)
        assert memory.allowed_bytes() is None


def test_memory_is_what_the_process_holds() -> None:
    before = memory.resident_bytes()
    held = bytearray(b"x" * (64 << 20))
    assert memory.resident_bytes() - before > 48 << 20
    del held


async def test_a_task_that_is_over_says_why() -> None:
    async def fails() -> None:
        raise ValueError("its own reason")

    async def returns() -> None:
        return

    failed, over, cancelled = (asyncio.create_task(each, name="one") for each in (fails(), returns(), asyncio.sleep(9)))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait([failed, over, cancelled])
    assert str(why_over(failed)) == "its own reason"
    assert "task one: expected it to live as long as the worker, it returned" in str(why_over(over))
    assert "it was cancelled" in str(why_over(cancelled))


async def test_a_partition_asked_to_leave_may_be_cancelled(tmp_path: Path) -> None:
    told: list[BaseException] = []
    assignment = Assignment(told.append)
    task = asyncio.create_task(asyncio.sleep(9))
    task.add_done_callback(partial(assignment._ended, 0))
    task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert told == []


async def test_a_partition_that_does_not_hear_of_its_cancellation_is_asked_again(tmp_path: Path) -> None:
    """Closing a consumer, aiokafka suppresses the cancellation of whoever waits for it."""
    told: list[BaseException] = []
    assignment, owned = Assignment(told.append), OwnedPartition(0, 1, SimpleNamespace())

    async def deaf() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(9)
        await asyncio.sleep(9)

    assignment.owned, assignment._tasks = {0: owned}, {0: asyncio.create_task(deaf())}
    await asyncio.sleep(0)
    await assignment.drain(5)
    assert (told, assignment.owned) == ([], {})


def test_a_worker_that_is_given_different_partitions_of_its_topics_ends(tmp_path: Path) -> None:
    settings = RuntimeSettings("none:1", tmp_path, 2)
    given = {TP(settings.changelog, 0), TP("slamon.tickets", 0), TP("slamon.uptime", 1)}
    ground = SimpleNamespace(settings=settings, consumer=SimpleNamespace(assignment=lambda: given))
    with pytest.raises(WorkerMustEnd, match=r"slamon\.uptime: expected the same partitions as .* \[0\], got \[1\]"):
        Assignment(lambda _: None).begin(ground, {TP(settings.changelog, 0)}, set(), 1)
