"""What changes under a running worker: its policies, its place in the group, the records themselves."""

import asyncio
import json
import signal
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.service_live.live import Live, Worker, now_ms, ticket

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


def metric(worker: Worker, name: str) -> float:
    """The sum of a metric's series on the worker's port."""
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))


async def test_a_frozen_worker_that_wakes_up_adds_nothing(live: Live) -> None:
    """Whether it tries to write and is refused (then it ends), or hears first that it was put out of the group."""
    await live.make_topics()
    one = live.start("one")
    await live.ready(one)
    at = now_ms()
    records = [ticket(f"T-{n}", "created", at, "a", fields={"status": "open", "priority": "P1"}) for n in range(40)]
    await live.write(records)
    one.send(signal.SIGSTOP)
    two = live.start("two")
    await live.ready(two, seconds=90)
    await live.until(lambda found: sum(f["data"]["what"] == "breach" for f in found) >= 40)
    one.send(signal.SIGCONT)
    await asyncio.sleep(15)
    assert one.process.poll() is None or one.said("worker_must_end")
    facts = await live.facts()
    assert len({fact["id"] for fact in facts}) == len(facts) == 80


async def test_a_changed_policy_file_holds_without_a_restart_and_a_bad_one_changes_nothing(live: Live) -> None:
    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    first = worker.get("/api/v1/status")["policies"]
    policies = live.folder / "policies.yaml"
    policies.write_text(live.policies.replace("P1: 4s", "P1: four seconds"))
    await _until(lambda: metric(worker, "slamon_policy_reload_failures_total") == 1)
    assert metric(worker, "slamon_policy_reload_successful") == 0
    assert "expected a duration" in worker.said("policy_files_refused")[0]["error"]
    assert worker.get("/api/v1/status")["policies"] == first
    policies.write_text(live.policies.replace("P1: 4s", "P1: 2s"))
    await _until(lambda: worker.get("/api/v1/status")["policies"] != first, 40)
    await live.write([ticket("T-new", "created", now_ms(), "a", fields={"status": "open", "priority": "P1"})])
    facts = await live.until(lambda found: any(f["data"]["what"] == "breach" for f in found))
    (breach,) = [f for f in facts if f["data"]["what"] == "breach"]
    assert breach["data"]["target"]["text"] == "2s"


async def test_a_late_record_withdraws_the_breach_it_makes_untrue(live: Live) -> None:
    """Semantics 4.3: the fact that left is named by a correction, in its topic and in `outcomes`."""
    await live.make_topics()
    await live.ready(live.start())
    at = now_ms() - 60_000
    await live.write([ticket("T-1", "created", at, "a", fields={"status": "open", "priority": "P1"})])
    facts = await live.until(lambda found: any(f["data"]["what"] == "breach" for f in found))
    (breach,) = [f for f in facts if f["data"]["what"] == "breach"]
    await live.write([ticket("T-1", "resolved", at + 3_000, "b", fields={"status": "resolved"})])
    facts = await live.until(lambda found: sum(f["data"]["what"] == "correction" for f in found) >= 2)
    corrections = [f for f in facts if f["data"]["what"] == "correction" and f["data"]["corrects"] == breach["id"]]
    assert sorted(f["topic"] for f in corrections) == ["breaches", "outcomes"]
    assert len({f["id"] for f in corrections}) == 1
    assert not any(f["data"]["reinstates"] for f in corrections)
    (met,) = [f for f in facts if f["data"]["what"] == "met"]
    assert met["data"]["elapsed_seconds"] == 3


async def test_what_cannot_be_understood_stands_in_the_dead_letter_and_stops_nothing(live: Live) -> None:
    from slamon.runtime.deadletter import list_letters

    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    good = ticket("T-1", "created", now_ms(), "a", fields={"status": "open", "priority": "P1"})
    bad = [
        {**good, "ticket": "T-2", "at": "2026-01-05 10:00"},
        {**good, "ticket": "T-3", "event": "creatd"},
        {**good, "ticket": "T-4", "at": now_ms() + 3_600_000},
        {**good, "fields": {"status": "other"}},
    ]
    await live.write([good, *bad])
    await live.until(lambda found: any(f["data"]["what"] == "breach" for f in found))
    letters = (await list_letters(live.cluster)).letters
    assert sorted(letter.reason for letter in letters) == [
        "bad_instant",
        "from_the_future",
        "id_reused",
        "unknown_value",
    ]
    await _until(lambda: metric(worker, "slamon_dead_letters_total") == 4)


async def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    for _ in range(int(seconds / 0.25)):
        if await asyncio.to_thread(true):
            return
        await asyncio.sleep(0.25)
    raise AssertionError("it did not come true in time")


async def test_an_input_that_falls_silent_marks_the_facts_of_its_own_tickets(live: Live) -> None:
    """Semantics 4.4: silence is not the present either."""
    topic = f"{live.prefix}rows"
    await live.make_topics(topic)
    given = f'[{{"name": "rows", "topic": "{topic}", "source": "servicenow", "expect_every": "1s"}}]'
    await live.ready(live.start(SLAMON_INPUTS=given))
    opened = datetime.fromtimestamp(now_ms() // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    row = {"number": "INC1", "sys_id": "1", "priority": "P1", "opened_at": opened, "state": "open"}
    await live.write([{**row, "sys_mod_count": "0", "sys_updated_on": opened}], topic)
    await live.write([ticket("T-1", "created", now_ms(), "a", fields={"status": "open", "priority": "P1"})])
    facts = await live.until(lambda found: sum(f["data"]["what"] == "breach" for f in found) == 2)
    said = {f["subject"]: f["headers"].get("source_silent") for f in facts if f["data"]["what"] == "breach"}
    assert said == {"INC1": "true", "T-1": None}


async def test_the_facts_of_an_input_that_holds_wait_until_it_speaks_again(live: Live) -> None:
    """Semantics 4.4: `on_silence: hold`; other tickets' facts leave meanwhile."""
    topic = f"{live.prefix}rows"
    await live.make_topics(topic)
    one = {"name": "rows", "topic": topic, "source": "servicenow", "expect_every": "3s", "on_silence": "hold"}
    await live.ready(live.start(SLAMON_INPUTS=json.dumps([one])))
    opened = datetime.fromtimestamp(now_ms() // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    row = {"number": "INC1", "sys_id": "1", "priority": "P1", "opened_at": opened, "state": "open"}
    await live.write([{**row, "sys_mod_count": "0", "sys_updated_on": opened}], topic)
    await live.write([ticket("T-1", "created", now_ms() + 2_000, "a", fields={"status": "open", "priority": "P1"})])
    facts = await live.until(lambda found: any(f["data"]["what"] == "breach" for f in found))
    assert {f["subject"] for f in facts if f["data"]["what"] == "breach"} == {"T-1"}
    for n in range(1, 30):
        await live.write([{**row, "sys_mod_count": str(n), "sys_updated_on": opened, "u_beat": str(n)}], topic)
        await asyncio.sleep(2)
        if any(f["subject"] == "INC1" and f["data"]["what"] == "breach" for f in await live.facts()):
            return
    raise AssertionError("its facts were still held although it spoke")


async def test_deadlines_that_come_near_are_seen_in_the_metrics(live: Live) -> None:
    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    opened = ticket("T-1", "created", now_ms() - 60_000, "a", fields={"status": "open", "priority": "P3"})
    await live.write([opened])
    await _until(
        lambda: metric(worker, "slamon_due_clocks") == 3
    )  # a response within 1h and 4h, a resolution within 4h
    assert metric(worker, "slamon_nearest_deadline_timestamp_seconds") > 0
