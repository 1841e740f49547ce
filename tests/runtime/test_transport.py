"""Between fetch and actor nothing may go missing, whatever a rebalance does meanwhile."""

import asyncio
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from faust.types import TP

from slamon.runtime.consumer_thread import Fetched
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.ranges import Ranges
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
        self.fetches, self._sought = 0, set[TP]()

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


async def test_a_fetch_that_begins_behind_what_was_delivered_ends_the_worker() -> None:
    consumer = Consumer.__new__(Consumer)
    consumer.app = SimpleNamespace(
        batch_topics={SOURCE.topic}, clock_topics={SOURCE.topic}, changelog="c", consumer_generation_id=1
    )
    consumer._delivered, consumer._sought = {SOURCE: 5}, set()
    fetched = Fetched()
    fetched.starts = {TopicPartition(*SOURCE): 5}
    await consumer._check_follows(fetched, 1)
    fetched.starts = {TopicPartition(*SOURCE): 7}
    with pytest.raises(WorkerMustEnd, match=r"from offset 5, got one from 7.* so that no record is skipped"):
        await consumer._check_follows(fetched, 1)


async def test_a_fetch_that_begins_before_what_was_delivered_ends_the_worker() -> None:
    """The topic was made again while it was read: up to offset 5 its records would be taken for known."""
    consumer = Consumer.__new__(Consumer)
    consumer.app = SimpleNamespace(
        batch_topics={SOURCE.topic}, clock_topics={SOURCE.topic}, changelog="c", consumer_generation_id=1
    )
    consumer._delivered, consumer._sought = {SOURCE: 5}, set()
    fetched = Fetched()
    fetched.starts = {TopicPartition(*SOURCE): 0}
    with pytest.raises(WorkerMustEnd, match=r"from offset 5, got one from 0.* made again"):
        await consumer._check_follows(fetched, 1)


class Listener(SimpleNamespace):
    """The app, as far as an input that begins elsewhere is told to it."""

    def __init__(self) -> None:
        self.batch_topics, self.clock_topics, self.changelog = {"jira"}, {SOURCE.topic}, "c"
        self.consumer_generation_id = 1
        self.told: list[tuple[Any, ...]] = []

    def on_sought(self, *told: Any) -> None:
        self.told.append(("sought", *told))

    def on_moved(self, *told: Any) -> None:
        self.told.append(("moved", *told))


INPUT = TP("jira", 2)


class OfInput(Consumer):
    """Whose input holds these offsets."""

    holds = (0, 1_000)

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, self.holds[0])

    async def highwaters(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, self.holds[1])


def input_read_up_to(committed: int | None, holds: tuple[int, int]) -> OfInput:
    consumer = OfInput.__new__(OfInput)
    consumer.holds = holds
    consumer.app = Listener()
    consumer._delivered, consumer._committed_offset = {INPUT: committed or 0}, {INPUT: committed}
    consumer._ranges, consumer._sought = {INPUT: Ranges()}, set()
    return consumer


def fetched_from(start: int) -> Fetched:
    fetched = Fetched()
    fetched.starts = {TopicPartition(*INPUT): start}
    return fetched


@pytest.mark.parametrize(("start", "holds"), [(0, (0, 400)), (900, (900, 1_000))])
async def test_an_input_whose_group_offset_is_gone_is_read_from_where_its_log_begins(
    start: int, holds: tuple[int, int]
) -> None:
    consumer = input_read_up_to(500, holds)
    await consumer._check_follows(fetched_from(start), 1)
    assert consumer.app.told == [("moved", INPUT, 500, start), ("sought", INPUT, start)]
    assert consumer._delivered[INPUT] == start
    assert consumer._should_commit(INPUT, start + 1)


async def test_an_input_that_was_never_read_has_lost_nothing() -> None:
    consumer = input_read_up_to(None, (900, 1_000))
    await consumer._check_follows(fetched_from(900), 1)
    assert consumer.app.told == [("sought", INPUT, 900)]


async def test_an_input_that_holds_the_groups_offset_is_read_from_nowhere_else() -> None:
    """A chaos run lost 253 records: a position from before a rebalance was taken for one that aiokafka had reset."""
    consumer = input_read_up_to(500, (0, 1_000))
    with pytest.raises(WorkerMustEnd, match="from offset 500, got one from 753"):
        await consumer._check_follows(fetched_from(753), 1)
    assert consumer.app.told == []


async def test_what_a_rebalance_overtook_meanwhile_moves_nothing() -> None:
    consumer = input_read_up_to(500, (900, 1_000))
    await consumer._check_follows(fetched_from(900), 0)
    assert consumer.app.told == []


@pytest.mark.parametrize("start", [0, 900])
async def test_an_input_that_moves_while_it_is_read_ends_the_worker(start: int) -> None:
    consumer = input_read_up_to(500, (start, 1_000))
    consumer._ranges[INPUT].handed_out(500)
    with pytest.raises(WorkerMustEnd, match=f"from offset 500, got one from {start}"):
        await consumer._check_follows(fetched_from(start), 1)


async def test_what_was_fetched_before_a_seek_and_comes_after_it_is_dropped() -> None:
    """Flow begins a moment before Faust seeks: a second fetch is under way from behind what the first one dropped."""
    consumer = input_read_up_to(500, (0, 1_000))
    fetched = fetched_from(753)
    fetched.positions = {TopicPartition(*INPUT): 800}
    consumer._sought = {INPUT}
    await consumer._check_follows(fetched, 1)
    assert fetched.positions == {}
    consumer._sought = set()
    with pytest.raises(WorkerMustEnd, match="from offset 500, got one from 753"):
        await consumer._check_follows(fetched_from(753), 1)


async def test_what_was_fetched_while_another_partition_was_sought_is_kept() -> None:
    """Two records of an input that had been made again were dropped, and read by nobody."""
    consumer = input_read_up_to(50, (0, 2))
    fetched = fetched_from(0)
    fetched.positions = {TopicPartition(*INPUT): 2}
    consumer._sought = {SOURCE}
    await consumer._check_follows(fetched, 1)
    assert fetched.positions == {TopicPartition(*INPUT): 2}
    assert consumer.app.told == [("moved", INPUT, 50, 0), ("sought", INPUT, 0)]


class Seeking:
    """The thread, which seeks what it is told."""

    async def begin(self, offsets: Mapping[TP, int]) -> None: ...

    async def seek_stock(self, tps: Iterable[TP]) -> Mapping[Any, int]:
        return {}


async def test_a_seek_counts_for_the_fetch_that_is_under_way() -> None:
    consumer = input_read_up_to(None, (0, 2))
    consumer._thread, consumer._read_offset = Seeking(), {}
    consumer.assignment = lambda: {INPUT}
    await consumer.perform_seek()
    assert consumer._sought == {INPUT}


async def test_a_seek_does_not_count_for_the_fetch_that_begins_after_it() -> None:
    consumer = Consumer()
    consumer._sought, consumer._delivered = {SOURCE}, {SOURCE: 5}
    with pytest.raises(WorkerMustEnd, match="from offset 5, got one from 0"):
        await asyncio.wait_for(consumer._drain_messages(SimpleNamespace(_stopped=asyncio.Event())), 5)
