"""The stream of the page as server-sent events: facts as they are told, and what is at risk as it changes."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from slamon.service.feed import Feed, Viewer
from slamon.service.http.asked import check_known
from slamon.service.http.shared import LOOK_EVERY, Body, Shared, Snapshot
from slamon.service.problem import Problem

WORD_EVERY = 5.0  # at least: who hears nothing for much longer has lost the connection
WRITE_SECONDS = 10.0
HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
RETRY = b"retry: 2000\n\n"


class Events:
    """`snapshot` is what the request asks for of what is at risk; `check` raises Problem once it may not ask any more."""

    def __init__(self, feed: Feed, snapshot: Snapshot, check: Callable[[web.Request], None]) -> None:
        self._feed, self._snapshot, self._check = feed, Shared(snapshot), check

    async def events(self, request: web.Request) -> web.StreamResponse:
        check_known(request, "limit", "policy", "customer", "group", "within")
        with self._feed.watched(request.headers.get("Last-Event-ID", "")) as viewer:
            first = await self._snapshot(request)  # a question that is refused gets a problem, not a stream
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            try:
                await self._stream(request, response, viewer, _AtRisk(first))
            except (Problem, OSError, TimeoutError):
                return response  # whoever it was has gone, is too slow, or may not read any more
        return response

    async def _stream(
        self, request: web.Request, response: web.StreamResponse, viewer: Viewer, at_risk: "_AtRisk"
    ) -> None:
        await _write(response, RETRY + at_risk.event())
        while not viewer.over and _connected(request):
            await _write(response, b"".join(_event(*told) for told in viewer.take()))
            await viewer.wait(at_risk.until_next)
            if at_risk.until_next <= 0:
                self._check(request)  # a token may have been taken away meanwhile
                await _write(response, await at_risk.look(lambda: self._snapshot(request)))


class _AtRisk:
    """What the viewer was shown, and when to look again."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._looked_at = self._said_at = time.monotonic()

    @property
    def until_next(self) -> float:
        return max(0.0, self._looked_at + LOOK_EVERY - time.monotonic())

    def event(self) -> bytes:
        return _event("at-risk", self._body)

    async def look(self, snapshot: Callable[[], Awaitable[Body]]) -> bytes:
        """What to tell of it now: all if it has changed, now and then that it has not."""
        try:
            body = await snapshot()
        except (Problem, TimeoutError):
            body = None
        self._looked_at = now = time.monotonic()
        if body is None:
            return b": busy\n\n"
        if not _same(body, self._body):
            self._body, self._said_at = body, now
            return self.event()
        if now - self._said_at < WORD_EVERY:
            return b""
        self._said_at = now
        return _event("unchanged", {"now": body["now"]})


def _same(one: Body, other: Body) -> bool:
    return {**one, "now": None} == {**other, "now": None}


def _event(name: str, data: Body, place: str = "") -> bytes:
    number = f"id: {place}\n" if place else ""
    return f"event: {name}\n{number}data: ".encode() + orjson.dumps(data) + b"\n\n"


async def _write(response: web.StreamResponse, data: bytes) -> None:
    if data:
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(data)


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()
