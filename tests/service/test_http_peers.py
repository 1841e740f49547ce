"""Several workers, each asked for what another one owns: two real servers, and a third that is silent or lies."""

import asyncio
import re
from collections.abc import AsyncIterator

import aiohttp
import orjson
import pytest
import pytest_asyncio
from aiohttp import web
from pydantic import SecretStr

from slamon.service.http import HttpServer
from slamon.service.http.peers import SECONDS
from slamon.service.metrics import Metrics
from slamon.service.settings import Access
from slamon.service.status import PartitionStatus, WorkerStatus
from tests.service.told import NOW, Client, Worker

OLD, NEW = "old-token-0123456789", "new-token-0123456789"


class Stranger:
    """Something that other workers are told is one of them: it answers as it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.body: bytes | None = b"{}"
        self.status, self.headers = 200, {}
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path_qs, dict(request.headers)))
        if self.body is None:
            await asyncio.sleep(60)
        return web.Response(status=self.status, body=self.body, headers=self.headers)


class Pair:
    """Two workers of partitions 0 and 1, and 2; `one` is asked."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.workers, self.servers, self.clients = [], [], []

    async def start(self, worker: Worker, access: Access) -> str:
        worker.told = status_of(worker)
        server = HttpServer(worker, Metrics(), "127.0.0.1", 0, None, access)
        await server.start()
        client = Client(self.session, server.port)
        for entries, entry in ((self.workers, worker), (self.servers, server), (self.clients, client)):
            entries.append(entry)
        return client.root

    async def get(self, path: str, token: str = OLD, **headers: str) -> tuple[int, dict]:
        return await self.clients[0].get(path, Authorization=f"Bearer {token}", **headers)


def status_of(worker: Worker) -> WorkerStatus:
    owned = [PartitionStatus(number, "active", NOW) for number in sorted(worker.owned)]
    return WorkerStatus(NOW, True, NOW, "5f3c", owned, expected_partitions=3)


def opened_by(*tokens: str) -> Access:
    return Access(tokens=[SecretStr(token) for token in tokens])


@pytest_asyncio.fixture
async def pair() -> AsyncIterator[Pair]:
    async with aiohttp.ClientSession() as session:
        made = Pair(session)
        await made.start(Worker(0, 1), opened_by(NEW, OLD))
        other = await made.start(Worker(2), opened_by(OLD))
        one, two = made.workers
        one.known = {other: two.owned, "worker://three": frozenset()}
        two.known = {made.clients[0].root: one.owned}
        yield made
        for server in made.servers:
            await server.stop()


@pytest_asyncio.fixture
async def stranger(pair: Pair) -> AsyncIterator[Stranger]:
    """Instead of the second worker."""
    made = Stranger()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    pair.workers[0].known = {made.url: frozenset({2})}
    yield made
    await runner.cleanup()


async def test_any_worker_explains_a_ticket_of_another_even_while_tokens_change_over(pair):
    assert await pair.get("/api/v1/tickets/T-elsewhere") == (
        200,
        {"ticket": "T-elsewhere", "at": "there", "clocks": []},
    )
    assert (await pair.get("/api/v1/tickets/T-elsewhere/clocks"))[1]["ticket"] == "T-elsewhere"


async def test_a_question_is_passed_on_once(pair):
    """Both say that the other one owns it, as may be during a rebalance."""
    status, body = await pair.get("/api/v1/tickets/T-nobody")
    assert (status, body["error"]) == (503, "owner_unanswered")
    status, body = await pair.get("/api/v1/tickets/T-elsewhere", **{"Slamon-Hop": "1"})
    assert (status, body["error"]) == (421, "other_worker")


async def test_what_the_owner_does_not_know_is_unknown(pair):
    pair.workers[1].tickets.clear()
    pair.workers[0].ticket = pair.workers[0].service
    status, body = await pair.get("/api/v1/tickets/elsewhere")
    assert (status, body["error"]) == (404, "unknown_ticket")


async def test_lists_are_those_of_all_workers_in_one_order(pair):
    one, two = pair.workers
    every = one.clocks
    one.clocks, two.clocks = every[::2], every[1::2]
    one.names, two.names = one.names[:30], one.names[20:]
    found, names = [], []
    cursor = ""
    while cursor is not None:
        status, body = await pair.get(f"/api/v1/at-risk?limit=7{cursor and '&cursor='}{cursor}")
        assert (status, body["complete"], body["missing"]) == (200, True, [])
        found += body["clocks"]
        cursor = body["next"]
    assert found == every
    cursor = ""
    while cursor is not None:
        _, body = await pair.get(f"/api/v1/services?limit=9{cursor and '&cursor='}{cursor}")
        names += [entry["service"] for entry in body["services"]]
        cursor = body["next"]
    assert names == sorted({*one.names, *two.names})


