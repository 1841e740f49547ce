"""Ways to break a worker from inside its own process, for the tests of the watchdogs (tests/integration/test_watchdogs.py)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupAuthorizationFailedError

from slamon.runtime import run
from slamon.runtime.actor import Actor
from slamon.runtime.app import Worker
from slamon.runtime.changelog_reader import ChangelogReader
from slamon.runtime.consumer_thread import SlaConsumerThread
from slamon.runtime.memory import resident_bytes
from slamon.runtime.owned import OwnedPartition
from slamon.runtime.placement import SlaAssignor
from slamon.runtime.transaction import PartitionWriter
from slamon.runtime.transport import SlaConsumer
from slamon.runtime.wall import wall_ms

SLOW = 0.2  # seconds
AFTER = 2.0  # seconds in which the worker does what it should


async def _for_ever(*_: Any, **__: Any) -> None:
    await asyncio.Event().wait()


def _soon(worker: Worker, do: Callable[[], object]) -> None:
    """Once the first partition is entered, and `AFTER` seconds later."""

    async def wait() -> None:
        while not any(partition.actor for partition in worker.partitions):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        await asyncio.sleep(AFTER)
        do()

    worker._kept = asyncio.create_task(wait())


def loop_stalls(worker: Worker) -> None:
    _soon(worker, lambda: time.sleep(60))


def partition_task_is_cancelled(worker: Worker) -> None:
    """As a library does that cancels what it was awaited by."""
    _soon(worker, lambda: worker.assignment._tasks.get(0).cancel())


def partition_task_returns(worker: Worker) -> None:
    async def run_no_more(self: Actor) -> None:
        await asyncio.sleep(AFTER)

    Actor.run = run_no_more


def sampler_is_cancelled(worker: Worker) -> None:
    _soon(worker, lambda: next(task for task in worker._tasks if "Sampler" in task.get_name()).cancel())


def agent_raises(worker: Worker) -> None:
    def put(_self: OwnedPartition, _batch: Any) -> None:
        raise RuntimeError("an agent of the tests")

    OwnedPartition.put = put


def actor_hangs(worker: Worker) -> None:
    Actor._batches = _for_ever


def tick_hangs(worker: Worker) -> None:
    Actor._ticks = _for_ever


def fencing_hangs(worker: Worker) -> None:
    PartitionWriter.fence = _for_ever


def recovery_stands_still(worker: Worker) -> None:
    async def pieces(self: ChangelogReader, start: int, end: int) -> AsyncIterator[tuple[list[Any], int]]:
        while True:
            await asyncio.sleep(0.2)
            yield [], start

    ChangelogReader.pieces = pieces


def commit_hangs(worker: Worker) -> None:
    SlaConsumer._commit = _for_ever


def fetch_raises(worker: Worker) -> None:
    async def fetch(*_: Any, **__: Any) -> None:
        raise RuntimeError("a fetch of the tests")

    _soon(worker, lambda: setattr(SlaConsumerThread, "_fetch_records", fetch))


def thread_hangs(worker: Worker) -> None:
    async def fetch(*_: Any, **__: Any) -> None:
        time.sleep(60)  # noqa: ASYNC251 - this is the fault

    _soon(worker, lambda: setattr(SlaConsumerThread, "_fetch_records", fetch))


def thread_ends(worker: Worker) -> None:
    def stop() -> None:
        loop = worker.app.consumer._thread.thread_loop
        loop.call_soon_threadsafe(loop.stop)

    _soon(worker, stop)


def group_routine_ends(worker: Worker) -> None:
    """As it did by an assertion of Faust's about what the group answered."""

    def refuse(*_: Any) -> None:
        raise RuntimeError("an answer of the tests")

    SlaAssignor.on_assignment = refuse


def group_is_refused(worker: Worker) -> None:
    """As by an access list that changed."""

    async def refuse(*_: Any) -> None:
        raise GroupAuthorizationFailedError(worker.settings.group)

    _soon(worker, lambda: setattr(GroupCoordinator, "_do_heartbeat", refuse))


def one_source_is_not_fetched(worker: Worker) -> None:
    """While the other one is: Faust issue 629."""
    getmany = SlaConsumerThread.getmany

    async def some(self: SlaConsumerThread, active: Any, timeout: float) -> Any:
        return await getmany(self, {tp for tp in active if not tp.topic.endswith("tickets")}, timeout)

    SlaConsumerThread.getmany = some


def a_fetch_is_lost(worker: Worker) -> None:
    """The second that brings records."""
    getmany, seen = SlaConsumerThread.getmany, []

    async def most(self: SlaConsumerThread, active: Any, timeout: float) -> Any:
        fetched = await getmany(self, active, timeout)
        seen.extend([1] if any(fetched.values()) else [])
        return await getmany(self, active, timeout) if len(seen) == 2 and any(fetched.values()) else fetched

    SlaConsumerThread.getmany = most


def _tell_what_is_held(worker: Worker) -> None:
    """A line each 50 ms: `held <wall ms> <records> <bytes> <lag> <resident bytes>`, over all partitions of sources and inputs."""

    async def tell() -> None:
        while True:
            inboxes = [partition.actor.inbox for partition in worker.partitions if partition.actor]
            queued = [batch for queue, _ in worker.lanes._lanes.values() for batch in queue._queue]
            records = sum(box.records for box in inboxes) + sum(len(batch.records) for batch in queued)
            size = sum(box.bytes for box in inboxes) + sum(batch.size for batch in queued)
            lag = sum(proof.lag for proof in worker._proofs().values())
            print(f"held {wall_ms()} {records} {size} {lag} {resident_bytes()}", flush=True)
            await asyncio.sleep(0.05)

    worker._telling = asyncio.create_task(tell())


def commits_are_slow(worker: Worker) -> None:
    _tell_what_is_held(worker)
    commit = PartitionWriter.commit

    async def slow(self: PartitionWriter, *unit: Any) -> Any:
        await asyncio.sleep(SLOW)
        return await commit(self, *unit)

    PartitionWriter.commit = slow


def intake_is_slow(worker: Worker) -> None:
    _tell_what_is_held(worker)
    intake = worker.hooks.intake

    async def slow(*batch: Any) -> None:
        await asyncio.sleep(5 * SLOW)
        await intake(*batch)

    worker.hooks.intake = slow


def nothing_breaks(worker: Worker) -> None:
    _tell_what_is_held(worker)


def stop_hangs(worker: Worker) -> None:
    run.STOP_SECONDS = 2.0
    worker.stop = _for_ever


BREAKS: dict[str, Callable[[Worker], None]] = {
    each.__name__: each
    for each in (
        loop_stalls, partition_task_is_cancelled, partition_task_returns, sampler_is_cancelled, agent_raises, actor_hangs,
        tick_hangs, fencing_hangs, recovery_stands_still, commit_hangs, fetch_raises, thread_hangs, thread_ends,
        group_routine_ends, group_is_refused,
        one_source_is_not_fetched, a_fetch_is_lost, stop_hangs, commits_are_slow, intake_is_slow, nothing_breaks,
    )
}  # fmt: skip
