"""One unit, all or nothing: what the writer does before it lets the broker commit (architecture 3)."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import MessageSizeTooLargeError, ProducerFenced

from slamon.engine.unit import Outgoing
from slamon.runtime import faultpoints
from slamon.runtime.errors import Fenced, WorkerMustEnd
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.transaction import PartitionWriter

FACT = Outgoing("breaches", b"T", b"{}", [])


class Batches:
    """A producer that acks every batch at offset 7, or fails those of a topic with an error; `end` fails the commit."""

    def __init__(self, refused: str = "", error: Exception | None = None, end: Exception | None = None) -> None:
        self._refused, self._error, self._end = refused, error, end
        self.committed = False

    def create_batch(self) -> Any:
        return SimpleNamespace(append=lambda **_: True, record_count=lambda: 1)

    async def begin_transaction(self) -> None: ...

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if topic == self._refused and self._error is not None:
            future.set_exception(self._error)
        else:
            future.set_result(SimpleNamespace(offset=7))
        return future

    async def deliver(self) -> None: ...

    async def commit_transaction(self) -> None:
        if self._end is not None:
            raise self._end
        self.committed = True


async def committing(producer: Batches, outgoing: Iterable[Outgoing] = (FACT,)) -> int | None:
    settings = RuntimeSettings("nowhere", Path("/nonexistent"), 1)
    writer = PartitionWriter(settings, 0, asyncio.Event().wait)  # type: ignore[arg-type]
    writer._producer = producer  # type: ignore[assignment]
    writer._used_at = float("inf")
    return await writer.commit({b"h": b"1"}, outgoing)


async def test_a_commit_gives_the_changelog_offset_behind_its_last_record() -> None:
    assert await committing(producer := Batches()) == 8
    assert producer.committed


@pytest.mark.parametrize("topic", ["slamon.breaches", "slamon.changelog"])
async def test_what_the_broker_took_is_not_committed_when_it_refused_the_rest_for_good(topic: str) -> None:
    """aiokafka waits for refused batches and commits all the same: a fact or the memory of it would be lost."""
    producer = Batches(topic, MessageSizeTooLargeError())
    with pytest.raises(WorkerMustEnd, match=f"expected {topic} to take its part of a unit, got MessageSizeTooLarge"):
        await committing(producer)
    assert not producer.committed


@pytest.mark.parametrize(
    "producer", [Batches("slamon.breaches", ProducerFenced()), Batches(end=ProducerFenced())], ids=["batch", "end"]
)
async def test_a_refused_producer_tells_of_both_things_that_refuse_it(producer: Batches) -> None:
    with pytest.raises(
        Fenced, match="another worker has taken it over, or a transaction was open for longer than 10 s"
    ):
        await committing(producer)


async def test_a_fault_can_be_set_where_facts_are_sent_and_not_where_there_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faultpoints, "_armed", None)
    faultpoints.arm("facts_sent:error")
    assert await committing(Batches(), []) == 8
    with pytest.raises(RuntimeError, match="at facts_sent"):
        await committing(Batches())
