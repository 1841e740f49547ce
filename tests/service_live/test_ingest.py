"""A webhook posted to a live worker: in the input's topic once it is answered, and through intake a canonical record."""

import asyncio
import hmac
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slamon.engine.partitioner import partition_of
from slamon.service.doctor import Setup, diagnose
from tests.integration.reading import everything
from tests.service_live.live import PARTITIONS, Live, Worker

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

SECRET = b"a-secret-that-pagerduty-made"


def webhook(name: str, at: str) -> bytes:
    data = {"id": "PT1", "type": "incident", "status": "triggered", "priority": None, "title": "down"}
    return json.dumps({"event": {"id": "E1", "event_type": name, "occurred_at": at, "data": data}}).encode()


def post(worker: Worker, body: bytes, secret: bytes = SECRET, name: str = "pd") -> tuple[int, Any]:
    """Status and JSON of the answer."""
    signature = hmac.digest(secret, body, "sha256").hex()
    headers = {"Content-Type": "application/json", "X-PagerDuty-Signature": f"v1={signature}"}
    request = urllib.request.Request(f"http://127.0.0.1:{worker.port}/ingest/{name}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def opened(topic: str, folder: Path) -> str:
    """The inputs of a worker whose input `pd` takes signed posts."""
    file = folder / "secret"
    file.write_bytes(SECRET + b"\n")
    proof = {"scheme": "hmac-sha256", "secret_files": [str(file)], "header": "X-PagerDuty-Signature", "prefix": "v1="}
    return json.dumps([{"name": "pd", "topic": topic, "source": "pagerduty", "ingest": proof}])


async def test_a_posted_webhook_is_in_kafka_when_it_is_answered_and_becomes_a_ticket(live: Live) -> None:
    topic = f"{live.prefix}pd"
    await live.make_topics(topic)
    worker = live.start(SLAMON_INPUTS=opened(topic, live.folder))
    await live.ready(worker)
    body = webhook("incident.triggered", datetime.now(UTC).isoformat())

    assert await asyncio.to_thread(post, worker, body) == (202, {"accepted": 1})
    (raw,) = await everything(live.cluster, topic)
    assert (raw.value, raw.key, dict(raw.headers)) == (body, b"PT1", {"content-type": b"application/json"})

    (record,) = await ticket_records(live)
    assert (record.key, record.partition) == (b"PT1", partition_of(b"PT1", PARTITIONS))
    told = json.loads(record.value)
    assert (told["ticket"], told["id"], told["event"], told["source"]) == ("PT1", "E1", "created", "pagerduty")
    assert (await asyncio.to_thread(worker.get, "/api/v1/tickets/PT1"))["ticket"] == "PT1"

    assert (await asyncio.to_thread(post, worker, body, b"another-secret-of-somebody"))[0] == 401
    status, problem = await asyncio.to_thread(post, worker, webhook("incident.triggered", "yesterday"))
    assert (status, problem["error"]) == (422, "bad_instant")
    assert len(await everything(live.cluster, topic)) == 1
    assert await everything(live.cluster, f"{live.prefix}deadletter") == []
    assert {line["reason"] for line in worker.said("ingest_refused")} == {"unauthorized", "bad_instant"}
    assert SECRET.decode() not in worker.log.read_text()

    findings = await diagnose(Setup(live.cluster, PARTITIONS, (topic,), posted=(topic,)))
    assert any(each.what.startswith("access: read 8 topics, write 9") for each in findings), findings


async def ticket_records(live: Live) -> list[Any]:
    """The canonical records once there is one, without intake's watermarks, which have no key."""
    for _ in range(100):
        found = [each for each in await everything(live.cluster, f"{live.prefix}tickets") if each.key is not None]
        if found:
            return found
        await asyncio.sleep(0.2)
    raise AssertionError("intake wrote no record")
