"""Asking a running worker over HTTP."""

import json
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

SECONDS = 15
NOT_FOUND = 404
MAX_ANSWER = 32 * 1024 * 1024
MAX_TOKEN_FILE = 64 * 1024


class Unanswered(Exception):
    """The worker did not tell; the text says why and what to do."""


class _Here(HTTPRedirectHandler):
    """A worker sends nobody elsewhere, and a token must not go there."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class _NotThere(Unanswered):
    """The worker answered that it does not know the id."""


def token_of(file: Path) -> str:
    """The first line of a file of tokens; raises Unanswered."""
    try:
        return file.read_text()[:MAX_TOKEN_FILE].split("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unanswered(f"--token-file: expected a file with a token, got {file}: {error}") from None


def ask(url: str, subject: str, *, service: bool = False, token: str | None = None) -> dict[str, Any]:
    """The explanation of the ticket, or of the service where no ticket has the id; raises Unanswered."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Unanswered(f"--from: expected an address like http://localhost:8080, got '{url}'")
    if service:
        return _ask(url, "service", subject, token)
    try:
        return _ask(url, "ticket", subject, token)
    except _NotThere as no_ticket:
        try:
            return _ask(url, "service", subject, token)
        except _NotThere:
            raise no_ticket from None


def _ask(url: str, what: str, subject: str, token: str | None) -> dict[str, Any]:
    asked = f"{url.rstrip('/')}/api/v1/{what}s/{quote(subject, safe='')}"
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        with build_opener(_Here).open(Request(asked, headers=headers), timeout=SECONDS) as answer:  # noqa: S310 checked
            told = json.loads(answer.read(MAX_ANSWER))
    except HTTPError as error:
        kind = _NotThere if error.code == NOT_FOUND else Unanswered
        raise kind(f"{asked}: expected the {what}, got {error.code} {_why(error)}") from None
    except (URLError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise Unanswered(
            f"{asked}: expected a running worker, got: {reason} (is it running? `/readyz` tells)"
        ) from None
    except ValueError:
        raise Unanswered(f"{asked}: expected JSON, got something else (is this a slamon worker?)") from None
    if not isinstance(told, dict) or not isinstance(told.get("clocks"), list):
        raise Unanswered(f"{asked}: expected a {what} with its clocks, got other JSON (is this a slamon worker?)")
    return told


def _why(error: HTTPError) -> str:
    """The worker's own words, if it is one."""
    try:
        told = json.loads(error.read(64 * 1024))
        return f"{told['error']} ({told['detail']})"
    except (ValueError, KeyError, TypeError, OSError):
        return str(error.reason)
