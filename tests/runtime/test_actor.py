"""The actor of a partition (architecture.md 2, 3, 5) over a real store, with a writer that remembers instead of Kafka."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from slamon.engine.unit import Outgoing, Unit
from slamon.runtime import actor as actor_module
from slamon.runtime.actor import Actor
from slamon.runtime.batch import Batch
from slamon.runtime.errors import Fenced
from slamon.runtime.hooks import Hooks
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.standing import Standing
from slamon.runtime.state import State
from slamon.runtime.store import SlaStore
from slamon.runtime.wall import WallClock
from tests.runtime.counting import CountingPartition, head_due

TICKETS = "slamon.tickets"


@dataclass
class Record:
    offset: int
    key: bytes
    value: bytes
    timestamp: int = 1000
    headers: tuple[()] = ()


class Proven:
    """A partition time that the test sets."""

    def __init__(self) -> None:
        self.instant: int | None = None
        self.heard_of: list[Any] = []

    def own(self, instant: int) -> None: ...

    def heard(self, watermark: Any, now: int) -> None:
        self.heard_of.append(watermark)

    def entered(self, now: int) -> None: ...

    def value(self, now: int) -> tuple[int | None, bool]:
        return self.instant, False


class Writer:
    """Takes transactions; each waits until `gate` is open."""

    def __init__(self) -> None:
        self.units: list[tuple[dict[bytes, bytes | None], list[Outgoing]]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.refuse: Exception | None = None

    async def commit(self, writes: Mapping[bytes, bytes | None], outgoing: Iterable[Outgoing]) -> int | None:
        self.units.append((dict(writes), list(outgoing)))
        await self.gate.wait()
        if self.refuse is not None:
            raise self.refuse
        return len(self.units) * 10 if writes else None


@dataclass
class Stage:
    """An actor and everything around it."""

    actor: Actor
    store: SlaStore
    writer: Writer
    time: Proven
    standing: Standing
    acked: list[Batch]
    task: "asyncio.Task[None]"
    hooks: Hooks
    offset: int = 0
    lines: list[Unit] = field(default_factory=list)

    def put(self, *keys: str, due: int | None = None) -> Batch:
        records = [
            Record(self.offset + n, key.encode(), json.dumps({"id": self.offset + n, "due": due}).encode())
            for n, key in enumerate(keys)
        ]
        batch = Batch(TP(TICKETS, 0), records, self.offset, self.offset + len(keys), 1)
        self.offset += len(keys)
        self.actor.put(batch)
        return batch

    async def until(self, what: Any) -> None:
        async with asyncio.timeout(5):
            while not what():  # noqa: ASYNC110
                await asyncio.sleep(0.002)


@pytest.fixture
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    settings = RuntimeSettings("none:1", tmp_path, 1, **getattr(request, "param", {}))
    store, writer, proven, acked, units = SlaStore(tmp_path / "0"), Writer(), Proven(), [], []
    hooks = Hooks(
        decider=CountingPartition,
        time=lambda _: proven,
        head_due=head_due,
        on_unit=lambda _number, unit: units.append(unit),
    )
    standing = Standing(proven, {TICKETS: 0}, by_records=True)
    standing.passed(TICKETS, 0)
    actor = Actor(
        0, settings=settings, hooks=hooks, clock=WallClock(), store=store, writer=writer, standing=standing,
        turn=asyncio.Lock(), acked=acked.append, roomy=lambda _: None,
    )  # fmt: skip
    task = asyncio.create_task(actor.run())
    yield Stage(actor, store, writer, proven, standing, acked, task, hooks, lines=units)
    actor.stop()
    writer.gate.set()
    await asyncio.wait([task], timeout=2)
    if task.done() and not task.cancelled():
        task.exception()
    store.close()


async def test_a_batch_is_committed_then_applied_then_acked(stage: Stage) -> None:
    stage.writer.gate.clear()
    batch = stage.put("T-1", "T-2")
    await stage.until(lambda: stage.writer.units)
    assert (stage.store.get(b"hT-1"), stage.acked) == (None, [])
    stage.writer.gate.set()
    await stage.until(lambda: stage.acked)
    assert stage.acked == [batch]
    assert stage.store.get(b"hT-1")[8:] == b"1"
    assert (stage.store.offset, stage.standing.proofs[TICKETS].position) == (10, 2)


async def test_what_came_while_a_unit_was_committed_makes_one_unit(stage: Stage) -> None:
    stage.writer.gate.clear()
    stage.put("T-1")
    await stage.until(lambda: stage.writer.units)
    for _ in range(5):
        stage.put("T-1", "T-2")
    stage.writer.gate.set()
    await stage.until(lambda: len(stage.acked) == 6)
    assert len(stage.writer.units) == 2
    writes, outgoing = stage.writer.units[1]
    assert writes[b"hT-1"][8:] == b"6"  # each decision saw the one before it
    assert len(outgoing) == 10


class Counted(CountingPartition):
    """Remembers how many records each decision had."""

    def on_batch(self, topic: str, records: Any, *rest: Any) -> Unit:
        self.had = [*getattr(self, "had", []), len(records)]
        return super().on_batch(topic, records, *rest)


async def test_small_batches_that_wait_are_decided_together_and_acked_one_by_one(stage: Stage) -> None:
    """One by one each waits for the slices of all other partitions, and a decision costs half a millisecond by itself."""
    stage.actor.decider = decider = Counted(0, stage.actor._staged)
    stage.writer.gate.clear()
    first = stage.put("T-1")
    await stage.until(lambda: stage.writer.units)
    batches = [first, *[stage.put("T-1", "T-2") for _ in range(3)]]
    stage.writer.gate.set()
    await stage.until(lambda: stage.acked == batches)
    assert decider.had == [1, 6]


@pytest.mark.parametrize("stage", [{"unit_records": 4}], indirect=True)
async def test_a_unit_holds_no_more_batches_than_its_records_allow(stage: Stage) -> None:
    stage.writer.gate.clear()
    stage.put("T-1")
    await stage.until(lambda: stage.writer.units)
    for _ in range(4):
        stage.put("T-1", "T-2")
    stage.writer.gate.set()
    await stage.until(lambda: len(stage.acked) == 5)
    assert [len(outgoing) for _, outgoing in stage.writer.units] == [1, 4, 4]


async def test_a_timer_fires_once_partition_time_has_passed_it(stage: Stage) -> None:
    stage.put("T-1", due=5000)
    await stage.until(lambda: stage.acked)
    stage.time.instant = 5000
    stage.actor.look(settling=False)
    await asyncio.sleep(0.02)
    assert len(stage.writer.units) == 1  # at one instant, records come before timers (semantics 2.5)
    stage.time.instant = 5001
    stage.actor.look(settling=False)
    await stage.until(lambda: len(stage.writer.units) == 2)
    ((fired,), _) = (stage.writer.units[1][1], None)
    assert json.loads(fired.value)["key"] == "T-1"


async def test_a_deadline_that_comes_with_a_late_record_fires_though_partition_time_stands_still(stage: Stage) -> None:
    """`--clock records`: a record that intake delivers after the last watermark must not wait for another one."""
    stage.time.instant = 2000
    for number, key in enumerate("KL", 1):
        stage.put(key, due=1500 + number)
        stage.actor.look(settling=False)
        await stage.until(lambda: breaches(stage) == number)  # noqa: B023 - asked before the next one


async def test_what_is_due_leaves_in_the_transaction_of_the_records_that_wait_with_it(stage: Stage) -> None:
    """One of its own each would double the transactions under load, and each waits for the other's."""
    stage.put("T-late", due=5000)
    await stage.until(lambda: stage.acked)
    stage.time.instant = 6000
    stage.put("T-1")
    await stage.until(lambda: len(stage.acked) == 2)
    assert (len(stage.writer.units), breaches(stage)) == (2, 1)


