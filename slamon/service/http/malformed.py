"""Requests that aiohttp itself cannot read: told without their bytes, which may hold a token, and not once for each."""

import logging
import time
from collections import Counter

import structlog
from aiohttp import HttpVersion11, web, web_response, web_urldispatcher
from aiohttp.http_exceptions import HttpProcessingError

from slamon.service.problem import Problem

QUIET_SECONDS = 10.0  # strangers must not be able to fill the log

CONTINUE = "100-continue"

log = structlog.get_logger(__name__)


def quiet_logger() -> logging.Logger:
    """For a server's `logger`: what it says of a request is one line in ten seconds."""
    logger = logging.Logger("slamon.http", logging.WARNING)  # noqa: LOG001  of no family, so that nobody else hears it
    logger.addHandler(_Brief())
    return logger


class _Brief(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}
        self._unsaid: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """The kind of the error alone."""
        error = record.exc_info[1] if record.exc_info else None
        kind, now = type(error).__name__, time.monotonic()
        self._unsaid[kind] += 1
        if now - self._said.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        self._said[kind] = now
        if isinstance(error, HttpProcessingError):
            log.warning("request_malformed", error=kind, times=self._unsaid.pop(kind))
        else:
            log.error("http_failed", error=kind, what=record.getMessage(), times=self._unsaid.pop(kind))


async def _expected(request: web.Request) -> web.StreamResponse | None:
    """What is said before a body is sent; aiohttp's own fails where it repeats what is no text."""
    if request.headers.get("Expect", "").lower() != CONTINUE:
        return Problem(417, "expectation_failed", f"expected the header Expect as {CONTINUE}, or not at all").response()
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # as in aiohttp: the answer itself has not begun
    return None


# No public way leads to a path nobody knows, nor to what no handler answers.
web_urldispatcher._default_expect_handler = _expected
web_response.SERVER_SOFTWARE = "slamon"  # aiohttp would tell its version
