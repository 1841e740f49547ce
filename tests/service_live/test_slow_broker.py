"""A broker that takes its time: posts wait or are sent back, intake waits, and what was accepted comes once."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.chaos.answers import PRODUCE
from tests.integration.reading import everything
from tests.integration.relay import Relay, relay
from tests.service_live.live import Live
from tests.service_live.test_ingest import opened, post

__all__ = ["relay"]

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
COUNT = 30


def webhook(name: str) -> bytes:
    data = {"id": name, "type": "incident", "status": "triggered", "priority": None, "title": "down"}
    event = {"id": f"E-{name}", "event_type": "incident.triggered", "occurred_at": datetime.now(UTC).isoformat()}
    return json.dumps({"event": {**event, "data": data}}).encode()


async def tickets(live: Live) -> Counter[bytes]:
    """Canonical records by key, without watermarks."""
    return Counter(each.key for each in await everything(live.cluster, f"{live.prefix}tickets") if each.key)


async def test_posts_and_intake_wait_for_a_slow_broker_and_nothing_accepted_is_dropped(
    live: Live, relay: Relay
) -> None:
    topic = f"{live.prefix}pd"
    await live.make_topics(topic)
    worker = live.start(
        SLAMON_INPUTS=opened(topic, live.folder),
        SLAMON_BOOTSTRAP=relay.bootstrap,
        SLAMON_KAFKA__TRANSACTION_TIMEOUT="60s",
    )
    await live.ready(worker)

    relay.late = {PRODUCE: 0.5}
    names = [f"PT{number}" for number in range(COUNT)]
    answers = await asyncio.gather(*(asyncio.to_thread(post, worker, webhook(name)) for name in names))
    accepted = {name.encode() for name, (status, _) in zip(names, answers, strict=True) if status == 202}
    assert len(accepted) > COUNT // 2
    assert {status for status, _ in answers} <= {202, 503}

    relay.late = {PRODUCE: 15.0}
    status, problem = await asyncio.to_thread(post, worker, webhook("LATE"))
    assert (status, problem["error"]) == (503, "not_taken")

    relay.late = {}
    async with asyncio.timeout(60):
        while not accepted <= (found := await tickets(live)).keys():  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    assert worker.process.poll() is None, worker.log.read_text()
    assert set(found.values()) == {1}
