"""Between fetch and actor nothing may go missing, whatever a rebalance does meanwhile."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from faust.types import TP

from slamon.runtime.consumer_thread import Fetched
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.transport import SlaConsumer

SOURCE = TP("slamon.tickets", 0)


class Consumer(SlaConsumer):
    """As much of the consumer as `_drain_messages` needs; a rebalance passes while it waits for the flow."""

    def __init__(self) -> None:
        self.app = SimpleNamespace(
            consumer_generation_id=1, batch_topics={SOURCE.topic}, clock_topics={SOURCE.topic}, changelog="c"
        )
        self._stopped = self.can_resume_flow = asyncio.Event()
        self.flow = False
        self._delivered: dict[TP, int] = {SOURCE: 0}
        self.delivered: list[tuple[TP, int]] = []
        self.fetches = 0

    @property
    def flow_active(self) -> bool:
        return self.flow

    async def wait(self, *_: Any) -> None:
        self.flow, self.app.consumer_generation_id = True, 2

    async def _next(self) -> Fetched:
        self.fetches += 1
        fetched = Fetched({TopicPartition(*SOURCE): ["record"]})
        fetched.starts, fetched.positions = {TopicPartition(*SOURCE): 0}, {TopicPartition(*SOURCE): 1}
        return fetched

    async def _deliver(self, tp: TP, records: list[Any], position: int, generation: int) -> None:
        self.delivered.append((tp, generation))
        self._stopped.set()


async def test_what_is_fetched_first_after_a_rebalance_is_delivered() -> None:
    """Taken before the wait for the flow, the generation was the old one: the fetch was dropped and its records with it."""
    consumer = Consumer()
    await asyncio.wait_for(consumer._drain_messages(SimpleNamespace(_stopped=asyncio.Event())), 5)
    assert consumer.fetches == 1
    assert consumer.delivered == [(TopicPartition(*SOURCE), 2)]


def test_a_fetch_that_begins_behind_what_was_delivered_ends_the_worker() -> None:
    consumer = Consumer.__new__(Consumer)
    consumer.app = SimpleNamespace(batch_topics={SOURCE.topic}, clock_topics={SOURCE.topic}, changelog="c")
    consumer._delivered = {SOURCE: 5}
    fetched = Fetched()
    fetched.starts = {TopicPartition(*SOURCE): 5}
    consumer._check_follows(fetched)
    fetched.starts = {TopicPartition(*SOURCE): 7}
    with pytest.raises(WorkerMustEnd, match="from offset 5, got one from 7"):
        consumer._check_follows(fetched)
