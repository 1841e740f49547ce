"""Sending ends when it is told to, whatever the broker does."""

import asyncio

import pytest

from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.wall import wall_ms
from slamon.simulation import sender
from slamon.simulation.sender import Tally, send
from slamon.simulation.stream import Plan, stream


class Gone:
    """A producer whose broker went away after it had started: nothing is ever answered."""

    def __init__(self, **_: object) -> None:
        self.sent = 0

    async def start(self) -> None:
        return

    async def send(self, *_: object) -> "asyncio.Future[None]":
        self.sent += 1
        return asyncio.get_running_loop().create_future()

    async def stop(self) -> None:
        await asyncio.Event().wait()


async def test_a_broker_that_is_gone_keeps_no_simulation_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "AIOKafkaProducer", Gone)
    monkeypatch.setattr(sender, "END_SECONDS", 0.05)
    tally = Tally()
    async with asyncio.timeout(5):
        await send(
            KafkaCluster("localhost:9", "gone."),
            stream(Plan(wall_ms() - 60_000, tickets=2)),
            asyncio.Event(),
            tally,
            wall_ms(),
        )
    assert tally.waiting == tally.sent.total() > 0
    assert dict(tally.refused) == {"no answer within 0 s": tally.waiting}
