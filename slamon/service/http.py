"""One port from the first second: metrics, health, readiness, a small API to read, and the doors of inputs, if any."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

import orjson
import structlog
from aiohttp import web

from slamon.runtime.errors import WorkerMustEnd
from slamon.service.ingest import Ingest
from slamon.service.metrics import Metrics
from slamon.service.readiness import reasons
from slamon.service.status import Elsewhere, StatusSource, WorkerStatus
from slamon.sla.instants import render

MAX_AT_ONCE = 32
MAX_ID = 512
MAX_LISTED, USUAL_LISTED = 100, 20
READ_SECONDS = 5.0
ANSWER_SECONDS = 10.0
INGEST = "/ingest/{name}"
INGEST_SECONDS = 30.0  # its own limits, of reading and of the broker's ack, are met before
INSTANTS = frozenset({"now", "ticked_at", "partition_time", "recovery_started_at", "last_record_at"})
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "slamon",  # aiohttp would tell its version
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

BAD = {"ticket": "bad_ticket", "service": "bad_service"}
UNKNOWN = {"ticket": "unknown_ticket", "service": "unknown_service"}
Looked = Mapping[str, Any] | Elsewhere | None
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


def answer(body: Mapping[str, Any], status: int = 200, **headers: str) -> web.Response:
    """The body as JSON."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)


def refusal(status: int, error: str, hint: str, **more: Any) -> web.Response:
    """What was wrong and what to do about it."""
    return answer({"error": error, "hint": hint, **more}, status)


