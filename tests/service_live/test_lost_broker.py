"""A broker that was away: what producers held back meanwhile is waited for, by whoever reads it (semantics 4.4, `settle`)."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.model import BrokerUnavailable
from tests.chaos.broker import ChaosBroker
from tests.service_live.conftest import POLICIES
from tests.service_live.live import Live, Worker, now_ms, ticket
from tests.service_live.services import told

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


@pytest.fixture
def broker() -> Iterator[ChaosBroker]:
    try:
        made = ChaosBroker()
    except BrokerUnavailable as error:
        pytest.skip(f"it needs a Kafka of its own to freeze: {error}")
    yield made
    made.close()


async def heard(worker: Worker, event: str) -> None:
    async with asyncio.timeout(60):
        while not worker.said(event):  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def test_a_worker_started_after_the_broker_was_lost_waits_for_what_producers_held_back(
    broker: ChaosBroker, tmp_path: Path
) -> None:
    live = Live(broker.bootstrap, "lost.", tmp_path, POLICIES, {"SLAMON_LIMITS__SETTLE": "20s"})
    try:
        await live.make_topics()
        first = live.start()
        await live.ready(first)
        at = now_ms()
        opened = [
            ticket(name, "created", at, "a", fields={"status": "open", "priority": "P1"}) for name in ("T-1", "T-2")
        ]
        await live.write(opened)
        await asyncio.sleep(1.5)  # due after 4 s
        broker.freeze()
        await heard(first, "broker_lost")
        first.send(signal.SIGKILL)
        await first.ended()
        broker.thaw()

        second = live.start()
        await live.ready(second)
        await heard(second, "broker_back")
        assert not told(await live.facts(), "breach")
        await live.write([ticket("T-1", "resolved", at + 3_000, "b", fields={"status": "resolved"})])
        facts = await live.until(lambda found: told(found, "breach", "T-2"))
        assert (len(told(facts, "met", "T-1")), told(facts, "breach", "T-1"), told(facts, "correction")) == (1, [], [])
    finally:
        live.close()
