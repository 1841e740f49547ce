"""The partition: an actor after the other over one store, and a commit that looks whether a fact left too early."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import orjson
from faust.types import TP

from slamon.engine.keys import APPLIED, head_due
from slamon.engine.limits import Limits
from slamon.engine.partition import Partition
from slamon.engine.partition_time import PartitionTime
from slamon.engine.position import decode_position
from slamon.engine.unit import Outgoing, Record, Store
from slamon.runtime.actor import Actor
from slamon.runtime.batch import Batch, size_of
from slamon.runtime.hooks import Hooks
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.standing import Standing
from slamon.runtime.store import SlaStore
from slamon.sla.instants import parse
from tests.simulation.world import INPUTS, JIRA, ORIGIN, TICKETS, UPTIME, World, Wrong

SOURCES = (TICKETS, UPTIME)
NEVER = 1 << 60
Intake = Callable[[TP, Sequence[Record]], Awaitable[None]]


class Owner:
    """Makes actors until it is over; it is their writer, too."""

    def __init__(self, world: World, folder: Path, intake: Intake) -> None:
        self._world, self._turn = world, asyncio.Lock()
        self._settings = RuntimeSettings(
            "none:1", folder, 1, lateness_ms=world.lateness, inputs=INPUTS, position_every=0.05,
            unit_records=world.dice.choice([5, 100, 8_000]), inbox_records=world.dice.choice([10, 4_000]),
        )  # fmt: skip
        self._store = SlaStore(folder / "0")
        self.hooks = Hooks(
            decider=self._partition, time=lambda _: self._time(), head_due=head_due, intake=intake,
        )  # fmt: skip
        self.actor: Actor | None = None
        self.standing: Standing | None = None

    def close(self) -> None:
        self._store.close()

    def _time(self) -> PartitionTime:
        return PartitionTime(frozenset({ORIGIN}), self._settings.max_hold_ms)

    def _partition(self, number: int, store: Store) -> Partition:
        limits = Limits(allowed_lateness_ms=self._world.lateness, max_future_ms=10**9)
        return Partition(number, 1, store, self._world.book, limits)

    # -- one assignment

    async def own(self) -> None:
        """From its beginning to the end of the unit in work."""
        standing = Standing(self._time(), {topic: len(self._world.logs[topic]) for topic in SOURCES}, by_records=False)
        actor = Actor(
            0, settings=self._settings, hooks=self.hooks, clock=self._world.clock, store=self._store,
            writer=self, standing=standing,  # type: ignore[arg-type]
            turn=self._turn, acked=lambda _batch: None, roomy=lambda _number: None,
        )  # fmt: skip
        applied = actor.decider.applied()
        positions = {topic: applied[topic].next_offset if topic in applied else 0 for topic in SOURCES}
        for topic, position in positions.items():
            standing.passed(topic, position)
        standing.time.entered(self._world.clock.now())
        self.actor, self.standing = actor, standing
        task = asyncio.create_task(actor.run())
        await self._feed(actor, positions, task)
        self.actor = self.standing = None
        actor.stop()
        await task
        await self._world.nap(30)

    async def _feed(self, actor: Actor, positions: dict[str, int], task: "asyncio.Task[None]") -> None:
        loop, dice = asyncio.get_running_loop(), self._world.dice
        until = loop.time() + dice.random() * dice.choice([0.1, 0.5, 2])
        while not self._world.over and not task.done() and (self._world.ended or loop.time() < until):
            await self._world.nap(4)
            for topic, log in self._world.logs.items():
                if topic in positions and positions[topic] < len(log) and not actor.inbox.full:
                    first, behind = positions[topic], min(len(log), positions[topic] + dice.choice([1, 5, 50]))
                    records = log[first:behind]
                    actor.put(Batch(TP(topic, 0), records, first, behind, 1, size_of(records)))  # type: ignore[arg-type]
                    positions[topic] = behind

    # -- what the actor calls

    async def commit(self, writes: Mapping[bytes, bytes | None], outgoing: Iterable[Outgoing]) -> int | None:
        sent = list(outgoing)
        applied = decode_position(writes.get(APPLIED) or self._store.get(APPLIED)).applied
        for one in sent:
            event = orjson.loads(one.value)
            if not event["type"].endswith(".correction.v1"):
                self._look(parse(event["time"]) + self._world.lateness, applied[TICKETS].next_offset)
        await self._world.nap(self._world.dice.choice([1, 5, 30]))
        self._world.reader.hear(sent)
        self._world.facts += len(sent)
        return (self._store.offset or 0) + len(writes) if writes else None

    def _look(self, instant: int, following: int) -> None:
        """Whatever lay in Kafka at the instant of a fact is decided when it leaves (semantics 4.4)."""
        for record in self._world.logs[TICKETS][following:]:
            if record.timestamp <= instant and not record.headers:
                raise Wrong(f"a fact of {instant} left before record {record.offset} of {record.timestamp}")
        for record in self._world.logs[JIRA]:
            if record.timestamp <= instant and self._world.mapped.get(record.offset, NEVER) >= following:
                raise Wrong(f"a fact of {instant} left before record {record.offset} of {JIRA} of {record.timestamp}")
