"""What the group gave this worker in this generation, to own or to copy: begun when Faust has assigned it, drained when it revokes."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from aiokafka import TopicPartition
from faust.types import TP

from slamon.runtime.batch import Batch
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.owned import Ground, OwnedPartition
from slamon.runtime.patience import Stall
from slamon.runtime.proof import SourceProof
from slamon.runtime.standbys import Standbys
from slamon.runtime.state import State
from slamon.runtime.tasks import why_over

Fail = Callable[[BaseException], None]

RECOVERING = frozenset({State.FENCING, State.RECOVERING})
ASK_AGAIN_SECONDS = 0.5


class Assignment:
    """All owned partitions; `fail` is called with whatever ends the process. `ground` is laid when the worker starts."""

    def __init__(self, fail: Fail) -> None:
        self._fail = fail
        self.ground: Ground | None = None
        self.owned: dict[int, OwnedPartition] = {}
        self.standbys = Standbys(self._calm)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._begun: int | None = None

    def begin(self, ground: Ground, changelogs: Iterable[TP], copies: Iterable[TP], generation: int) -> None:
        """The partitions of `changelogs` are ours from now on, those of `copies` another worker's; each has a task of its own.

        A call for a generation that was already begun, or that another rebalance has overtaken (its partitions are no
        longer those assigned), is a late callback of Faust and does nothing.
        """
        numbers, copied = {tp.partition for tp in changelogs}, {tp.partition for tp in copies}
        if generation == self._begun or numbers | copied != _assigned(ground, ground.settings.changelog):
            return
        _check_copartitioned(ground, numbers)
        self._begun, self.ground = generation, ground
        ground.stores.close_all_but(numbers | copied)
        for number in sorted(numbers):
            partition = self.owned[number] = OwnedPartition(number, generation, ground)
            task = self._tasks[number] = asyncio.create_task(partition.live(), name=f"partition-{number}")
            task.add_done_callback(partial(self._ended, number))
        self.standbys.begin(ground, copied)

    def _calm(self) -> bool:
        return not any(partition.state in RECOVERING for partition in self.owned.values())

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        """A task that was asked to end may be cancelled; one that owns its partition may not be over."""
        ours = self._tasks.get(number) is task
        if ours or (not task.cancelled() and task.exception() is not None):
            self._fail(why_over(task))

    def route(self, batch: Batch) -> None:
        """To its partition; what is not owned any more is dropped and read again by whoever owns it."""
        if (partition := self.owned.get(batch.tp.partition)) is not None:
            partition.put(batch)

    async def drain(self, seconds: float) -> None:
        """Units in flight come to their end, unstarted batches are dropped, nothing is owned or followed afterwards."""
        await self.standbys.end()
        leaving, self.owned = self.owned, {}
        tasks, self._tasks = self._tasks, {}
        if tasks:
            late = await _asked_to_leave(leaving, tasks, seconds)
            if late:
                raise WorkerMustEnd(
                    f"expected the units in flight to end within {seconds:.0f} s of a revocation, got {len(late)} "
                    f"partitions still at work; the worker ends and the broker aborts their transactions"
                )
        await asyncio.gather(*(partition.close() for partition in leaving.values()))

    # -- for the sampler and the watchdogs

    def proofs(self) -> dict[TopicPartition, SourceProof]:
        """Of every source that is being read."""
        return {
            TopicPartition(topic, number): proof
            for number, partition in self.owned.items()
            if partition.standing is not None
            for topic, proof in partition.standing.proofs.items()
        }

    def sampled(self, *, settling: bool) -> None:
        """Ends were asked for: wake who has something due."""
        for partition in self.owned.values():
            if partition.actor is not None:
                partition.actor.look(settling=settling)

    def stuck(self) -> str | None:
        """A sentence about the partition that has stood still for too long with work before it; ask every second."""
        if self.ground is None:
            return None
        patience = self.ground.settings.no_progress
        stalls = [(partition, partition.stalled()) for partition in self.owned.values()]
        told = (_too_long(partition, stall, patience) for partition, stall in stalls if stall is not None)
        return next(filter(None, told), None)

    def stamp(self) -> None:
        """Once a minute: a store that stands idle is not one that was away."""
        for partition in self.owned.values():
            partition.stamp()


async def _asked_to_leave(
    leaving: Mapping[int, OwnedPartition], tasks: Mapping[int, asyncio.Task[None]], seconds: float
) -> list[int]:
    """The partitions that are still at work after so long.

    Asked again and again: closing a consumer, aiokafka keeps a cancellation to itself that comes meanwhile.
    """
    deadline, late = time.monotonic() + seconds, list(tasks)
    while late and (left := deadline - time.monotonic()) > 0:
        for number in late:
            leaving[number].leave(tasks[number])
        await asyncio.wait([tasks[number] for number in late], timeout=min(ASK_AGAIN_SECONDS, left))
        late = [number for number in late if not tasks[number].done()]
    return late


def _assigned(ground: Ground, topic: str) -> set[int]:
    return {tp.partition for tp in ground.consumer.assignment() if tp.topic == topic}


def _check_copartitioned(ground: Ground, numbers: set[int]) -> None:
    for topic in ground.settings.sources:
        if (here := _assigned(ground, topic)) != numbers:
            raise WorkerMustEnd(
                f"{topic}: expected the same partitions as {ground.settings.changelog} {sorted(numbers)}, "
                f"got {sorted(here)} (hint: all workers of a group need the same settings and the same version)"
            )


def _too_long(partition: OwnedPartition, stall: Stall, patience: float) -> str | None:
    """A partition that has not entered yet waits for brokers and earlier owners, so it has twice the time."""
    limit = patience if partition.actor is not None else 2 * patience
    if stall.seconds <= limit:
        return None
    before_it = partition.lag or partition.progress.remaining
    return (
        f"partition {partition.number}: expected progress within {limit:.0f} s, got none ({stall.what}) "
        f"with {before_it} records before it (state {partition.state}); the worker ends"
    )
