"""The port of a notifier: metrics, health, readiness. Nothing of a page is told there."""

from collections.abc import Awaitable, Callable

import orjson
import structlog
from aiohttp import web

from slamon.notify.metrics import NotifyMetrics
from slamon.runtime.errors import WorkerMustEnd
from slamon.service.http.malformed import quiet_logger

log = structlog.get_logger(__name__)


class Port:
    """`refresh` brings the gauges up to date; `ready` says why it is not, or nothing."""

    def __init__(
        self,
        host: str,
        port: int,
        metrics: NotifyMetrics,
        refresh: Callable[[], Awaitable[None]],
        ready: Callable[[], str],
    ) -> None:
        self._host, self.port = host, port
        self._metrics, self._refresh, self._ready = metrics, refresh, ready
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listens from now on; raises WorkerMustEnd if the address can't be had."""
        app = web.Application(client_max_size=1024)
        app.router.add_get("/metrics", self._get_metrics)
        app.router.add_get("/healthz", self._get_health)
        app.router.add_get("/readyz", self._get_readiness)
        app.on_response_prepare.append(_name_nothing)
        runner = web.AppRunner(app, access_log=None, logger=quiet_logger(), handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self.port).start()
        except OSError as error:
            await runner.cleanup()
            raise WorkerMustEnd(
                f"notify.http_host, notify.http_port: expected an address to listen on, got {self._host}:{self.port}: "
                f"{error.strerror} (hint: SLAMON_NOTIFY__HTTP_PORT=0 takes a free one)"
            ) from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        log.info("http_started", host=self._host, port=self.port)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _get_metrics(self, request: web.Request) -> web.Response:
        await self._refresh()
        page, content_type = self._metrics.page(request.headers.get("Accept", ""))
        return web.Response(body=page, headers={"Content-Type": content_type})

    async def _get_health(self, _request: web.Request) -> web.Response:
        return _json({"status": "alive"})

    async def _get_readiness(self, _request: web.Request) -> web.Response:
        reason = self._ready()
        return _json({"ready": not reason, "reasons": [reason] if reason else []}, 503 if reason else 200)


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def _name_nothing(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update({"Server": "slamon", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
