"""Names, passwords and tokens as a connection asks for them: anew each time, since files change while a worker runs."""

import functools
from collections.abc import Callable
from typing import Any

import aiokafka.conn
from aiokafka.abc import AbstractTokenProvider
from aiokafka.conn import AIOKafkaConnection


class Live:
    """A text that may be another one at the next connection; only `now` tells it."""

    def __init__(self, now: Callable[[], str], secret: bool = True) -> None:
        self.now, self._secret = now, secret

    def __str__(self) -> str:
        return "***" if self._secret else self.now()

    __repr__ = __str__


class LiveConnection(AIOKafkaConnection):  # type: ignore[misc]
    """Logs in with what name and password are when it is made: aiokafka's clients keep those of their start."""

    @functools.wraps(AIOKafkaConnection.__init__)
    def __init__(self, *args: Any, **options: Any) -> None:
        told = {name: value.now() if isinstance(value, Live) else value for name, value in options.items()}
        super().__init__(*args, **told)


aiokafka.conn.AIOKafkaConnection = LiveConnection  # all clients make their connections by this name


class FileTokens(AbstractTokenProvider):  # type: ignore[misc]
    """Bearer tokens that somebody else renews."""

    def __init__(self, now: Callable[[], str]) -> None:
        self._now = now

    async def token(self) -> str:
        """The one to log in with now."""
        return self._now()
