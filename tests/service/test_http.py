"""The port: there from the first second, honest about readiness, silent about its insides."""

import asyncio
import socket

import aiohttp
import pytest
import pytest_asyncio

from slamon.runtime.errors import WorkerMustEnd
from slamon.service.http import HEADERS, MAX_AT_ONCE, HttpServer
from slamon.service.metrics import Metrics
from slamon.service.status import Elsewhere, InputStatus, PartitionStatus, WorkerStatus

NOW = 1_704_455_100_000  # 2024-01-05T11:45:00Z


class Worker:
    """A StatusSource without Kafka."""

    def __init__(self) -> None:
        self.told = WorkerStatus(NOW)
        self.tickets = {"T-1": {"ticket": "T-1", "clocks": []}, "a/b ü": {"ticket": "a/b ü"}}
        self.wait: asyncio.Event | None = None
        self.asked = 0
        self.full = asyncio.Event()

    def status(self) -> WorkerStatus:
        return self.told

    async def ticket(self, ticket):
        self.asked += 1
        if self.asked == MAX_AT_ONCE:
            self.full.set()
        if self.wait is not None:
            await self.wait.wait()
        if ticket == "boom":
            raise RuntimeError("password=hunter2")
        return Elsewhere(3, "slamon-1.slamon:8080") if ticket == "T-elsewhere" else self.tickets.get(ticket)

    async def service(self, service):
        return Elsewhere(3) if service == "elsewhere" else {"service": service} if service == "checkout" else None

    async def services(self, after, limit):
        if after == "slow":
            raise TimeoutError
        return {"services": [{"service": f"after {after}"}] * limit, "next": None, "complete": True}

    async def due(self, limit):
        return {"due": [{"ticket": "T-1"}] * limit, "complete": True}


class Client:
    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session, self.root = session, f"http://127.0.0.1:{port}"

    async def get(self, path: str, **headers: str) -> tuple[int, dict]:
        async with self.session.get(self.root + path, headers=headers) as response:
            return response.status, await response.json()


@pytest.fixture
def worker():
    return Worker()


@pytest_asyncio.fixture
async def client(worker):
    server = HttpServer(worker, Metrics(), "127.0.0.1", 0)
    await server.start()
    async with aiohttp.ClientSession() as session:
        yield Client(session, server.port)
    await server.stop()


def active(number: int = 0, **more) -> PartitionStatus:
    return PartitionStatus(number, "active", NOW - 30, **more)


async def test_a_worker_that_has_nothing_yet_is_alive_and_says_what_it_waits_for(client):
    assert await client.get("/healthz") == (200, {"status": "alive"})
    reason = "the group has not assigned partitions to this worker yet"
    assert await client.get("/readyz") == (503, {"ready": False, "reasons": [reason]})
    async with client.session.get(client.root + "/metrics") as response:
        assert (response.status, "slamon_build_info{" in await response.text()) == (200, True)


@pytest.mark.parametrize(
    ("status", "reasons"),
    [
        (WorkerStatus(NOW, True), []),
        (WorkerStatus(NOW, True, NOW - 20, partitions=[active()]), []),
        (WorkerStatus(NOW, True, None, partitions=[active()]), ["timers were not looked at yet"]),
        (
            WorkerStatus(NOW, True, NOW - 12_000, partitions=[active()]),
            ["timers were last looked at 12.0 s ago: is the broker there?"],
        ),
        (
            WorkerStatus(
                NOW, True, NOW,
                partitions=[
                    active(),
                    PartitionStatus(1, "recovering", recovery_remaining=7, recovery_started_at=NOW),
                    PartitionStatus(2, "catching_up", lag={"tickets": 5}),
                    PartitionStatus(4, "fencing"),
                ],
            ),
            [
                "partition 1 is recovering: 7 changelog records remain",
                "partition 2 is catching up: 5 records remain",
                "partition 4 is fencing",
            ],
        ),
    ],
)  # fmt: skip
async def test_ready_means_assigned_recovered_and_ticking(client, worker, status, reasons):
    worker.told = status
    assert await client.get("/readyz") == (503 if reasons else 200, {"ready": not reasons, "reasons": reasons})


async def test_recovery_never_makes_a_worker_unhealthy(client, worker):
    worker.told = WorkerStatus(NOW, True, partitions=[PartitionStatus(1, "recovering", recovery_remaining=10**9)])
    assert (await client.get("/healthz"))[0] == 200


async def test_metrics_come_in_the_form_that_is_asked_for(client, worker):
    worker.told = WorkerStatus(NOW, True, NOW, partitions=[active(5)])
    for accept, form, end in [
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0", "# EOF\n"),
    ]:
        async with client.session.get(client.root + "/metrics", headers={"Accept": accept}) as response:
            text = await response.text()
            assert response.headers["Content-Type"].startswith(form)
            assert text.endswith(end)
            assert 'slamon_partition_time_lag_seconds{partition="5"} 0.03' in text


