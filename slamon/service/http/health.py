"""Metrics, health and readiness: what a scraper and an orchestrator ask."""

import asyncio

from aiohttp import web

from slamon.service.http.answers import answer
from slamon.service.metrics import Metrics
from slamon.service.readiness import reasons
from slamon.service.status import StatusSource


class Health:
    """Handlers, by what they tell."""

    def __init__(self, source: StatusSource, metrics: Metrics) -> None:
        self._source, self._metrics = source, metrics
        self._rendering = asyncio.Lock()

    async def metrics(self, request: web.Request) -> web.Response:
        async with self._rendering:  # one page at a time, off the loop: rendering takes longer than a slice may
            self._metrics.refresh(self._source.status())
            page, content_type = await asyncio.to_thread(self._metrics.page, request.headers.get("Accept", ""))
        response = web.Response(body=page, headers={"Content-Type": content_type})
        response.enable_compression()
        return response

    async def alive(self, _request: web.Request) -> web.Response:
        """The event loop answers; whether there is anything to answer for is the business of readiness."""
        return answer({"status": "alive"})

    async def ready(self, _request: web.Request) -> web.Response:
        found = reasons(self._source.status())
        return answer({"ready": not found, "reasons": found}, 503 if found else 200)