class HttpServer:
    """The server of one worker; `port` is the real one once it is started."""

    def __init__(
        self, source: StatusSource, metrics: Metrics, host: str, port: int, ingest: Ingest | None = None
    ) -> None:
        self._source, self._metrics, self._ingest = source, metrics, ingest
        self._host, self.port = host, port
        self._runner: web.AppRunner | None = None
        self._at_once = 0
        self._rendering = asyncio.Lock()

    async def start(self) -> None:
        """Listens from now on; raises WorkerMustEnd if the address can't be had."""
        runner = web.AppRunner(
            self._app(),
            access_log=None,  # addresses may hold tokens
            handle_signals=False,
            keepalive_timeout=30,
            shutdown_timeout=1.0,
            auto_decompress=False,  # nobody can send little that becomes much
        )
        await runner.setup()
        site = web.TCPSite(runner, self._host, self.port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise WorkerMustEnd(
                f"http_host, http_port: expected an address to listen on, got {self._host}:{self.port}: {error.strerror} "
                f"(hint: another worker on this machine? SLAMON_HTTP_PORT=0 takes a free one)"
            ) from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        log.info("http_started", host=self._host, port=self.port)

    async def stop(self) -> None:
        """Closes the port and what is still open."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guarded], client_max_size=1024)
        app.on_response_prepare.append(_add_headers)
        for path, handler in self._routes().items():
            app.router.add_get(path, handler)
        if self._ingest is not None:
            app.router.add_route("*", INGEST, self._ingest.answer)
        return app

    def _routes(self) -> dict[str, Handler]:
        return {
            "/metrics": self._get_metrics,
            "/healthz": self._get_health,
            "/readyz": self._get_readiness,
            "/api/status": self._get_status,
            "/api/due": self._get_due,
            "/api/tickets/{ticket}": self._get_ticket,
            "/api/services": self._get_services,
            "/api/services/{service}": self._get_service,
        }

    # -- answers

    async def _get_metrics(self, request: web.Request) -> web.Response:
        async with self._rendering:  # one page at a time, off the loop: rendering takes longer than a slice may
            self._metrics.refresh(self._source.status())
            page, content_type = await asyncio.to_thread(self._metrics.page, request.headers.get("Accept", ""))
        response = web.Response(body=page, headers={"Content-Type": content_type})
        response.enable_compression()
        return response

    async def _get_health(self, _request: web.Request) -> web.Response:
        """The event loop answers; whether there is anything to answer for is the business of readiness."""
        return answer({"status": "alive"})

    async def _get_readiness(self, _request: web.Request) -> web.Response:
        found = reasons(self._source.status())
        return answer({"ready": not found, "reasons": found}, 503 if found else 200)

    async def _get_status(self, _request: web.Request) -> web.Response:
        return answer(described(self._source.status()))

    async def _get_ticket(self, request: web.Request) -> web.Response:
        return await self._looked_at("ticket", request.match_info["ticket"], self._source.ticket)

    async def _get_service(self, request: web.Request) -> web.Response:
        return await self._looked_at("service", request.match_info["service"], self._source.service)

    async def _looked_at(self, kind: str, subject: str, look: Callable[[str], Awaitable[Looked]]) -> web.Response:
        if not _is_id(subject):
            return refusal(400, BAD[kind], f"expected a {kind} id of at most {MAX_ID} printable characters")
        found = await asyncio.wait_for(look(subject), READ_SECONDS)
        if isinstance(found, Elsewhere):
            return _elsewhere(found)
        if found is None:
            hint = "no event of it was read yet, or it was forgotten after `retention`"
            return refusal(404, UNKNOWN[kind], hint)
        return answer(found)

    async def _get_services(self, request: web.Request) -> web.Response:
        limit, after = _limit(request), request.query.get("after", "")
        if limit is None:
            return _bad_limit()
        if after and not _is_id(after):
            return refusal(400, BAD["service"], f"expected a service id of at most {MAX_ID} printable characters")
        return answer(await asyncio.wait_for(self._source.services(after, limit), READ_SECONDS))

    async def _get_due(self, request: web.Request) -> web.Response:
        limit = _limit(request)
        if limit is None:
            return _bad_limit()
        return answer(await asyncio.wait_for(self._source.due(limit), READ_SECONDS))

    # -- around every answer

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if (
            self._ingest is not None and handler == self._ingest.answer
        ):  # counts for itself: neither keeps the other out
            return await self._answered(request, handler, INGEST_SECONDS)
        if self._at_once >= MAX_AT_ONCE and request.path != "/healthz":
            return answer(
                {"error": "busy", "hint": f"at most {MAX_AT_ONCE} requests at once"}, 503, **{"Retry-After": "1"}
            )
        async with self._counted():
            return await self._answered(request, handler, ANSWER_SECONDS)

    async def _answered(self, request: web.Request, handler: Handler, seconds: float) -> web.StreamResponse:
        try:
            return await asyncio.wait_for(handler(request), seconds)
        except web.HTTPException as refused:
            return self._refused(refused)
        except TimeoutError:
            return refusal(504, "too_slow", "the worker is busy: try again")
        except Exception as error:  # noqa: BLE001 - a request must not end the worker, nor tell its insides
            log.error("request_failed", path=request.path, error=f"{type(error).__name__}: {error}")
            return refusal(500, "failed", "see the worker's log, event request_failed")

    @contextlib.asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        self._at_once += 1
        try:
            yield
        finally:
            self._at_once -= 1

    def _refused(self, refused: web.HTTPException) -> web.Response:
        if refused.status == 405:
            return refusal(405, "method_not_allowed", "everything here is read with GET")
        known = ", ".join(self._routes())
        return refusal(refused.status, refused.reason.lower().replace(" ", "_"), f"known paths: {known}")


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _is_id(subject: str) -> bool:
    return len(subject) <= MAX_ID and subject.isprintable()


def _limit(request: web.Request) -> int | None:
    """How many the request asks for, None if that is no number we give."""
    asked = request.query.get("limit", str(USUAL_LISTED))
    good = asked.isascii() and asked.isdecimal() and len(asked) <= 3 and 1 <= int(asked) <= MAX_LISTED
    return int(asked) if good else None


def _bad_limit() -> web.Response:
    return refusal(400, "bad_limit", f"expected limit as a number from 1 to {MAX_LISTED}")


def _elsewhere(found: Elsewhere) -> web.Response:
    """421: asked the wrong worker."""
    ask = f"ask {found.worker}" if found.worker else "ask the other workers; /api/status lists what each owns"
    hint = f"partition {found.partition} belongs to another worker: {ask}"
    return refusal(421, "other_worker", hint, partition=found.partition, worker=found.worker)


def described(status: WorkerStatus) -> dict[str, Any]:
    """The status with instants as on the wire."""
    return _wired({"ready": not reasons(status), **asdict(status)})


def _wired(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _wire_value(key, value) for key, value in values.items()}


def _wire_value(key: str, value: Any) -> Any:
    if key in INSTANTS and value is not None:
        return render(value)
    return [_wired(entry) for entry in value] if isinstance(value, list | tuple) else value