class Proving(Proven):
    """A partition time that follows what is proven."""

    def own(self, instant: int) -> None:
        self.instant = instant


async def test_what_is_due_leaves_in_the_transaction_of_the_records_that_prove_its_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Semantics 4.4: before it leaves, what lay in Kafka is applied; one transaction brings both. A reader is told of neither."""
    stage.put("T-late", due=5000)
    await stage.until(lambda: stage.acked)
    standing = Standing(Proving(), {TICKETS: 0}, by_records=False)
    standing.passed(TICKETS, 1)
    standing.proofs[TICKETS].sampled(4000, 1)
    standing.proofs[TICKETS].sampled(6000, 2)  # of which the actor has read one
    monkeypatch.setattr(stage.actor, "_standing", standing)
    stage.writer.gate.clear()
    stage.put("T-1")
    await stage.until(lambda: len(stage.writer.units) == 2)
    assert (breaches(stage), stage.actor.partition_time, standing.lag) == (1, 4000, 1)
    stage.writer.gate.set()
    await stage.until(lambda: len(stage.acked) == 2)
    assert (len(stage.writer.units), stage.actor.partition_time, standing.lag) == (2, 6000, 0)


class Endless(CountingPartition):
    """Decides slower than records come."""

    more: Any = None

    def on_batch(self, topic: str, records: Any, *rest: Any) -> Unit:
        self.more()
        return super().on_batch(topic, records, *rest)


async def test_a_unit_ends_with_what_was_there_when_it_began(stage: Stage) -> None:
    """Else the unit of a partition that gets records all the time lasts until its budget is spent, and every fact with it."""
    stage.actor.decider = decider = Endless(0, stage.actor._staged)
    decider.more = lambda: stage.offset < 8 and stage.put("T-1")
    stage.put("T-0")
    await stage.until(lambda: len(stage.acked) == 8)
    assert len(stage.writer.units) == 8


def breaches(stage: Stage) -> int:
    return [out.topic for _, outgoing in stage.writer.units for out in outgoing].count("breaches")


async def test_timers_wait_while_the_broker_settles(stage: Stage) -> None:
    stage.put("T-1", due=5000)
    await stage.until(lambda: stage.acked)
    stage.time.instant = 9000
    stage.actor.look(settling=True)
    await asyncio.sleep(0.02)
    assert len(stage.writer.units) == 1
    stage.actor.look(settling=False)
    await stage.until(lambda: len(stage.writer.units) == 2)


async def test_timers_wait_while_the_policies_are_not_current(stage: Stage) -> None:
    """Semantics 3.12: a version that takes open clocks over may be in force by now, and a breach would stand against it."""
    stage.put("T-1", due=5000)
    await stage.until(lambda: stage.acked)
    stage.hooks.may_decide = lambda: False
    stage.time.instant = 9000
    stage.actor.look(settling=False)
    await asyncio.sleep(0.02)
    assert (len(stage.writer.units), stage.actor.has_due) == (1, False)
    stage.hooks.may_decide = lambda: True
    stage.actor.look(settling=False)
    await stage.until(lambda: len(stage.writer.units) == 2)


async def test_an_actor_at_work_is_not_asked_what_is_due_and_looks_itself_before_it_rests(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next due instant of half a unit is dear: everything staged has to be gone through."""
    asked: list[bool] = []
    next_due = stage.actor.decider.next_due
    monkeypatch.setattr(
        stage.actor.decider, "next_due", lambda before: (asked.append(stage.writer.gate.is_set()), next_due(before))[1]
    )
    stage.writer.gate.clear()
    stage.put("T-1", due=5000)
    await stage.until(lambda: stage.writer.units)
    stage.time.instant = 6000
    stage.actor.look(settling=False)
    stage.writer.gate.set()
    await stage.until(lambda: len(stage.writer.units) == 2)
    assert asked
    assert all(asked)


