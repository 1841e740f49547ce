"""Alerts of an Alertmanager become the words of monitors: read from a topic, or posted to the worker itself."""

import asyncio
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slamon.runtime.deadletter import list_letters
from tests.service_live.live import Live, Worker, now_ms
from tests.service_live.services import POLICIES, budget_ms, millis, told

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

SECRET = "a-secret-that-alertmanager-reads"
NEVER = "0001-01-01T00:00:00Z"


@pytest.fixture
def live(live: Live) -> Live:
    live.policies = POLICIES
    return live


def rfc3339(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def alert(service: str, since: int, until: int | None = None) -> dict[str, Any]:
    """One alert of a notification; it fires until it ends."""
    labels = {"alertname": "ProbeFailed", "service": service, "severity": "critical"}
    ends = NEVER if until is None else rfc3339(until)
    firing = "firing" if until is None else "resolved"
    return {
        "status": firing,
        "labels": labels,
        "startsAt": rfc3339(since),
        "endsAt": ends,
        "fingerprint": "f" + service,
    }


def notification(*alerts: dict[str, Any]) -> dict[str, Any]:
    """A notification of version 4 with these alerts."""
    status = "firing" if any(each["status"] == "firing" for each in alerts) else "resolved"
    return {"version": "4", "status": status, "receiver": "slamon", "truncatedAlerts": 0, "alerts": list(alerts)}


def opened(topic: str, folder: Path) -> str:
    """The inputs of a worker that takes posts of an Alertmanager."""
    file = folder / "secret"
    file.write_text(f"{SECRET}\n")
    ingest = {"secret_files": [str(file)]}
    return json.dumps([{"name": "alerts", "topic": topic, "source": "alertmanager", "ingest": ingest}])


def post(worker: Worker, body: dict[str, Any], secret: str = SECRET) -> tuple[int, Any]:
    """Status and JSON of the answer."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    address = f"http://127.0.0.1:{worker.port}/ingest/alerts"
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


async def test_a_firing_alert_that_is_posted_ends_as_a_breach_at_its_instant(live: Live) -> None:
    topic = f"{live.prefix}alerts"
    await live.make_topics(topic)
    worker = live.start(SLAMON_INPUTS=opened(topic, live.folder))
    await live.ready(worker)
    at = now_ms()
    assert (await asyncio.to_thread(post, worker, notification(alert("checkout", at)), "not-the-secret-at-all"))[
        0
    ] == 401
    assert await asyncio.to_thread(post, worker, notification(alert("checkout", at))) == (202, {"accepted": 1})
    # Alertmanager repeats itself, and tells of several services at once.
    again = notification(alert("checkout", at), alert("search", at))
    assert await asyncio.to_thread(post, worker, again) == (202, {"accepted": 2})
    facts = await live.until(lambda found: told(found, "warning", "search"))
    # A resolved alert tells its beginning again.
    resolved = notification(alert("search", at, at + 4_000))
    assert await asyncio.to_thread(post, worker, resolved) == (202, {"accepted": 2})
    facts = await live.until(lambda found: told(found, "breach", "checkout") and told(found, "cleared", "search"))
    (breach,), (cleared,) = told(facts, "breach"), told(facts, "cleared")
    assert millis(breach["time"]) == at + budget_ms(breach)
    assert (breach["data"]["source"], breach["data"]["outages"]) == ("alertmanager", 1)
    assert (cleared["subject"], millis(cleared["time"])) == ("search", at + 4_000)
    assert (await list_letters(live.cluster)).letters == []


async def test_a_backlog_of_alerts_that_are_resolved_meanwhile_leads_to_no_false_breach(live: Live) -> None:
    """Semantics 4.4: the notifications wait in the topic while no worker runs."""
    topic = f"{live.prefix}alerts"
    await live.make_topics(topic)
    at = now_ms() - 3_600_000
    services = [f"service-{n}" for n in range(40)]
    bodies = [notification(alert(name, at)) for name in services]
    bodies += [notification(alert(name, at, at + 4_000)) for name in services[1:]]
    await live.write([*bodies, {"version": "4", "status": "firing"}], topic)
    inputs = json.dumps([{"name": "alerts", "topic": topic, "source": "alertmanager"}])
    await live.ready(live.start(SLAMON_INPUTS=inputs))
    facts = await live.until(lambda found: told(found, "breach"))
    await asyncio.sleep(3)
    facts = await live.facts()
    assert {fact["subject"] for fact in told(facts, "breach")} == {services[0]}
    assert not told(facts, "correction")
    assert {fact["headers"]["live"] for fact in facts} == {"false"}
    assert len((await list_letters(live.cluster)).letters) == 1
