"""The registry over HTTP: what it has is kept, what it has not is told, and while it gives no answer everybody waits."""

import asyncio
import base64
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import aiohttp
import orjson

from slamon.runtime.cluster import Report, unheard
from slamon.runtime.secret_text import secret_text

MAX_ANSWER = 4 * 1024 * 1024
NOT_FOUND = 404
NO_SCHEMA = frozenset({40401, 40402, 40403})  # subject, version, schema: in the registry's own words
UNKNOWN_TRIES = 3  # a follower may hear of a schema a moment after its producer did
PAUSE = 0.5
LONGEST_PAUSE = 10.0
QUIET_SECONDS = 10.0
ACCEPT = "application/vnd.schemaregistry.v1+json, application/json"


class Unknown(Exception):
    """The registry answers that it does not have it."""


class Unanswered(Exception):
    """No answer that can be used; asking again may help."""


class Access(NamedTuple):
    """Who asks, by files that are read at each question: one line `user:password`, or one line of a token."""

    user_file: Path | None = None
    token_file: Path | None = None
    ca_file: Path | None = None


OPEN = Access()


NO_ANSWER = (Unanswered, aiohttp.ClientError, OSError, ValueError, TimeoutError)


class Registry:
    """Questions to one registry. Nothing of a credential or an answer is ever said."""

    def __init__(
        self,
        url: str,
        access: Access = OPEN,
        seconds: float = 5.0,
        report: Report = unheard,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url, self._access, self._seconds = url.rstrip("/"), access, seconds
        self._report, self._sleep = report, sleep
        self._said = -QUIET_SECONDS

    async def schema(self, schema_id: int, *, serialized: bool = False) -> Mapping[str, Any]:
        """The answer about a schema by its id; raises Unknown, and waits while there is no answer."""
        return await self._told(f"/schemas/ids/{schema_id}{'?format=serialized' if serialized else ''}")

    async def version(self, subject: str, version: int, *, serialized: bool = False) -> Mapping[str, Any]:
        """The same of a version of a subject, which another schema refers to."""
        path = f"/subjects/{quote(subject, safe='')}/versions/{version}"
        return await self._told(f"{path}{'?format=serialized' if serialized else ''}")

    async def trouble(self) -> str | None:
        """Why it gives no answer that can be used, None if it does; asked once."""
        try:
            await self._ask("/schemas/ids/1")
        except Unknown:
            return None
        except NO_ANSWER as error:
            return _words(error)
        return None

    async def _told(self, path: str) -> Mapping[str, Any]:
        unknown, pause = 0, PAUSE
        while True:
            try:
                return await self._ask(path)
            except Unknown:
                unknown += 1
                if unknown >= UNKNOWN_TRIES:
                    raise
                await self._sleep(PAUSE)
            except NO_ANSWER as error:
                self._say(path, error)
                await self._sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _say(self, path: str, error: Exception) -> None:
        if time.monotonic() - self._said >= QUIET_SECONDS:
            self._said = time.monotonic()
            self._report("registry_unanswered", {"url": self._url, "path": path, "error": _words(error)})

    async def _ask(self, path: str) -> Mapping[str, Any]:
        headers = {"Accept": ACCEPT, **await asyncio.to_thread(self._credentials)}
        tls = ssl.create_default_context(cafile=self._access.ca_file) if self._url.startswith("https:") else True
        timeout = aiohttp.ClientTimeout(total=self._seconds)
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.get(self._url + path, headers=headers, ssl=tls, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(MAX_ANSWER + 1)
            while len(body) <= MAX_ANSWER and (more := await answer.content.read(MAX_ANSWER)):
                body += more
        return _read(answer.status, body)

    def _credentials(self) -> Mapping[str, str]:
        if self._access.user_file is not None:
            said = base64.b64encode(_line(self._access.user_file).encode()).decode()
            return {"Authorization": f"Basic {said}"}
        if self._access.token_file is not None:
            return {"Authorization": f"Bearer {_line(self._access.token_file)}"}
        return {}


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300] if str(error) else type(error).__name__


def _line(path: Path) -> str:
    return secret_text(path).split("\n", 1)[0].strip()


def _read(status: int, body: bytes) -> Mapping[str, Any]:
    if len(body) > MAX_ANSWER:
        raise Unanswered(f"expected at most {MAX_ANSWER} bytes")
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unanswered(f"expected JSON, got other text with status {status}") from None
    if status == NOT_FOUND and isinstance(told, dict) and told.get("error_code") in NO_SCHEMA:
        raise Unknown
    if status != 200 or not isinstance(told, dict) or not isinstance(told.get("schema"), str):
        raise Unanswered(f"expected a schema, got status {status}")
    return told
