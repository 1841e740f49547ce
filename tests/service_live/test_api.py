"""The API of real workers: any of them answers for all, and each answer is one that docs/openapi.json allows."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import pytest_asyncio

from slamon.service.http.openapi import DOCUMENT
from tests.broker.model import free_ports
from tests.cli.calling import call
from tests.service_live.live import PARTITIONS, Live, Worker, now_ms, ticket, word

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

TOKEN = "a-token-for-the-test-0123"
POLICIES = """
apiVersion: slamon/v1
kind: Agreement
metadata: {name: acme}
spec: {customer: Acme Ltd, zone: Europe/Berlin}
---
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: gold}
spec:
  agreement: acme
  statuses: {resolved: [resolved], closed: [closed], known: [open, pending]}
  pause: {status: pending}
  objectives:
    first_response: {target: 1h}
    resolution: {targets: {P1: 2h, default: 4h}, warn: [50%]}
---
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: shop}
spec:
  agreement: acme
  period: month
  objectives:
    availability: {target: 99.9%}
"""
TICKETS = ["INC-1042", *(f"INC-{number}" for number in range(2000, 2012))]
SERVICES = ["checkout", *(f"service-{number}" for number in range(6))]


class Pair:
    """Two workers that know each other's address; `headers` is what opens them."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.headers = {"Authorization": f"Bearer {TOKEN}"}
        (live.folder / "tokens").write_text(TOKEN)
        ports = free_ports(2)
        self.workers = [
            live.start(name, SLAMON_HTTP_PORT=str(port), SLAMON_ACCESS__ADVERTISE=f"http://127.0.0.1:{port}")
            for name, port in zip(("one", "two"), ports, strict=True)
        ]

    def get(self, worker: Worker, path: str) -> Any:
        return worker.get(f"/api/v1{path}", **self.headers)

    def pages(self, worker: Worker, path: str, name: str) -> list[dict[str, Any]]:
        """Every entry of a list, page by page."""
        found, cursor = [], ""
        while cursor is not None:
            page = self.get(worker, f"{path}?limit=5{cursor and '&cursor='}{cursor}")
            assert (page["complete"], page["missing"]) == (True, []), page
            found += page[name]
            cursor = page["next"]
        return found

    async def until_known(self) -> None:
        """Every ticket and service has come to its worker."""
        for _ in range(60):
            wanted = [f"/tickets/{name}" for name in TICKETS] + [f"/services/{name}" for name in SERVICES]
            told = [await asyncio.to_thread(self.get, self.workers[0], path) for path in wanted]
            if all(one.get("clocks") for one in told):
                return
            await asyncio.sleep(0.5)
        raise AssertionError(f"not known: {[one.get('error') for one in told]}")


@pytest_asyncio.fixture
async def pair(live: Live) -> AsyncIterator[Pair]:
    live.policies = POLICIES
    live.environment = {"SLAMON_ACCESS__TOKEN_FILES": str(live.folder / "tokens")}
    live.headers = {"Authorization": f"Bearer {TOKEN}"}
    await live.make_topics()
    made = Pair(live)
    await live.ready(*made.workers, seconds=90)
    at = now_ms() - 60_000
    opened = [
        ticket(name, "created", at + number, f"{name}-1", fields={"status": "open", "priority": f"P{number % 2 + 1}"})
        for number, name in enumerate(TICKETS)
    ]
    await live.write(opened + [word(name, "down", at) for name in SERVICES])
    await made.until_known()
    yield made


def schema_of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


def fits(told: Any, name: str) -> None:
    jsonschema.validate(told, schema_of(name), format_checker=jsonschema.FormatChecker())


