"""The topic `clocks` as a database sees it: whoever is killed when, its newest committed values are the clocks that are open."""

import asyncio
import json
import signal
from typing import Any

import pytest

from slamon.runtime.topic_specs import CLOCKS
from slamon.runtime.topics import create
from tests.integration.reading import everything
from tests.service_live.live import PARTITIONS, Live, Worker, now_ms, ticket

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
ON = {"SLAMON_CLOCKS_TOPIC": "json"}
MANY = 60
SAME = ("stage", "due_at", "breached_at", "policy", "objective")


async def topics(live: Live) -> None:
    await live.make_topics()
    await create(live.bootstrap, live.prefix, PARTITIONS, specs=(CLOCKS,))


async def view(live: Live) -> dict[str, dict[str, Any]]:
    """What a compacted topic leaves: the newest value of each key, without those that end in a tombstone."""
    rows: dict[str, dict[str, Any]] = {}
    for record in await everything(live.cluster, live.prefix + "clocks"):
        if record.value is None:
            rows.pop(record.key.decode(), None)
        else:
            rows[record.key.decode()] = json.loads(record.value)
    return rows


def shown(worker: Worker, names: list[str]) -> dict[str, dict[str, Any]]:
    """The open clocks of the tickets as the API shows them, by id."""
    told = [worker.get(f"/api/v1/tickets/{name}/clocks")["clocks"] for name in names]
    return {clock["clock_id"]: clock for clocks in told for clock in clocks if clock["stage"] in ("active", "paused")}


async def until_same(live: Live, worker: Worker, names: list[str], enough: int) -> dict[str, dict[str, Any]]:
    """The topic once it says the same as the API, of at least so many clocks."""
    for _ in range(60):
        rows, open_clocks = await view(live), shown(worker, names)
        if len(rows) >= enough and rows.keys() == open_clocks.keys():
            differ = [key for key in rows if any(rows[key][one] != open_clocks[key][one] for one in SAME)]
            if not differ:
                return rows
        await asyncio.sleep(0.5)
    raise AssertionError((len(rows), len(open_clocks), rows.keys() ^ open_clocks.keys()))


def lives(at: int) -> list[list[dict[str, Any]]]:
    """Three waves: tickets are opened, some are answered or put on hold, some are resolved; of P1 the target is 4 s."""
    fields = [{"status": "open", "priority": "P1" if n % 3 else "P3", "customer": "acme"} for n in range(MANY)]
    opened = [ticket(f"T-{n}", "created", at, "a", fields=fields[n]) for n in range(MANY)]
    then = [
        ticket(f"T-{n}", "replied", at + 1, "b", by="agent", public=True) if n % 4 == 0
        else ticket(f"T-{n}", "updated", at + 1, "b", fields={"status": "pending"})
        for n in range(0, MANY, 2)
    ]  # fmt: skip
    ended = [ticket(f"T-{n}", "resolved", at + 2, "c", fields={"status": "resolved"}) for n in range(0, MANY, 5)]
    return [opened, then, ended]


@pytest.mark.parametrize(
    "fault", ["facts_sent:kill:3", "before_commit:kill:2", "after_commit:kill:3", "after_local_write:kill:2"]
)
async def test_a_worker_that_is_killed_anywhere_leaves_the_topic_right(live: Live, fault: str) -> None:
    await topics(live)
    first = live.start(**ON, SLAMON_TEST_FAULT=fault)
    await live.ready(first)
    at = now_ms()
    for wave in lives(at):
        await live.write(wave)
        await asyncio.sleep(0.4)
    assert await first.ended() == -signal.SIGKILL
    second = live.start(**ON)
    await live.ready(second)
    names = [f"T-{n}" for n in range(MANY)]
    await live.until(lambda facts: sum(fact["data"]["what"] == "breach" for fact in facts) >= 20)
    rows = await until_same(live, second, names, 60)
    assert {row["stage"] for row in rows.values()} == {"active", "paused"}
    assert any(row["breached_at"] for row in rows.values())
    assert {row["customer"] for row in rows.values()} == {"acme"}
    at_risk = second.get("/api/v1/at-risk?limit=100")["clocks"]
    assert {one["clock_id"] for one in at_risk} <= rows.keys()
    waiting = {key for key, row in rows.items() if row["due_at"] and not row["breached_at"]}
    assert waiting == {one["clock_id"] for one in at_risk}


async def test_turned_on_over_state_it_lists_what_is_open_and_turned_off_it_is_left_alone(live: Live) -> None:
    await topics(live)
    worker = live.start()
    await live.ready(worker)
    at = now_ms()
    names = [f"T-{n}" for n in range(MANY)]
    await live.write([ticket(name, "created", at, "a", fields={"status": "open", "priority": "P3"}) for name in names])
    await asyncio.sleep(2)
    assert await view(live) == {}
    await stopped(worker)
    worker = live.start(**ON)
    await live.ready(worker)
    rows = await until_same(live, worker, names, 2 * MANY)
    assert len(rows) == 2 * MANY
    await stopped(worker)
    worker = live.start()
    await live.ready(worker)
    await live.write([ticket("T-0", "resolved", at + 5, "z", fields={"status": "resolved"})])
    await asyncio.sleep(2)
    assert await view(live) == rows
    await stopped(worker)
    worker = live.start(**ON)
    await live.ready(worker)
    assert len(await until_same(live, worker, names, 2 * MANY - 2)) == 2 * MANY - 2


async def stopped(worker: Worker) -> None:
    worker.send(signal.SIGTERM)
    assert await worker.ended(30) == 0
