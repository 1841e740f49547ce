"""Asking a running worker over HTTP."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

SECONDS = 15
MAX_ANSWER = 32 * 1024 * 1024


class Unanswered(Exception):
    """The worker did not tell; the text says why and what to do."""


def ask(url: str, ticket: str) -> dict[str, Any]:
    """The explanation of the ticket; raises Unanswered."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Unanswered(f"--from: expected an address like http://localhost:8080, got '{url}'")
    asked = f"{url.rstrip('/')}/api/tickets/{quote(ticket, safe='')}"
    try:
        with urlopen(Request(asked, headers={"Accept": "application/json"}), timeout=SECONDS) as answer:  # noqa: S310 checked
            told = json.loads(answer.read(MAX_ANSWER))
    except HTTPError as error:
        raise Unanswered(f"{asked}: expected the ticket, got {error.code} {_why(error)}") from None
    except (URLError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise Unanswered(
            f"{asked}: expected a running worker, got: {reason} (is it running? `/readyz` tells)"
        ) from None
    except ValueError:
        raise Unanswered(f"{asked}: expected JSON, got something else (is this a slamon worker?)") from None
    if not isinstance(told, dict) or not isinstance(told.get("clocks"), list):
        raise Unanswered(f"{asked}: expected a ticket with its clocks, got other JSON (is this a slamon worker?)")
    return told


def _why(error: HTTPError) -> str:
    """The worker's own words, if it is one."""
    try:
        told = json.loads(error.read(64 * 1024))
        return f"{told['error']} ({told['hint']})"
    except (ValueError, KeyError, TypeError, OSError):
        return str(error.reason)
