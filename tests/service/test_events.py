"""The stream of the page: facts with their places, what is at risk as it changes, and an end for who may not hear it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from slamon.service.feed import MAX_VIEWERS, Feed
from slamon.service.http import HEADERS, HttpServer, events, shared
from slamon.service.metrics import Metrics
from slamon.service.settings import Access
from tests.service.test_feed import Source
from tests.service.told import Client, Worker, due

TOKEN = "a-token-of-the-test-0123"


class Stream:
    """Reads events of a response one by one."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self, *names: str) -> dict[str, Any]:
        """The next event of one of these names."""
        while True:
            block = (await asyncio.wait_for(self.response.content.readuntil(b"\n\n"), 5)).decode()
            lines = dict(line.split(": ", 1) for line in block.strip().splitlines() if not line.startswith(":"))
            if "data" in lines and (not names or lines["event"] in names):
                return {"event": lines["event"], "id": lines.get("id"), "data": json.loads(lines["data"])}

    async def ends(self) -> bool:
        async with asyncio.timeout(5):
            while await self.response.content.readany():
                pass
        return True


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(events, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(shared, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(events, "WORD_EVERY", 0.2)


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def source():
    return Source()


@pytest_asyncio.fixture
async def client(worker, source) -> AsyncIterator[Client]:
    server = HttpServer(worker, Metrics(), "127.0.0.1", 0, feed=Feed(source.read))
    await server.start()
    async with aiohttp.ClientSession() as session:
        yield Client(session, server.port)
    await server.stop()


@contextlib.asynccontextmanager
async def watching(client: Client, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    async with client.session.get(f"{client.root}/api/v1/events{query}", headers=headers) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        assert {name: response.headers[name] for name in HEADERS} == dict(HEADERS)
        yield Stream(response)


async def test_the_streams_that_are_open_stand_in_the_metrics(worker, source):
    metrics = Metrics()
    server = HttpServer(worker, metrics, "127.0.0.1", 0, feed=Feed(source.read, metrics.on_viewers))
    await server.start()
    async with aiohttp.ClientSession() as session:
        client = Client(session, server.port)
        assert await viewers(client) == 0
        async with watching(client), watching(client):
            assert await viewers(client) == 2
        assert await nobody(client)
    await server.stop()


async def nobody(client: Client) -> bool:
    """Whether all have gone within a second or so: a stream notices at its next look."""
    for _ in range(60):
        if await viewers(client) == 0:
            return True
        await asyncio.sleep(0.05)
    return False


async def viewers(client: Client) -> float:
    async with client.session.get(f"{client.root}/metrics") as response:
        text = await response.text()
    (line,) = (line for line in text.splitlines() if line.startswith("slamon_page_viewers "))
    return float(line.split()[1])


async def test_a_viewer_hears_what_is_at_risk_and_then_each_fact(client, source):
    async with watching(client, "?limit=3") as stream:
        at_risk = await stream.next()
        assert (at_risk["event"], len(at_risk["data"]["clocks"]), at_risk["data"]["complete"]) == ("at-risk", 3, True)
        await source.tell("a", "b")
        assert (await stream.next("begin", "fact"))["event"] == "begin"
        first, second = await stream.next("fact"), await stream.next("fact")
        assert (first["data"]["id"], second["data"]["id"]) == ("a", "b")
        assert first["id"].endswith("-1")


async def test_what_is_at_risk_comes_again_when_it_changes_and_else_a_word_that_it_has_not(client, worker):
    async with watching(client) as stream:
        await stream.next("at-risk")
        assert set((await stream.next())["data"]) == {"now"}
        worker.clocks = [due(7)]
        assert [one["ticket"] for one in (await stream.next("at-risk"))["data"]["clocks"]] == ["T-7"]


async def test_who_comes_again_hears_what_was_missed_and_nothing_twice(client, source):
    async with watching(client) as stream:
        await source.tell("a", "b")
        await stream.next("fact")
        last = (await stream.next("fact"))["id"]
        await source.tell("c")
        async with watching(client, **{"Last-Event-ID": last}) as again:
            assert (await again.next("fact", "begin"))["data"] == {"id": "c"}


@pytest.mark.parametrize("place", ["00000000-1", "nonsense", "00000000-99999999999999999999"])
async def test_who_comes_with_a_place_of_another_worker_begins_anew(client, source, place):
    async with watching(client, **{"Last-Event-ID": place}) as stream:
        await source.tell("a")
        assert (await stream.next("fact", "begin"))["event"] == "begin"
        assert (await stream.next("fact"))["data"] == {"id": "a"}


async def test_a_place_that_was_never_told_begins_anew(client, source):
    async with watching(client) as stream:
        await source.tell("a")
        run = (await stream.next("fact"))["id"].split("-")[0]
        async with watching(client, **{"Last-Event-ID": f"{run}-7"}) as again:
            assert (await again.next("fact", "begin"))["event"] == "begin"


async def test_a_bad_question_gets_a_problem_and_no_stream(client):
    for query, error in (("?limit=0", "bad_limit"), ("?cursor=x", "unknown_parameter"), ("?within=soon", "bad_within")):
        status, body = await client.get(f"/api/v1/events{query}")
        assert (status, body["error"]) == (400, error)


async def test_viewers_cost_one_look_and_no_place_among_the_questions(client, worker):
    looks = 0
    soonest = worker.at_risk

    async def counted(wanted):
        nonlocal looks
        looks += 1
        return await soonest(wanted)

    worker.at_risk = counted
    async with contextlib.AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(watching(client)) for _ in range(MAX_VIEWERS)]
        await asyncio.gather(*(stream.next("at-risk") for stream in streams))
        assert looks < MAX_VIEWERS
        assert (await client.get("/api/v1/events"))[1]["error"] == "busy"
        assert (await client.get("/api/v1/at-risk"))[0] == 200


async def test_who_has_gone_makes_room(client):
    for _ in range(MAX_VIEWERS + 3):
        async with watching(client) as stream:
            await stream.next("at-risk")
        await asyncio.sleep(0.08)


async def test_a_token_that_is_taken_away_ends_the_stream(worker, source, tmp_path):
    file = tmp_path / "tokens"
    file.write_text(TOKEN)
    server = HttpServer(worker, Metrics(), "127.0.0.1", 0, None, Access(token_files=[file]), Feed(source.read))
    await server.start()
    async with aiohttp.ClientSession() as session:
        client = Client(session, server.port)
        assert (await client.get("/api/v1/events"))[0] == 401
        async with watching(client, Authorization=f"Bearer {TOKEN}") as stream:
            await stream.next("at-risk")
            file.write_text("another-token-0123456789")
            assert await stream.ends()
    await server.stop()


async def test_a_broker_that_fails_is_told_and_what_is_at_risk_goes_on(client, source, worker):
    async with watching(client) as stream:
        source.queue.put_nowait(ConnectionError("gone"))
        await stream.next("unread")
        worker.clocks = [due(7)]
        assert len((await stream.next("at-risk"))["data"]["clocks"]) > 0


async def test_a_worker_that_ends_ends_its_streams_at_once(worker, source):
    server = HttpServer(worker, Metrics(), "127.0.0.1", 0, feed=Feed(source.read))
    await server.start()
    async with aiohttp.ClientSession() as session, watching(Client(session, server.port)) as stream:
        await stream.next("at-risk")
        async with asyncio.timeout(3):
            await server.stop()
        assert await stream.ends()
