"""The server of one worker: its address, its routes, what stands before them."""

from collections.abc import Mapping, Sequence

import structlog
from aiohttp import web

from slamon.runtime.errors import WorkerMustEnd
from slamon.service.feed import Feed, nothing
from slamon.service.http.answers import HEADERS, add_headers
from slamon.service.http.events import Events
from slamon.service.http.gate import Gate
from slamon.service.http.guard import Guard, Handler
from slamon.service.http.health import Health
from slamon.service.http.malformed import quiet_logger
from slamon.service.http.openapi import PATHS
from slamon.service.http.peers import Peers
from slamon.service.http.published import PublishedPolicies
from slamon.service.http.reading import API, Reading
from slamon.service.http.shell import shell
from slamon.service.http.tls import server_context
from slamon.service.ingest import Ingest
from slamon.service.metrics import Metrics
from slamon.service.settings import Access
from slamon.service.status import StatusSource

__all__ = ["HEADERS", "HttpServer"]

INGEST = "/ingest/{name}"

log = structlog.get_logger(__name__)


class HttpServer:
    """`port` is the real one once it is started."""

    def __init__(
        self,
        source: StatusSource,
        metrics: Metrics,
        host: str,
        port: int,
        ingest: Ingest | None = None,
        access: Access | None = None,
        feed: Feed | None = None,
    ) -> None:
        self._access = access or Access()
        self._gate = Gate(self._access)
        self._feed, self._shell = feed or Feed(nothing), shell()
        self._open = {"/healthz", "/readyz", *self._shell} | (set() if self._access.metrics_auth else {"/metrics"})
        self._source, self._metrics, self._ingest = source, metrics, ingest
        self._host, self.port = host, port
        self._peers: Peers | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listens from now on; raises WorkerMustEnd if the address or the certificate can't be had."""
        context = server_context(self._access)
        self._peers = Peers(self._source, self._access, self._gate)
        runner = web.AppRunner(
            self._app(self._peers),
            access_log=None,  # addresses may hold tokens
            logger=quiet_logger(),
            handle_signals=False,
            keepalive_timeout=30,
            shutdown_timeout=1.0,
            auto_decompress=False,  # nobody can send little that becomes much
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self.port, ssl_context=context).start()
        except OSError as error:
            await runner.cleanup()
            raise WorkerMustEnd(
                f"http_host, http_port: expected an address to listen on, got {self._host}:{self.port}: {error.strerror} "
                f"(hint: another worker on this machine? SLAMON_HTTP_PORT=0 takes a free one)"
            ) from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        log.info("http_started", host=self._host, port=self.port, tls=context is not None)
        if not self._access.guarded:
            log.info("api_is_local", hint="without access.token_files the API answers this machine alone")

    async def stop(self) -> None:
        """Closes the port and what is still open."""
        await self._feed.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._peers is not None:
            await self._peers.close()

    def _app(self, peers: Peers) -> web.Application:
        posting = self._ingest.answer if self._ingest is not None else None
        routes = self._routes(peers)
        guard = Guard(self._check, posting, routes[f"{API}/events"])

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await guard.answer(request, handler)

        app = web.Application(middlewares=[guarded], client_max_size=1024)
        app.on_response_prepare.append(add_headers)
        for path, handler in routes.items():
            app.router.add_get(path, handler)
        if posting is not None:
            app.router.add_route("*", INGEST, posting)
        return app

    def _check(self, request: web.Request) -> None:
        """Health and the files of the page are for everybody; metrics hold no ticket, so they are too unless the settings say otherwise.

        Whatever else has a handler is behind the gate, and whatever looks like the API, there or not.
        """
        answered = request.match_info.http_exception is None
        if request.path not in self._open and (answered or request.path.startswith("/api")):
            self._gate.check(request)

    def _routes(self, peers: Peers) -> Mapping[str, Handler]:
        health = Health(self._source, self._metrics)
        reading = Reading(self._source, peers)
        events = Events(self._feed, reading.soonest, self._gate.check)
        tellers = (reading, PublishedPolicies(self._source), events)
        handlers = {f"{API}{path}": _handler(tellers, operation.handler) for path, operation in PATHS.items()}
        return {
            "/metrics": health.metrics,
            "/healthz": health.alive,
            "/readyz": health.ready,
            **self._shell,
            **handlers,
        }


def _handler(tellers: Sequence[object], name: str) -> Handler:
    """The method of that name, of whichever has it."""
    found: Handler = next(getattr(teller, name) for teller in tellers if hasattr(teller, name))
    return found