async def test_more_due_timers_than_one_page_all_fire(stage: Stage) -> None:
    stage.put(*[f"T-{n}" for n in range(1200)], due=5000)
    await stage.until(lambda: stage.acked)
    stage.time.instant = 6000
    stage.actor.look(settling=False)
    await stage.until(lambda: sum(len(outgoing) for _, outgoing in stage.writer.units) == 2400)
    assert stage.store.due(1 << 60, 1) == []


async def test_a_stream_of_batches_does_not_keep_timers_from_firing(stage: Stage) -> None:
    stage.put("T-late", due=5000)
    await stage.until(lambda: stage.acked)
    stage.time.instant = 6000
    async with asyncio.timeout(5):
        while not any(out.topic == "breaches" for _, outgoing in stage.writer.units for out in outgoing):
            stage.put("T-1")
            stage.put("T-2")
            await asyncio.sleep(0)


class Turns(asyncio.Lock):
    """Counts how often somebody had the turn."""

    taken = 0

    async def acquire(self) -> bool:  # type: ignore[override]  # of the library it is a Literal
        self.taken += 1
        return await super().acquire()


async def test_what_is_due_has_the_turn_of_the_records_that_wait_with_it(stage: Stage) -> None:
    """In a turn of its own the records, decided already, would wait for what is due in all other partitions."""
    stage.put("T-late", due=5000)
    await stage.until(lambda: stage.acked)
    stage.time.instant = 6000
    stage.actor._turn = turns = Turns()
    stage.put("T-1")
    await stage.until(lambda: len(stage.acked) == 2)
    assert (breaches(stage), turns.taken) == (1, 1)


