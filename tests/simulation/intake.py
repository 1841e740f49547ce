"""The input: batches to the worker's lanes, what intake makes of them, rebalances that give up what is in work, watermarks."""

from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from faust.types import TP

from slamon.engine.codec import WATERMARK_HEADER, encode_watermark
from slamon.engine.unit import Watermark
from slamon.runtime.batch import Batch
from slamon.runtime.intake_lanes import IntakeLanes
from tests.simulation.world import JIRA, ORIGIN, TICKETS, World

HERE = TP(JIRA, 0)
WORKER = "worker"


class Feed:
    """Whoever owns the input; it stands for the consumer that the lanes speak to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.lanes: Any = None
        self._owned, self._held, self._generation = False, False, 0
        self._committed = self._position = 0
        self._open: list[int] = []  # where the batches handed over end, in order
        self._done: set[int] = set()

    def own(self, lanes: IntakeLanes) -> None:
        self.lanes, lanes.consumer = lanes, self  # type: ignore[assignment]
        self._seek()

    @property
    def at_end(self) -> bool:
        return self._owned and self._committed == len(self._world.logs[JIRA])

    # -- what the lanes call

    def finished(self, batch: Batch) -> None:
        if batch.generation == self._generation:
            self._done.add(batch.behind)

    def hold(self, _tp: TP) -> None:
        self._held = True

    def release(self, _tp: TP) -> None:
        self._held = False

    async def intake(self, _tp: TP, records: Sequence[Any]) -> None:
        """What was read becomes records of `tickets`, some of them twice, after a restart."""
        world = self._world
        await world.nap(world.dice.choice([1, 10, 60]))
        for record in records:
            world.mapped.setdefault(record.offset, world.append(TICKETS, record.key, record.value))
            if world.dice.random() < 0.1:
                await world.nap(3)
        await world.nap(world.dice.choice([1, 20]))

    # -- steps

    async def read(self) -> None:
        log = self._world.logs[JIRA]
        if self._owned and not self._held and self._position < len(log):
            behind = min(len(log), self._position + self._world.dice.choice([1, 3, 40]))
            batch = Batch(HERE, log[self._position : behind], self._position, behind, self._generation)  # type: ignore[arg-type]
            self._open.append(behind)
            self._position = behind
            self.lanes.route(batch)
        while self._open and self._open[0] in self._done:
            self._committed = self._open.pop(0)

    async def rebalance(self) -> None:
        """Batches still come between the drain and the end of the flow."""
        world = self._world
        await world.nap(world.dice.choice([100, 400]))
        if world.ended:
            return
        await self.lanes.drain()
        await world.nap(20)
        self._owned = False
        await world.nap(world.dice.choice([1, 30, 200]))
        self._seek()

    async def watermark(self) -> None:
        if self._owned:
            proof = self.lanes.proofs.get(TopicPartition(JIRA, 0))
            told = Watermark(WORKER, {ORIGIN: proof.proven if proof is not None else None})
            await self._world.nap(self._world.dice.choice([1, 10]))
            self._world.append(TICKETS, None, encode_watermark(told), (WATERMARK_HEADER,))

    def _seek(self) -> None:
        self._generation += 1
        self._position, self._held, self._owned = self._committed, False, True
        self._open.clear()
        self._done.clear()
        self.lanes.sought(HERE, self._committed)
