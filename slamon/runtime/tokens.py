"""Bearer tokens from an authorization server, by the client credentials grant (RFC 6749 4.4)."""

import asyncio
import json
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import aiohttp
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError

SECONDS = 10.0
MAX_ANSWER = 64 * 1024
SHARE = 0.8  # of its life a token is used for new connections: the broker ends those whose token has
USUAL_LIFE = 60.0  # of a token whose life is not told


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, and where; `secret` and `tls` are asked for at each request."""

    url: str
    name: str
    secret: Callable[[], str] = field(repr=False)
    scope: str | None = None
    tls: Callable[[], ssl.SSLContext] | None = None


class ServerTokens(AbstractTokenProvider):  # type: ignore[misc]
    """One token is used until most of its life is over; two threads that ask at once may each get one."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._token, self._until = "", 0.0

    async def token(self) -> str:
        """Raises KafkaConnectionError, so that it is asked for again as a broker would be."""
        if time.monotonic() >= self._until:
            try:
                answer = await self._asked()
                token, life = str(answer["access_token"]), float(answer.get("expires_in", USUAL_LIFE))
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError) as error:
                raise KafkaConnectionError(
                    f"{self._client.url}: expected a token, got {type(error).__name__} "
                    "(hint: security.token_url, client_id and client_secret_file)"
                ) from None
            self._token, self._until = token, time.monotonic() + SHARE * life
        return self._token

    async def _asked(self) -> dict[str, Any]:
        client = self._client
        form = {"grant_type": "client_credentials", **({"scope": client.scope} if client.scope else {})}
        login = f"{quote_plus(client.name)}:{quote_plus(client.secret())}"
        headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
        options: dict[str, Any] = {"ssl": client.tls()} if client.tls else {}
        async with (
            asyncio.timeout(SECONDS),
            aiohttp.ClientSession(headers=headers) as session,
            session.post(client.url, data=form, allow_redirects=False, **options) as answer,
        ):
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
            told = json.loads(await answer.content.read(MAX_ANSWER))
        if not isinstance(told, dict):
            raise TypeError("no object")
        return told
