"""A worker's port without a network: bytes go in as a connection would bring them, and what it answers comes out."""

import asyncio
import atexit
import logging
from dataclasses import dataclass, field
from typing import Any

from structlog.testing import capture_logs

from slamon.service.http import HttpServer
from slamon.service.metrics import Metrics
from slamon.service.settings import Access
from tests.service.test_ingest import Broker, made
from tests.service.told import Worker
from tests.sources.payloads import RECEIVED

TICKS, SECONDS = 50, 60.0


class Wire(asyncio.Transport):
    """The other end of a connection from that address."""

    def __init__(self, peer: str) -> None:
        super().__init__({"peername": (peer, 40_000)})
        self.said, self.closed = bytearray(), False

    def write(self, data: Any) -> None:
        self.said += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


@dataclass
class Came:
    """What came of the bytes: answers, records handed to the broker, and what was logged."""

    said: bytes
    records: list[dict[str, Any]]
    logged: str


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


@dataclass
class Port:
    """A server with these doors, on a loop of its own."""

    inputs: list[dict[str, Any]]
    access: Access
    worker: Worker = field(default_factory=Worker)
    broker: Broker = field(default_factory=Broker)

    def __post_init__(self) -> None:
        self._loop = asyncio.Runner()
        atexit.register(self._loop.close)
        self._new = self._loop.run(self._opened())
        self._library = _Said()

    async def _opened(self) -> Any:
        metrics = Metrics(posted=[one["name"] for one in self.inputs])
        ingest = made(self.inputs, self.broker, metrics)
        ingest._now = lambda: RECEIVED
        await ingest.open()
        server = HttpServer(self.worker, metrics, "127.0.0.1", 0, ingest, self.access)
        await server.start()
        assert server._runner is not None
        return server._runner.server

    def ask(self, raw: bytes, peer: str) -> Came:
        """The whole life of one connection."""
        self.broker.sent.clear()
        self._library.texts.clear()
        logging.root.addHandler(self._library)
        try:
            with capture_logs() as logged:
                said = self._loop.run(self._connection(raw, peer))
        finally:
            logging.root.removeHandler(self._library)
        return Came(said, list(self.broker.sent), f"{logged}{self._library.texts}")

    async def _connection(self, raw: bytes, peer: str) -> bytes:
        wire, protocol = Wire(peer), self._new()
        protocol.connection_made(wire)
        protocol.data_received(raw)
        async with asyncio.timeout(SECONDS):
            await _settled(protocol, wire)
        said = bytes(wire.said)
        wire.close()
        protocol.connection_lost(None)
        for _ in range(5):
            await asyncio.sleep(0)
        return said


async def _settled(protocol: Any, wire: Wire) -> None:
    """Until all is answered that came whole; a stream, or a body that does not go on, is left."""
    tick = 0
    while not wire.closed:
        await asyncio.sleep(0 if tick < TICKS else 0.001)
        tick += 1
        request = protocol._current_request
        if request is None and (protocol._waiter is not None or (wire.said and tick >= TICKS)):
            return
        if request is not None and tick >= TICKS and (wire.said or not request.content.is_eof()):
            return
