"""What is wrong with a request, as RFC 9457 tells it: the one place where refusals over HTTP are made."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER: Mapping[str, str] = {"Retry-After": "5"}  # all of 503: it is not the request that is wrong


class Problem(Exception):
    """Ends a request; `error` is one of a closed set of words, `detail` says what was expected and what to do."""

    def __init__(
        self, status: int, error: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.error, self.detail, self.more = status, error, detail, more
        self.headers = {**(RETRY_AFTER if status == HTTPStatus.SERVICE_UNAVAILABLE else {}), **(headers or {})}

    def response(self) -> web.Response:
        """The problem as `application/problem+json`."""
        return problem(self.status, self.error, self.detail, self.headers, **self.more)


def problem(
    status: int, error: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> web.Response:
    """The answer; its type is `about:blank`, since `error` says which of ours it is."""
    title = HTTPStatus(status).phrase
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail, "error": error, **more}
    return web.Response(body=orjson.dumps(told), status=status, content_type=PROBLEM_JSON, headers=headers)