async def test_any_worker_answers_for_all_partitions_and_says_whom_it_cannot_ask(pair: Pair) -> None:
    one, two = pair.workers
    for worker in pair.workers:
        status = await asyncio.to_thread(pair.get, worker, "/status")
        fits(status, "Status")
        assert (status["ready"], status["complete"], len(status["workers"])) == (True, True, 2)
        for name in TICKETS:
            told = pair.get(worker, f"/tickets/{name}")
            fits(told, "Ticket")
            assert [clock["objective"] for clock in told["clocks"]] == ["first_response", "resolution"]
            fits(pair.get(worker, f"/tickets/{name}/clocks"), "TicketClocks")
        for name in SERVICES:
            fits(pair.get(worker, f"/services/{name}"), "Service")
    lists = [pair.pages(worker, "/at-risk", "clocks") for worker in pair.workers]
    assert lists[0] == lists[1]
    assert sorted(one["ticket"] for one in lists[0] if "ticket" in one) == sorted(TICKETS * 2)
    assert [one["due_at"] for one in lists[0]] == sorted(one["due_at"] for one in lists[0])
    for worker in pair.workers:
        assert [one["service"] for one in pair.pages(worker, "/services", "services")] == sorted(SERVICES)
    fits(pair.get(one, "/at-risk?policy=gold&within=90m"), "AtRisk")
    fits(pair.get(one, "/services"), "Services")
    fits(pair.get(one, "/policies"), "Policies")
    policy = pair.get(two, "/policies/gold")
    fits(policy, "Policy")
    assert "first_response" in policy["text"]
    assert "Acme Ltd" in policy["words"]
    assert pair.get(two, "/openapi.json") == json.loads(json.dumps(DOCUMENT))
    await _commands(pair)
    await _without(two, pair)


async def _commands(pair: Pair) -> None:
    """What a person types: the promises from the topic, and a ticket from a worker that does not own it."""
    live = pair.live
    said = await asyncio.to_thread(
        call, "policy", "show", "--for", "acme", "--bootstrap", live.bootstrap, "--prefix", live.prefix
    )
    assert (said.code, said.err) == (0, "")
    assert "priority P1: within 2 hours" in said.out
    for worker in pair.workers:
        root = f"http://127.0.0.1:{worker.port}"
        told = await asyncio.to_thread(
            call, "explain", "INC-1042", "--from", root, "--token-file", live.folder / "tokens"
        )
        assert (told.code, told.err) == (0, "")
        refused = await asyncio.to_thread(call, "explain", "INC-1042", "--from", root)
        assert "401 unauthorized" in refused.err


async def _without(silent: Worker, pair: Pair) -> None:
    """A worker that is frozen owns its partitions still, and tells nothing of them."""
    owned = {
        one["number"]
        for one in silent.get("/api/v1/status", **{**pair.headers, "Slamon-Hop": "1"})["workers"][0]["partitions"]
    }
    silent.send(signal.SIGSTOP)
    one = pair.workers[0]
    began = time.monotonic()
    page = await asyncio.to_thread(pair.get, one, "/at-risk?limit=100")
    status = await asyncio.to_thread(pair.get, one, "/status")
    assert time.monotonic() - began < 8
    assert (page["complete"], set(page["missing"])) == (False, owned)
    assert (status["complete"], status["ready"], set(status["missing"])) == (False, False, owned)
    assert len(owned) == PARTITIONS // 2
    silent.send(signal.SIGCONT)


async def test_every_answer_is_one_that_the_document_allows(pair: Pair, tmp_path: Path) -> None:
    """schemathesis asks what the document allows and what it does not, the same each time."""
    root = f"http://127.0.0.1:{pair.workers[0].port}"
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps({**DOCUMENT, "servers": [{"url": f"{root}/api/v1"}]}))
    words = [
        sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", f"{root}/api/v1",
        "--header", f"Authorization: Bearer {TOKEN}", "--seed", "1", "--generation-deterministic",
        "--max-examples", "20", "--request-timeout", "15", "--no-color", "--suppress-health-check", "all",
        # Any text of the right form may be a cursor to the document; only those that were given are to the server.
        "--exclude-checks", "positive_data_acceptance",
        "--exclude-path", "/events",  # has no end; tests/service/test_events.py
    ]  # fmt: skip
    done = await asyncio.to_thread(subprocess.run, words, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert pair.workers[0].process.poll() is None
    assert not pair.workers[0].said("request_failed")
