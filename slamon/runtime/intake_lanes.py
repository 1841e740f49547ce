"""Batches of the inputs on their way to intake: one after the other per partition, partitions side by side."""

import asyncio
from collections.abc import Callable
from functools import partial

from aiokafka import TopicPartition
from faust.types import TP

from slamon.runtime.batch import Batch
from slamon.runtime.hooks import Hooks
from slamon.runtime.proof import SourceProof
from slamon.runtime.tasks import why_over
from slamon.runtime.transport import SlaConsumer

WAITING = 4  # batches of one partition


class IntakeLanes:
    """A task for each input partition this worker owns; a batch's range is acked once intake has returned."""

    def __init__(self, hooks: Hooks, fail: Callable[[BaseException], None]) -> None:
        self._hooks, self._fail = hooks, fail
        self._lanes: dict[TP, tuple[asyncio.Queue[Batch], asyncio.Task[None]]] = {}
        self.proofs: dict[TopicPartition, SourceProof] = {}
        self.consumer: SlaConsumer | None = None

    def sought(self, tp: TP, offset: int) -> None:
        """The partition is ours and will be read from this offset on.

        What was still handed over after `drain` is given up here, or it would prove what lies before it to be dealt with.
        """
        if (lane := self._lanes.pop(tp, None)) is not None:
            lane[1].cancel()
        proof = self.proofs[TopicPartition(tp.topic, tp.partition)] = SourceProof()
        proof.passed(offset)

    def route(self, batch: Batch) -> None:
        if batch.tp not in self._lanes:
            queue: asyncio.Queue[Batch] = asyncio.Queue()
            task = asyncio.create_task(self._work(queue), name=f"intake-{batch.tp.topic}-{batch.tp.partition}")
            task.add_done_callback(partial(self._ended, batch.tp))
            self._lanes[batch.tp] = (queue, task)
        queue = self._lanes[batch.tp][0]
        queue.put_nowait(batch)
        if queue.qsize() >= WAITING and self.consumer is not None:
            self.consumer.hold(batch.tp)

    async def _work(self, queue: asyncio.Queue[Batch]) -> None:
        while True:
            batch = await queue.get()
            if batch.records:
                await self._hooks.intake(batch.tp, batch.records)
            if self.consumer is not None:
                self.consumer.finished(batch)
                if queue.empty():
                    self.consumer.release(batch.tp)
            if (proof := self.proofs.get(TopicPartition(batch.tp.topic, batch.tp.partition))) is not None:
                proof.passed(batch.behind)

    def _ended(self, tp: TP, task: asyncio.Task[None]) -> None:
        lane = self._lanes.get(tp)
        ours = lane is not None and lane[1] is task
        if ours or (not task.cancelled() and task.exception() is not None):
            self._fail(why_over(task))

    async def drain(self) -> None:
        """What is in work is given up: it was not acked and will be read again (record ids make repeats harmless)."""
        lanes, self._lanes = self._lanes, {}
        self.proofs.clear()
        for _, task in lanes.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in lanes.values()), return_exceptions=True)