async def test_a_list_says_which_partitions_nobody_has_looked_at(pair):
    await pair.servers[1].stop()
    status, body = await pair.get("/api/v1/at-risk")
    assert (status, body["complete"], body["missing"], len(body["clocks"])) == (200, False, [2], 20)
    _, body = await pair.get("/api/v1/services", **{"Slamon-Hop": "1"})
    assert (body["complete"], body["missing"]) == (False, [2])


async def test_the_status_tells_of_every_worker(pair):
    _, body = await pair.get("/api/v1/status")
    assert (body["complete"], body["missing"], body["ready"]) == (True, [], True)
    assert [[one["number"] for one in worker["partitions"]] for worker in body["workers"]] == [[0, 1], [2]]
    await pair.servers[1].stop()
    _, body = await pair.get("/api/v1/status")
    assert (body["complete"], body["missing"], body["ready"]) == (False, [2], False)
    assert body["workers"][1] == {"address": pair.clients[1].root, "answered": False}


async def test_a_worker_that_does_not_answer_is_waited_for_briefly(pair, stranger):
    stranger.body = None
    async with asyncio.timeout(SECONDS + 2):
        status, body = await pair.get("/api/v1/tickets/T-elsewhere")
    assert (status, body["error"], body["worker"]) == (503, "owner_unanswered", stranger.url)


@pytest.mark.parametrize(
    "told",
    [b"[]", b"no JSON", b"", b'{"clocks": 1}', b'{"clocks": [{"due_at": "soon"}], "missing": [], "next": null, "truncated": false}',
     b'{"clocks": [], "missing": ["x"], "next": null, "truncated": false}', b'{"clocks": []}', b'{"workers": [{"answered": true}]}'],
)  # fmt: skip
async def test_an_answer_that_is_none_counts_as_silence(pair, stranger, told):
    stranger.body = told
    status, body = await pair.get("/api/v1/at-risk")
    assert (status, body["missing"], len(body["clocks"])) == (200, [2], 20)
    status, body = await pair.get("/api/v1/status")
    assert (status, body["missing"], body["workers"][1]["answered"]) == (200, [2], False)


async def test_an_answer_without_end_is_not_read_to_the_end(pair, stranger, monkeypatch):
    monkeypatch.setattr("slamon.service.http.peers.MAX_BYTES", 100)
    stranger.body = orjson.dumps({"ticket": "x" * 100, "clocks": []})
    assert (await pair.get("/api/v1/tickets/T-elsewhere"))[0] == 503


async def test_nobody_is_sent_elsewhere(pair, stranger):
    stranger.status, stranger.headers = 302, {"Location": pair.clients[1].root + "/api/v1/tickets/T-elsewhere"}
    assert (await pair.get("/api/v1/tickets/T-elsewhere"))[0] == 503
    assert len(stranger.asked) == 1


async def test_a_worker_asks_with_a_token_of_its_own_on_a_path_of_its_own(pair, stranger):
    cookie = {"Cookie": "session=1", "X-Forwarded-For": "10.0.0.1"}
    await pair.get("/api/v1/at-risk?limit=3&customer=a%26b", NEW, **cookie)
    ((path, headers),) = stranger.asked
    assert path == "/api/v1/at-risk?limit=3&customer=a%26b"
    assert headers["Authorization"] == f"Bearer {NEW}"
    assert (headers["Slamon-Hop"], headers.keys() & cookie.keys()) == ("1", set())


@pytest.mark.parametrize(
    "url",
    ["worker://two", "http://127.0.0.1:1/../..", "http://a@127.0.0.1:1", "http://127.0.0.1:1?x", "file:///etc/passwd",
     "https://127.0.0.1:1", "http://127.0.0.1:1#", "http://127.0.0.1:99999999", "gopher://127.0.0.1:1"],
)  # fmt: skip
async def test_what_is_no_plain_address_is_never_asked(pair, url):
    pair.workers[0].known = {url: frozenset({2})}
    status, body = await pair.get("/api/v1/tickets/T-elsewhere")
    assert (status, body["error"]) == (421, "other_worker")
    _, body = await pair.get("/api/v1/status")
    assert len(body["workers"]) == 1


async def test_a_worker_never_asks_itself():
    own = "http://127.0.0.1:9"
    worker = Worker(0, 1)
    worker.known = {own: frozenset({2})}
    server = HttpServer(worker, Metrics(), "127.0.0.1", 0, None, Access(advertise=own))
    await server.start()
    async with aiohttp.ClientSession() as session:
        assert (await Client(session, server.port).get("/api/v1/tickets/T-elsewhere"))[0] == 421
    await server.stop()
    assert re.match("http://", own)
