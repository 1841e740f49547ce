"""The port: there from the first second, honest about readiness, silent about its insides."""

import asyncio
import socket

import aiohttp
import pytest
import pytest_asyncio

from slamon.runtime.errors import WorkerMustEnd
from slamon.service.due import Wanted
from slamon.service.http import HEADERS, MAX_AT_ONCE, HttpServer
from slamon.service.metrics import Metrics
from slamon.service.status import InputStatus, PartitionStatus, WorkerStatus
from tests.service.told import NOW, Client, Worker


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
    assert await client.get("/api/v1/tickets/T-1") == (200, {"ticket": "T-1", "at": "now", "clocks": []})
    assert await client.get("/api/v1/tickets/a%2Fb%20%C3%BC") == (200, {"ticket": "a/b ü", "clocks": []})


async def test_the_clocks_of_a_ticket_are_told_in_short(client, worker):
    clock = {"clock_id": "c1", "objective": "resolution", "stage": "active", "explanation": {"counted": []}}
    worker.tickets["T-1"] = {"ticket": "T-1", "at": "now", "fields": {}, "clocks": [clock]}
    status, body = await client.get("/api/v1/tickets/T-1/clocks")
    del clock["explanation"]
    assert (status, body) == (200, {"ticket": "T-1", "at": "now", "clocks": [clock]})


async def test_a_ticket_of_a_worker_that_cannot_be_found_is_misdirected(client):
    """RFC 9110 15.5.20; the body as in RFC 9457."""
    status, body = await client.get("/api/v1/tickets/T-nobody")
    assert (status, body["status"], body["error"], body["partition"]) == (421, 421, "other_worker", 2)
    assert body["title"] == "Misdirected Request"
    assert "access.advertise" in body["detail"]


async def all_pages(client: Client, path: str, name: str) -> list[dict]:
    found, query = [], ""
    while query is not None:
        status, body = await client.get(f"{path}?limit=7{query}")
        assert (status, body["complete"], body["missing"]) == (200, True, [])
        found += body[name]
        query = body["next"] and f"&cursor={body['next']}"
    return found


@pytest.mark.parametrize(("query", "number"), [("", 20), ("?limit=1", 1), ("?limit=100", 50)])
async def test_the_clocks_at_risk_are_listed_as_many_as_asked_for(client, query, number):
    status, body = await client.get(f"/api/v1/at-risk{query}")
    assert (status, len(body["clocks"]), body["next"] is None) == (200, number, number == 50)


async def test_pages_follow_each_other(client, worker):
    assert await all_pages(client, "/api/v1/at-risk", "clocks") == worker.clocks
    assert [one["service"] for one in await all_pages(client, "/api/v1/services", "services")] == worker.names


async def test_clocks_at_risk_are_asked_for_by_policy_customer_group_and_time(client, worker):
    await client.get("/api/v1/at-risk?policy=gold&customer=Acme%20Ltd&group=network&within=4h")
    assert worker.wanted == Wanted(20, (-1, ""), NOW + 4 * 3_600_000, "gold", "Acme Ltd", "network")


async def test_a_service_is_explained_by_the_worker_that_owns_it(client):
    assert await client.get("/api/v1/services/checkout") == (200, {"service": "checkout", "clocks": []})
    status, body = await client.get("/api/v1/services/elsewhere")
    assert (status, body["error"], body["partition"]) == (421, "other_worker", 2)


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        *((f"/api/v1/services?limit={limit}", 400, "bad_limit") for limit in ("0", "101", "x")),
        *((f"/api/v1/services?cursor={cursor}", 400, "bad_cursor") for cursor in ("x", "W10", "WzFd", "*", "", "e30")),
        ("/api/v1/at-risk?cursor=WyJhIl0", 400, "bad_cursor"),
        *((f"/api/v1/at-risk?within={within}", 400, "bad_within") for within in ("4", "0s", "1 h", "-1h", "1h30m")),
        ("/api/v1/at-risk?customer=", 400, "bad_parameter"),
        ("/api/v1/at-risk?customer=a&customer=b", 400, "bad_parameter"),
        ("/api/v1/at-risk?custmer=a", 400, "unknown_parameter"),
        ("/api/v1/status?x", 400, "unknown_parameter"),
        ("/api/v1/tickets/slow", 504, "too_slow"),
        ("/api/v1/policies", 503, "starting"),
        ("/api/v1/services/nobody", 404, "unknown_service"),
        ("/api/v1/services/" + "x" * 513, 400, "bad_service"),
        *((f"/api/v1/at-risk?limit={limit}", 400, "bad_limit") for limit in ("0", "101", "-1", "x", "²", "")),
        ("/api/v1/tickets/T-9", 404, "unknown_ticket"),
        ("/api/v1/tickets/" + "x" * 513, 400, "bad_ticket"),
        ("/api/v1/tickets/a%00b", 400, "bad_ticket"),
        ("/api/v1/tickets/boom", 500, "failed"),
        ("/table/sla/T-1", 404, "not_found"),
        ("/page", 404, "not_found"),
    ],
)
async def test_a_refusal_is_json_with_a_hint_and_without_insides(client, path, status, error):
    got, body = await client.get(path)
    assert (got, body["error"]) == (status, error)
    assert (body["status"], bool(body["title"]), bool(body["detail"])) == (status, True, True)
    assert "hunter2" not in str(body)


async def test_nothing_can_be_written(client):
    for method in ("POST", "PUT", "DELETE"):
        async with client.session.request(method, client.root + "/api/v1/status", data=b"x") as response:
            assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD"}
            assert response.content_type == "application/problem+json"
            assert (response.status, (await response.json())["error"]) == (405, "method_not_allowed")


async def test_the_status_lists_workers_with_instants_as_on_the_wire(client, worker):
    inputs = [InputStatus("snow", "rows", "servicenow", NOW - 1000, 3, True)]
    partitions = [active(lag={"tickets": 1}), active(1)]
    worker.told = WorkerStatus(
        NOW, True, NOW, "5f3c", partitions, inputs=inputs, expected_partitions=3, name="slamon-0",
        address="http://slamon-0:8080",
    )  # fmt: skip
    status, body = await client.get("/api/v1/status")
    assert (status, body["policies"], body["now"]) == (200, "5f3c", "2024-01-05T11:45:00Z")
    assert (body["ready"], body["complete"], body["missing"]) == (False, False, [2])
    (own,) = body["workers"]
    assert (own["ready"], own["name"], own["address"]) == (True, "slamon-0", "http://slamon-0:8080")
    assert own["partitions"][0]["partition_time"] == "2024-01-05T11:44:59.970Z"
    assert own["partitions"][0]["lag"] == {"tickets": 1}
    assert (own["inputs"][0]["name"], own["inputs"][0]["last_record_at"]) == ("snow", "2024-01-05T11:44:59Z")


async def test_every_answer_carries_the_security_headers(client):
    for path in ("/healthz", "/metrics", "/nothing"):
        async with client.session.get(client.root + path) as response:
            assert {name: response.headers[name] for name in HEADERS} == dict(HEADERS)


async def test_too_many_requests_at_once_are_refused_and_health_still_answers(client, worker):
    worker.wait = asyncio.Event()
    waiting = [asyncio.create_task(client.get("/api/v1/tickets/T-1")) for _ in range(MAX_AT_ONCE)]
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
