"""The other workers: found in the group's metadata, asked over HTTP, each question passed on once.

Where to ask comes from the group alone and must be an address and nothing more; what is asked for is a path of ours.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import aiohttp
import orjson
import structlog

from slamon.service.http.asked import HOP
from slamon.service.http.gate import Gate
from slamon.service.http.tls import peer_context
from slamon.service.secrets import Unreadable
from slamon.service.settings import ADDRESS, Access
from slamon.service.status import StatusSource

SECONDS = 2.0
MAX_BYTES = 16 * 1024 * 1024
MAX_TOKENS = 4  # while tokens change over, another worker may know only an older one
MAX_CONNECTIONS = 64
UNAUTHORIZED = 401

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """What another worker said."""

    status: int
    body: dict[str, Any]


class Peers:
    """`close` when the worker ends."""

    def __init__(self, source: StatusSource, access: Access, gate: Gate) -> None:
        self._source, self._gate, self._own = source, gate, access.advertise
        self._scheme = "https" if access.cert_file else "http"
        self._tls = peer_context(access)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def addresses(self) -> dict[str, frozenset[int]]:
        """The workers that can be asked, and their partitions."""
        return {url: numbers for url, numbers in self._source.others().items() if self._may_be_asked(url)}

    def owner(self, partition: int) -> str | None:
        """Where the worker of a partition is found, if it says so."""
        return next((url for url, numbers in self.addresses().items() if partition in numbers), None)

    async def ask(self, address: str, path: str, query: Mapping[str, str]) -> Answer | None:
        """The answer of one worker, None if there was none within two seconds."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._ask(address + path + (f"?{urlencode(query)}" if query else ""))
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError, Unreadable) as error:
            log.warning("worker_unanswered", address=address, error=f"{type(error).__name__}: {error}")
            return None

    async def ask_all(self, path: str, query: Mapping[str, str]) -> dict[str, dict[str, Any] | None]:
        """What each of the others says; None where it gave no good answer."""
        addresses = list(self.addresses())
        answers = await asyncio.gather(*(self.ask(address, path, query) for address in addresses))
        good = (answer.body if answer is not None and answer.status == 200 else None for answer in answers)
        return dict(zip(addresses, good, strict=True))

    def _may_be_asked(self, url: str) -> bool:
        """An address and nothing else, not our own, and never in clear where we speak TLS ourselves."""
        found = ADDRESS.fullmatch(url)
        return found is not None and url != self._own and found[1] == self._scheme

    async def _ask(self, url: str) -> Answer:
        answer = Answer(UNAUTHORIZED, {})
        tokens = self._gate.tokens()[:MAX_TOKENS]
        for headers in [{"Authorization": f"Bearer {token}"} for token in tokens] or [{}]:
            answer = await self._get(url, headers)
            if answer.status != UNAUTHORIZED:
                break
        return answer

    async def _get(self, url: str, headers: Mapping[str, str]) -> Answer:
        tls = True if self._tls is None else self._tls.current()
        told = {HOP: "1", "Accept": "application/json", **headers}
        async with self._opened().get(url, headers=told, ssl=tls, allow_redirects=False) as response:
            body = await _bounded(response)
            found = orjson.loads(body)
            if not isinstance(found, dict):
                raise ValueError("expected a JSON object")  # noqa: TRY004 - said to the log with the others
            return Answer(response.status, found)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > MAX_BYTES:
            raise ValueError(f"expected at most {MAX_BYTES} bytes")
    return bytes(body)
