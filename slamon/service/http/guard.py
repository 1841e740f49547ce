"""Around every answer: how many at once, how long, what is told of what went wrong, and the headers."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from slamon.service.problem import Problem

MAX_AT_ONCE = 32
ANSWER_SECONDS = 10.0
INGEST_SECONDS = 30.0  # its own limits, of reading and of the broker's ack, are met before

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


class Guard:
    """`check` raises Problem for who may not ask; `posting` is the handler that counts for itself, `streaming` the one without end."""

    def __init__(self, check: Callable[[web.Request], None], posting: Handler | None, streaming: Handler) -> None:
        self._check, self._posting, self._streaming = check, posting, streaming
        self._at_once = 0

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What the handler answers, or the problem with it."""
        try:
            if self._posting is not None and handler == self._posting:  # neither keeps the other out
                return await asyncio.wait_for(handler(request), INGEST_SECONDS)
            if handler == self._streaming:  # how many there may be, and how slow, is its own business
                self._check(request)
                return await handler(request)
            return await self._counted(request, handler)
        except Problem as problem:
            return problem.response()
        except web.HTTPException as refused:
            return _refused(refused).response()
        except TimeoutError:
            return Problem(504, "too_slow", "the worker is busy: try again").response()
        except Exception as error:  # noqa: BLE001 - a request must not end the worker, nor tell its insides
            log.error("request_failed", path=request.path, error=f"{type(error).__name__}: {error}")
            return Problem(500, "failed", "see the worker's log, event request_failed").response()

    async def _counted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._check(request)
        if self._at_once >= MAX_AT_ONCE and request.path != "/healthz":
            raise Problem(503, "busy", f"at most {MAX_AT_ONCE} requests at once", headers={"Retry-After": "1"})
        self._at_once += 1
        try:
            return await asyncio.wait_for(handler(request), ANSWER_SECONDS)
        finally:
            self._at_once -= 1


def _refused(refused: web.HTTPException) -> Problem:
    if refused.status == 405:
        allowed = {"Allow": refused.headers["Allow"]} if "Allow" in refused.headers else None
        return Problem(405, "method_not_allowed", "everything here is read with GET", headers=allowed)
    error = refused.reason.lower().replace(" ", "_")
    return Problem(refused.status, error, "docs/http.md lists the paths, /api/v1/openapi.json those of the API")
