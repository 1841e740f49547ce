"""Nobody was there for hours, or one of two is silent: what is told then, and how it is marked (semantics 4.4, 4.6)."""

import asyncio
import json
import signal
from typing import Any

import pytest

from slamon.engine.partitioner import partition_of
from tests.service_live.live import PARTITIONS, Live, Worker, now_ms, ticket, word
from tests.service_live.services import POLICIES as SERVICES
from tests.service_live.services import budget_ms, millis, told
from tests.service_live.test_changes import metric

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
PAGE_WITHIN = 15 * MINUTE
TICKETS = """
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: desk}
spec:
  statuses: {resolved: [resolved], closed: [closed], known: [open, pending]}
  pause: {status: pending}
  objectives:
    resolution: {targets: {P1: 4s, default: 4h}, warn: [50%]}
---"""


@pytest.fixture
def live(live: Live) -> Live:
    live.policies = TICKETS + SERVICES
    return live


def said(name: str, kind: str, at: int, status: str) -> dict[str, Any]:
    return ticket(name, kind, at, f"{kind}-{at}", fields={"status": status})


async def test_what_lay_in_kafka_for_hours_is_told_at_its_own_instants_and_what_it_forbids_is_not(live: Live) -> None:
    """Open clocks and running services of before; the words that end them lie behind others, the newest first."""
    await live.make_topics()
    worker = live.start()
    await live.ready(worker)
    start = now_ms() - 6 * HOUR
    names = [f"T-{n}" for n in range(60)]
    for name in (*names, "T-old", "T-new"):  # an hour used, then on hold: nothing is due while somebody looks
        await live.write([said(name, "created", start, "open"), said(name, "updated", start + HOUR, "pending")])
    await live.write([word(name, "up", start) for name in ("shop", "mail")])
    await _until_applied(worker, 2 * 62 + 2)
    worker.send(signal.SIGKILL)
    await worker.ended()

    resumed = {
        **dict.fromkeys(names, start + 2 * HOUR),
        "T-old": start + 2 * HOUR,
        "T-new": now_ms() - 3 * HOUR - MINUTE,
    }
    await live.write([said(name, "updated", at, "open") for name, at in resumed.items()])
    await live.write([word("mail", "down", start + 2 * HOUR), word("shop", "down", start + 3 * HOUR)])
    await live.write([word("shop", "up", start + 3 * HOUR + 3 * SECOND)])  # of about six seconds
    await live.write([said(name, "resolved", start + 4 * HOUR, "resolved") for name in reversed(names)])

    await live.ready(live.start())
    facts = await live.until(lambda found: len(told(found, "met")) == 60 and len(told(found, "breach")) >= 3)
    await asyncio.sleep(3)
    facts = await live.facts()
    assert not told(facts, "correction")
    breaches = {fact["subject"]: millis(fact["time"]) for fact in told(facts, "breach")}
    (mail,) = told(facts, "breach", "mail")
    assert breaches == {
        "T-old": start + 5 * HOUR,  # 1 h before the hold, 3 h after it
        "T-new": resumed["T-new"] + 3 * HOUR,
        "mail": start + 2 * HOUR + budget_ms(mail),
    }
    live_ones = {(fact["subject"], fact["data"]["what"]) for fact in facts if fact["headers"]["live"] == "true"}
    assert live_ones == {("T-new", "breach")}
    assert len({fact["id"] for fact in facts}) == len(facts)


async def _until_applied(worker: Worker, records: int) -> None:
    for _ in range(80):
        if await asyncio.to_thread(metric, worker, "slamon_records_total") >= records:
            return
        await asyncio.sleep(0.25)
    raise AssertionError("the records were not applied")


async def test_facts_wait_for_an_input_that_nobody_reads_and_leave_marked_after_max_hold(live: Live) -> None:
    """Frozen for less than its session, a worker keeps its inputs and says nothing of them."""
    rows = f"{live.prefix}rows"
    await live.make_topics(rows)
    inputs = [{"name": "rows", "topic": rows, "source": "servicenow"}]
    live.environment = {
        "SLAMON_INPUTS": json.dumps(inputs),
        "SLAMON_LIMITS__MAX_HOLD": "8s",
        "SLAMON_KAFKA__SESSION_TIMEOUT": "60s",
    }
    one, two = live.start("one"), live.start("two")
    await live.ready(one, two, seconds=90)
    mine = {partition["number"] for partition in one.own()["partitions"]}
    name = next(f"T-{n}" for n in range(100) if partition_of(f"T-{n}".encode(), PARTITIONS) in mine)
    fields = {"status": "open", "priority": "P1"}

    two.send(signal.SIGSTOP)
    at = now_ms()
    await live.write([ticket(name, "created", at, "a", fields=fields)])
    facts = await live.until(lambda found: told(found, "breach", name))
    (breach,) = told(facts, "breach", name)
    assert breach["headers"]["behind"] == "true"
    # Due after 4 s it waited for 8 from the last watermark, which was at most a second old when the other worker froze.
    assert millis(breach["headers"]["recordedtime"]) >= at + 7 * SECOND
    assert millis(breach["time"]) == at + 4 * SECOND

    two.send(signal.SIGCONT)
    await asyncio.sleep(2)
    later = now_ms()
    again = next(f"S-{n}" for n in range(100) if partition_of(f"S-{n}".encode(), PARTITIONS) in mine)
    await live.write([ticket(again, "created", later, "a", fields=fields)])
    facts = await live.until(lambda found: told(found, "breach", again))
    assert "behind" not in told(facts, "breach", again)[0]["headers"]
