"""One look for all who ask the same: a page that many people watch must not cost what deciding needs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from slamon.service.http.asked import HOP

LOOK_EVERY = 2.0
SHARE = 0.1  # of the time that may be spent on looking for one question

Body = Mapping[str, Any]
Snapshot = Callable[[web.Request], Awaitable[Body]]
Question = tuple[tuple[str, str], ...]


class Shared:
    """Called like the snapshot it shares; an answer is good for a while, a refusal only for those who wait for it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._asked: dict[Question, asyncio.Task[Body]] = {}
        self._good_until: dict[Question, float] = {}

    async def __call__(self, request: web.Request) -> Body:
        self._forget()
        question = (*sorted(request.query.items()), (HOP, request.headers.get(HOP, "")))
        if question not in self._asked:
            self._asked[question] = asyncio.create_task(self._look(question, request))
        return await asyncio.shield(self._asked[question])

    async def _look(self, question: Question, request: web.Request) -> Body:
        began = time.monotonic()
        self._good_until[question] = float("inf")
        try:
            return await self._snapshot(request)
        finally:
            took = time.monotonic() - began
            self._good_until[question] = began + max(LOOK_EVERY / 2, took / SHARE)

    def _forget(self) -> None:
        now = time.monotonic()
        for question, task in list(self._asked.items()):
            failed = task.done() and (task.cancelled() or task.exception() is not None)
            if failed or self._good_until.get(question, now) < now:
                del self._asked[question]
                self._good_until.pop(question, None)
