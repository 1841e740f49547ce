"""A receiver of the test: an HTTP server that takes pages, or answers as badly as a receiver may."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

HANG = -1  # no answer for as long as anybody waits
CLOSE = -2  # the connection ends without an answer
LOST = -3  # taken, and the connection ends without an answer


@dataclass
class Got:
    """One request."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Pager:
    """`script` says how the next requests are answered, one each; after them, `usual`."""

    url: str = ""
    usual: int = 202
    script: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    answer: str = "{}"
    got: list[Got] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def taken(self) -> list[dict[str, Any]]:
        """What it said yes to."""
        return [each.told for each in self.got if each.answered in (202, LOST)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        how = self.script.pop(0) if self.script else self.usual
        self.got.append(Got(time.monotonic(), request.path, dict(request.headers), body, how))
        if how == HANG:
            await self.released.wait()
            return web.Response(status=202)
        if how in (CLOSE, LOST):
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=202)
        return web.Response(status=how, text=self.answer, headers=self.headers)

    async def until(self, enough: Callable[["Pager"], Any], seconds: float = 30) -> None:
        """Returns once `enough(self)` holds."""
        end = time.monotonic() + seconds
        while not enough(self):
            assert time.monotonic() < end, [(g.answered, g.body[:300]) for g in self.got]
            await asyncio.sleep(0.05)


@asynccontextmanager
async def pager(**how: Any) -> AsyncIterator[Pager]:
    """A pager that listens."""
    made = Pager(**how)
    app = web.Application()
    app.router.add_post("/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        made.released.set()
        await runner.cleanup()
