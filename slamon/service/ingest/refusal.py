"""Why a sender was turned away, the words are a closed set, which the metric shares."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from aiohttp import web

from slamon.service.problem import RETRY_AFTER, problem

Result = Literal[
    "accepted", "bad_body", "busy", "failed", "method_not_allowed", "no_secret", "not_mapped", "not_taken", "slow_body",
    "starting", "too_large", "unauthorized", "unknown_input", "wrong_type",
]  # fmt: skip


class Refusal(Exception):
    """`result` is what is counted; `error` tells more where the mapping refused; `cause` is for the log alone."""

    def __init__(
        self,
        status: int,
        result: Result,
        detail: str,
        *,
        error: str | None = None,
        headers: Mapping[str, str] | None = None,
        cause: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.result, self.detail = status, result, detail
        self.error: str = error or result
        self.headers = {**(RETRY_AFTER if status == HTTPStatus.SERVICE_UNAVAILABLE else {}), **(headers or {})}
        self.cause = cause

    def response(self) -> web.Response:
        """The problem, for the sender."""
        return problem(self.status, self.error, self.detail, self.headers)