async def test_the_pages_of_a_burst_have_one_turn_together(stage: Stage) -> None:
    """Page by page in turn with other partitions, none of them would be done before all of them are."""
    stage.put(*[f"T-{n}" for n in range(1200)], due=5000)
    await stage.until(lambda: stage.acked)
    stage.time.instant = 6000
    stage.actor._turn = turns = Turns()
    stage.actor.look(settling=False)
    await stage.until(lambda: breaches(stage) == 1200)
    assert turns.taken < 3


async def test_records_that_come_in_a_burst_wait_for_one_turn_of_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actor_module, "DUE_SECONDS", 1e-9)  # of one page
    stage.put(*[f"T-{n}" for n in range(1200)], due=5000)
    await stage.until(lambda: stage.acked)
    on_tick, came = stage.actor.decider.on_tick, []

    def tick(*given: Any, **told: Any) -> Unit:
        came.extend([stage.put("T-new")] if not came else [])
        return on_tick(*given, **told)

    monkeypatch.setattr(stage.actor.decider, "on_tick", tick)
    stage.time.instant = 6000
    stage.actor.look(settling=False)
    await stage.until(lambda: breaches(stage) == 1200)
    told = [Counter(out.topic for out in outgoing) for _, outgoing in stage.writer.units[1:]]
    assert told == [{"breaches": 500}, {"outcomes": 1, "breaches": 500}, {"breaches": 200}]


async def test_until_the_end_read_at_assignment_is_passed_nothing_fires(tmp_path: Path) -> None:
    standing = Standing(Proven(), {TICKETS: 3}, by_records=True)
    standing.passed(TICKETS, 2)
    actor = Actor(
        0, settings=RuntimeSettings("none:1", tmp_path, 1), clock=WallClock(), standing=standing, writer=Writer(),
        hooks=Hooks(decider=CountingPartition, time=lambda _: Proven(), head_due=head_due),
        store=(store := SlaStore(tmp_path / "0")), turn=asyncio.Lock(),
        acked=lambda _: None, roomy=lambda _: None,
    )  # fmt: skip
    assert actor.state is State.CATCHING_UP
    standing.passed(TICKETS, 3)
    assert actor.state is State.ACTIVE
    store.close()


async def test_a_batch_without_records_moves_the_position_and_writes_nothing(stage: Stage) -> None:
    """Markers of somebody's transactions: 'reached' means that the position passed them (architecture.md 3)."""
    stage.actor.put(Batch(TP(TICKETS, 0), [], 0, 1, 1))
    await stage.until(lambda: stage.acked)
    assert (stage.writer.units, stage.standing.proofs[TICKETS].position) == ([], 1)


class OnlyPosition(CountingPartition):
    """Takes watermarks: nothing but its position changes."""

    def on_batch(self, topic: str, records: Any, *rest: Any) -> Unit:
        return Unit(writes={b"a": b"%d" % records[-1].offset})


@pytest.mark.parametrize("stage", [{"position_every": 0.3}], indirect=True)
async def test_a_mere_position_is_committed_now_and_then_and_not_each_time(stage: Stage) -> None:
    stage.actor.decider = OnlyPosition(0, stage.store)
    began = time.monotonic()
    while time.monotonic() - began < 0.25:
        stage.put("watermark")
        stage.actor.look(settling=False)
        await asyncio.sleep(0.01)
    assert stage.writer.units == []
    await asyncio.sleep(0.1)
    stage.actor.look(settling=False)
    await stage.until(lambda: len(stage.writer.units) == 1)
    assert stage.store.get(b"a") == b"%d" % (stage.offset - 1)


async def test_asked_to_stop_it_ends_after_the_unit_in_work_and_leaves_the_rest(stage: Stage) -> None:
    stage.writer.gate.clear()
    first = stage.put("T-1")
    await stage.until(lambda: stage.writer.units)
    stage.put("T-2")
    stage.actor.stop()
    stage.writer.gate.set()
    await stage.until(stage.task.done)
    assert (stage.acked, len(stage.writer.units)) == ([first], 1)


async def test_a_refused_commit_ends_the_actor_and_nothing_is_applied(stage: Stage) -> None:
    stage.writer.refuse = Fenced("partition 0: another worker has taken over")
    stage.put("T-1")
    await stage.until(stage.task.done)
    assert isinstance(stage.task.exception(), Fenced)
    assert (stage.store.get(b"hT-1"), stage.acked) == (None, [])