async def test_a_ticket_is_explained_by_the_worker_that_owns_it(client):
    assert await client.get("/api/tickets/T-1") == (200, {"ticket": "T-1", "clocks": []})
    assert await client.get("/api/tickets/a%2Fb%20%C3%BC") == (200, {"ticket": "a/b ü"})


async def test_another_worker_says_whom_to_ask(client):
    status, body = await client.get("/api/tickets/T-elsewhere")
    assert (status, body["error"], body["partition"]) == (421, "other_worker", 3)
    assert body["hint"] == "partition 3 belongs to another worker: ask slamon-1.slamon:8080"


@pytest.mark.parametrize(("query", "number"), [("", 20), ("?limit=1", 1), ("?limit=100", 100)])
async def test_the_clocks_due_soonest_are_listed_as_many_as_asked_for(client, query, number):
    status, body = await client.get(f"/api/due{query}")
    assert (status, len(body["due"])) == (200, number)


async def test_a_service_is_explained_by_the_worker_that_owns_it(client):
    assert await client.get("/api/services/checkout") == (200, {"service": "checkout"})
    status, body = await client.get("/api/services/elsewhere")
    assert (status, body["error"], body["partition"]) == (421, "other_worker", 3)


@pytest.mark.parametrize(("query", "number"), [("", 20), ("?limit=3&after=che%2Fckout", 3)])
async def test_services_are_listed_as_many_as_asked_for_after_the_one_named(client, query, number):
    status, body = await client.get(f"/api/services{query}")
    assert (status, len(body["services"])) == (200, number)
    assert body["services"][0]["service"] == ("after che/ckout" if query else "after ")


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        *((f"/api/services?limit={limit}", 400, "bad_limit") for limit in ("0", "101", "x")),
        ("/api/services?after=a%00b", 400, "bad_service"),
        ("/api/services?after=slow", 504, "too_slow"),
        ("/api/services/nobody", 404, "unknown_service"),
        ("/api/services/" + "x" * 513, 400, "bad_service"),
        *((f"/api/due?limit={limit}", 400, "bad_limit") for limit in ("0", "101", "-1", "x", "²", "")),
        ("/api/tickets/T-9", 404, "unknown_ticket"),
        ("/api/tickets/" + "x" * 513, 400, "bad_ticket"),
        ("/api/tickets/a%00b", 400, "bad_ticket"),
        ("/api/tickets/boom", 500, "failed"),
        ("/table/sla/T-1", 404, "not_found"),
        ("/", 404, "not_found"),
    ],
)
async def test_a_refusal_is_json_with_a_hint_and_without_insides(client, path, status, error):
    got, body = await client.get(path)
    assert (got, body["error"]) == (status, error)
    assert body["hint"]
    assert "hunter2" not in str(body)


async def test_nothing_can_be_written(client):
    for method in ("POST", "PUT", "DELETE"):
        async with client.session.request(method, client.root + "/api/status", data=b"x") as response:
            assert (response.status, (await response.json())["error"]) == (405, "method_not_allowed")


async def test_the_status_lists_partitions_inputs_and_policies_with_instants_as_on_the_wire(client, worker):
    inputs = [InputStatus("snow", "rows", "servicenow", NOW - 1000, 3, True)]
    worker.told = WorkerStatus(NOW, True, NOW, "5f3c", [active(lag={"tickets": 1})], inputs)
    status, body = await client.get("/api/status")
    assert (status, body["ready"], body["policies"], body["now"]) == (200, True, "5f3c", "2024-01-05T11:45:00Z")
    assert body["partitions"][0]["partition_time"] == "2024-01-05T11:44:59.970Z"
    assert body["partitions"][0]["lag"] == {"tickets": 1}
    assert (body["inputs"][0]["name"], body["inputs"][0]["last_record_at"]) == ("snow", "2024-01-05T11:44:59Z")


async def test_every_answer_carries_the_security_headers(client):
    for path in ("/healthz", "/metrics", "/nothing"):
        async with client.session.get(client.root + path) as response:
            assert {name: response.headers[name] for name in HEADERS} == dict(HEADERS)


async def test_too_many_requests_at_once_are_refused_and_health_still_answers(client, worker):
    worker.wait = asyncio.Event()
    waiting = [asyncio.create_task(client.get("/api/tickets/T-1")) for _ in range(MAX_AT_ONCE)]
    await asyncio.wait_for(worker.full.wait(), 5)
    assert (await client.get("/readyz"))[1]["error"] == "busy"
    assert (await client.get("/healthz"))[0] == 200
    worker.wait.set()
    assert {status for status, _ in await asyncio.gather(*waiting)} == {200}
    assert (await client.get("/readyz"))[1]["ready"] is False


async def test_a_taken_port_ends_the_worker_with_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = HttpServer(Worker(), Metrics(), "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(WorkerMustEnd, match=r"expected an address to listen on, got 127.0.0.1:\d+: .*in use"):
            await server.start()
