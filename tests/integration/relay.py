"""A network between one client and the broker of the tests that can be slow for some requests alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.broker import Broker
from tests.broker.model import free_ports
from tests.chaos.proxy import Proxy

HOST = "127.0.0.1"


class Relay(Proxy):
    """A proxy that a client can't get past: the broker's own address in its answers becomes the proxy's."""

    def __init__(self, port: int, target: int) -> None:
        super().__init__(port, target)
        self.bootstrap = f"{HOST}:{port}"
        self._theirs, self._ours = (HOST.encode() + number.to_bytes(4, "big") for number in (target, port))

    async def _forward(self, frame: bytes, to: asyncio.StreamWriter) -> None:
        await super()._forward(frame.replace(self._theirs, self._ours), to)


@pytest.fixture
async def relay(kafka: Broker) -> AsyncIterator[Relay]:
    host, _, target = kafka.bootstrap.partition(":")
    if host != HOST:
        pytest.skip(f"needs a broker on {HOST}, got {kafka.bootstrap}")
    (port,) = free_ports(1)
    proxy = Relay(port, int(target))
    await proxy.start()
    yield proxy
    await proxy.stop()
