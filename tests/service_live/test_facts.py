"""slamon promises that what a worker says is exactly what the records mean, whenever it starts and whoever it is."""

import asyncio
import signal

import pytest

from tests.service_live.live import Live, kinds, now_ms, ticket

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
HOUR = 3_600_000


async def test_a_promise_is_warned_of_and_breached_at_its_instant_and_said_once(live: Live) -> None:
    await live.make_topics()
    await live.ready(live.start())
    at = now_ms()
    await live.write([ticket("T-1", "created", at, "a", fields={"status": "open", "priority": "P1", "title": "Down"})])
    facts = await live.until(lambda found: len(found) >= 2)
    warning, breach = sorted(facts, key=lambda fact: fact["topic"], reverse=True)
    assert (warning["topic"], warning["data"]["threshold"]) == ("warnings", "50%")
    assert breach["topic"] == "breaches"
    assert breach["data"]["breached_at"] == breach["data"]["due_at"] == breach["time"]
    assert breach["data"]["elapsed_seconds"] == breach["data"]["target"]["seconds"] == 4
    assert breach["data"]["context"]["title"] == "Down"
    assert breach["headers"]["live"] == "true"
    assert sum(interval["seconds"] for interval in breach["data"]["explanation"]["counted"]) == 4


async def test_a_backlog_with_resolved_tickets_leads_to_no_false_breach(live: Live) -> None:
    """Semantics 4.4: catching up is not the present. The resolves lie behind 400 other records."""
    await live.make_topics()
    start = now_ms() - 2 * HOUR
    opened = [
        ticket(f"T-{n}", "created", start + n, "a", fields={"status": "open", "priority": "P1"}) for n in range(400)
    ]
    resolved = [ticket(f"T-{n}", "resolved", start + 3_000 + n, "b", fields={"status": "resolved"}) for n in range(400)]
    late = [ticket("T-late", "created", start, "a", fields={"status": "open", "priority": "P1"})]
    await live.write([*opened, *late, *resolved])
    worker = live.start()
    await live.ready(worker)
    facts = await live.until(
        lambda found: any(f["subject"] == "T-late" and f["data"]["what"] == "breach" for f in found)
    )
    facts = await live.until(lambda found: sum(f["data"]["what"] == "met" for f in found) == 400)
    assert {f["subject"] for f in facts if f["data"]["what"] == "breach"} == {"T-late"}
    assert not [f for f in facts if f["data"]["what"] == "correction"]
    assert {f["headers"]["live"] for f in facts} == {"false"}


async def test_a_worker_that_is_killed_goes_on_where_it_stood(live: Live) -> None:
    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    at = now_ms()
    await live.write(
        [ticket(f"T-{n}", "created", at, "a", fields={"status": "open", "priority": "P1"}) for n in range(40)]
    )
    await asyncio.sleep(1.5)
    worker.send(signal.SIGKILL)
    await worker.ended()
    await live.ready(live.start())
    facts = await live.until(lambda found: len(found) >= 80)
    ids = [fact["id"] for fact in facts]
    assert len(ids) == len(set(ids)) == 80
    assert {fact["time"] for fact in facts if fact["data"]["what"] == "breach"} == {facts[-1]["data"]["due_at"]}


async def test_a_worker_that_is_told_to_stop_ends_with_zero_and_everything_committed(live: Live) -> None:
    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    at = now_ms() - HOUR
    await live.write(
        [ticket(f"T-{n}", "created", at, "a", fields={"status": "open", "priority": "P1"}) for n in range(100)]
    )
    worker.send(signal.SIGTERM)
    assert await worker.ended(20) == 0
    await live.ready(live.start())
    facts = await live.until(lambda found: sum(f["data"]["what"] == "breach" for f in found) >= 100)
    assert len({fact["id"] for fact in facts}) == len(facts)


async def test_two_workers_share_the_partitions_and_one_takes_over_from_the_other(live: Live) -> None:
    await live.make_topics()
    one, two = live.start("one"), live.start("two")
    await live.ready(one, two, seconds=90)
    assert all(len(worker.own()["partitions"]) == 2 for worker in (one, two))
    at = now_ms()
    await live.write(
        [ticket(f"T-{n}", "created", at, "a", fields={"status": "open", "priority": "P1"}) for n in range(40)]
    )
    await asyncio.sleep(1)
    one.send(signal.SIGKILL)
    await live.ready(two, seconds=90)
    facts = await live.until(lambda found: len(found) >= 80)
    assert kinds(facts) == sorted((f"T-{n}", what, "resolution") for n in range(40) for what in ("warning", "breach"))


async def test_what_intake_brings_is_judged_as_what_is_written_straight(live: Live) -> None:
    """A backlog of foreign rows with resolved tickets, read by a worker that starts later: no false breach."""
    topic = f"{live.prefix}rows"
    await live.make_topics(topic)
    live.environment = {"SLAMON_INPUTS": f'[{{"name": "rows", "topic": "{topic}", "source": "servicenow"}}]'}
    rows = []
    for n in range(60):
        row = {"number": f"INC{n}", "sys_id": f"id{n}", "priority": "P1", "opened_at": "2026-01-05 10:00:00"}
        rows.append({**row, "state": "open", "sys_mod_count": "0", "sys_updated_on": "2026-01-05 10:00:00"})
    for n in range(1, 60):
        row = {"number": f"INC{n}", "sys_id": f"id{n}", "priority": "P1", "opened_at": "2026-01-05 10:00:00"}
        rows.append({**row, "state": "resolved", "sys_mod_count": "1", "sys_updated_on": "2026-01-05 10:00:03"})
    rows.append({"number": "INC-broken"})
    await live.write(rows, topic)
    worker = live.start(SLAMON_LIMITS__RETENTION="3650d")
    await live.ready(worker)
    facts = await live.until(lambda found: sum(f["data"]["what"] == "met" for f in found) == 59, 60)
    facts = await live.until(lambda found: any(f["data"]["what"] == "breach" for f in found))
    assert {f["subject"] for f in facts if f["data"]["what"] == "breach"} == {"INC0"}
    assert not [f for f in facts if f["data"]["what"] == "correction"]
    letters = await _letters(live)
    assert letters == ["unknown_shape"]


async def _letters(live: Live) -> list[str]:
    from slamon.runtime.deadletter import list_letters

    return [letter.reason for letter in (await list_letters(live.cluster)).letters]
