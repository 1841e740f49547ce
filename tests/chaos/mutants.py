"""`python -m tests.chaos.mutants NAME`: a worker with one step of the protocol broken on purpose. The harness must notice."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from slamon import cli
from slamon.engine.unit import Outgoing
from slamon.runtime import actor, faultpoints, owned
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.transaction import PartitionWriter
from tests.chaos.faults import Wish


def facts_outside() -> None:
    """Facts are sent before the transaction, by a producer of their own."""
    from aiokafka import AIOKafkaProducer

    committed = PartitionWriter.commit

    async def commit(self: PartitionWriter, writes: Any, outgoing: Iterable[Outgoing]) -> int | None:
        producer = getattr(self, "_outside", None)
        if producer is None:
            producer = self._outside = AIOKafkaProducer(**self._settings.client("outside"))  # type: ignore[attr-defined]
            await producer.start()
        for out in outgoing:
            topic = self._settings.topic(out.topic)
            await producer.send_and_wait(topic, out.value, key=out.key, headers=out.headers, partition=self.number)
            faultpoints.reach("facts_sent")
        return await committed(self, writes, [])

    PartitionWriter.commit = commit  # type: ignore[method-assign]


def half_committed() -> None:
    """What the broker took is committed, though it refused the rest: as aiokafka itself would."""
    asked = PartitionWriter._offset_of

    async def offset_of(self: PartitionWriter, topic: str, future: Any) -> int:
        try:
            return await asked(self, topic, future)
        except WorkerMustEnd as error:  # told, so that the harness sees when it happened, and not heeded
            structlog.get_logger().critical("worker_must_end", reason=str(error))
            return 0

    PartitionWriter._offset_of = offset_of  # type: ignore[method-assign]


def no_fencing() -> None:
    """Each process has transactional ids of its own, so that nobody shuts anybody out."""
    made = PartitionWriter.__init__

    def init(self: PartitionWriter, *arguments: Any) -> None:
        made(self, *arguments)
        self.transactional_id += f"-{os.getpid()}"

    PartitionWriter.__init__ = init  # type: ignore[method-assign]


def local_write_first() -> None:
    """RocksDB is written before the commit, so that it can be ahead of the changelog."""
    originally = actor.Actor._commit

    async def _commit(self: actor.Actor, units: Any) -> bool:
        staged = self._staged
        if not staged.empty:
            self._store.apply(staged.writes, staged.timers, self._store.offset, self._clock.now())
            staged.timers = {}
        return await originally(self, units)

    actor.Actor._commit = _commit  # type: ignore[method-assign]


def applied_not_restored() -> None:
    """A new owner begins at the start of its sources, whatever was applied."""
    entered = owned.OwnedPartition._start_of

    async def start_of(self: Any, acting: actor.Actor, *arguments: Any) -> int:
        acting.decider.position.applied = {}  # type: ignore[attr-defined]
        return await entered(self, acting, *arguments)

    owned.OwnedPartition._start_of = start_of  # type: ignore[method-assign]


def reads_from_the_end() -> None:
    """A new owner goes on at the end of its sources, as one with `auto.offset.reset=latest` would."""
    entered = owned.OwnedPartition._start_of

    async def start_of(self: Any, acting: actor.Actor, source: Any, first: int, end: int) -> int:
        if acting.decider.applied().get(source.topic) is None:
            return await entered(self, acting, source, first, end)
        acting.decider.position.applied.pop(source.topic)  # type: ignore[attr-defined]
        return end

    owned.OwnedPartition._start_of = start_of  # type: ignore[method-assign]


# The fault under which each must be found out.
MUTANTS: dict[str, tuple[Callable[[], None], str]] = {
    "facts_outside": (facts_outside, "kill -9: facts_sent"),
    "half_committed": (half_committed, "facts too large for their topics"),
    "no_fencing": (no_fencing, "SIGSTOP until replaced: facts_sent"),
    "local_write_first": (local_write_first, "kill -9: facts_sent"),
    "applied_not_restored": (applied_not_restored, "kill -9 behind poison records"),
    "reads_from_the_end": (reads_from_the_end, "kill -9: after_commit"),
}

WISHES = [Wish(fault, 1, name) for name, (_, fault) in MUTANTS.items()]


if __name__ == "__main__":
    MUTANTS[sys.argv[1]][0]()
    sys.argv = ["slamon", "run"]
    sys.exit(cli.main())
