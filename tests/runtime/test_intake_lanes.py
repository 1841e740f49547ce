"""Intake's way through the runtime (architecture.md 6): per partition in order, acked once everything is, read again otherwise."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from faust.types import TP

from slamon.runtime.batch import Batch
from slamon.runtime.faust_app import faust_app, wire
from slamon.runtime.hooks import Hooks
from slamon.runtime.intake_lanes import WAITING, IntakeLanes
from slamon.runtime.settings import RuntimeSettings
from tests.runtime.counting import CountingPartition, head_due

ONE, TWO = TP("jira", 0), TP("jira", 1)


@dataclass
class Consumer:
    done: list[Batch] = field(default_factory=list)
    held: set[TP] = field(default_factory=set)

    def finished(self, batch: Batch) -> None:
        self.done.append(batch)

    def hold(self, tp: TP) -> None:
        self.held.add(tp)

    def release(self, tp: TP) -> None:
        self.held.discard(tp)


class Intake:
    """Takes batches; those of partition 0 wait for the gate."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.taken: list[tuple[TP, Any]] = []

    async def __call__(self, tp: TP, records: Sequence[Any]) -> None:
        if tp == ONE:
            await self.gate.wait()
        self.taken.append((tp, records[0]))


def lanes(intake: Any, failures: list[BaseException]) -> tuple[IntakeLanes, Consumer]:
    hooks = Hooks(decider=CountingPartition, time=lambda _: None, head_due=head_due, intake=intake)
    made, consumer = IntakeLanes(hooks, failures.append), Consumer()
    made.consumer = consumer
    for tp in (ONE, TWO):
        made.sought(tp, 0)
    return made, consumer


def batch(tp: TP, number: int) -> Batch:
    return Batch(tp, [number], number, number + 1, 1)


async def test_a_slow_partition_holds_up_no_other_and_keeps_its_order() -> None:
    intake, failures = Intake(), []
    made, consumer = lanes(intake, failures)
    for number in range(3):
        made.route(batch(ONE, number))
        made.route(batch(TWO, number))
    await asyncio.sleep(0.01)
    assert intake.taken == [(TWO, 0), (TWO, 1), (TWO, 2)]
    assert made.proofs[TopicPartition(*ONE)].position == 0
    intake.gate.set()
    await asyncio.sleep(0.01)
    assert [record for tp, record in intake.taken if tp == ONE] == [0, 1, 2]
    assert (len(consumer.done), made.proofs[TopicPartition(*ONE)].position, failures) == (6, 3, [])
    await made.drain()


async def test_a_partition_with_enough_waiting_is_held_until_it_is_through() -> None:
    intake = Intake()
    made, consumer = lanes(intake, [])
    for number in range(WAITING + 1):
        made.route(batch(ONE, number))
        await asyncio.sleep(0)
    assert consumer.held == {ONE}
    intake.gate.set()
    await asyncio.sleep(0.01)
    assert consumer.held == set()
    await made.drain()


async def test_what_intake_did_not_finish_is_not_acked_when_the_partition_goes() -> None:
    made, consumer = lanes(Intake(), [])
    made.route(batch(ONE, 0))
    await asyncio.sleep(0.01)
    await made.drain()
    assert (consumer.done, made.proofs) == ([], {})


async def test_what_came_after_the_drain_proves_nothing_of_the_new_generation() -> None:
    """Semantics 4.4: between the drain and the end of Faust's flow batches still come, and those before them were given up."""
    intake, failures = Intake(), []
    made, consumer = lanes(intake, failures)
    made.route(batch(ONE, 0))
    await asyncio.sleep(0.01)
    await made.drain()
    made.route(batch(ONE, 1))
    await asyncio.sleep(0.01)
    made.sought(ONE, 0)
    intake.gate.set()
    await asyncio.sleep(0.01)
    assert (made.proofs[TopicPartition(*ONE)].position, consumer.done, failures) == (0, [], [])
    made.route(batch(ONE, 0))
    await asyncio.sleep(0.01)
    assert made.proofs[TopicPartition(*ONE)].position == 1
    await made.drain()


async def test_a_failure_of_intake_ends_the_worker() -> None:
    async def broken(_tp: TP, _records: Sequence[Any]) -> None:
        raise RuntimeError("not taken")

    failures: list[BaseException] = []
    made, consumer = lanes(broken, failures)
    made.route(batch(TWO, 0))
    await asyncio.sleep(0.01)
    assert [str(failure) for failure in failures] == ["not taken"]
    assert consumer.done == []


class Nobody:
    async def on_ready(self, changelogs: set[TP], copies: set[TP]) -> None: ...
    async def on_revoke(self) -> None: ...
    def on_sought(self, tp: TP, offset: int) -> None: ...


async def test_the_table_refuses_what_does_not_come_from_an_actor(tmp_path: Path) -> None:
    app = faust_app(settings := RuntimeSettings("none:1", tmp_path, 2), Nobody())
    table = wire(app, settings, lambda _: None, lambda _: None)
    with pytest.raises(TypeError, match="expected all writes through a partition actor, got set of b'T-1'"):
        table[b"T-1"] = b"x"
    with pytest.raises(TypeError, match="got delete"):
        del table[b"T-1"]
    assert table.changelog_topic.get_topic_name() == "slamon.changelog"
