"""What the answers have in common: JSON, headers, instants as on the wire."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from aiohttp import web

from slamon.service.readiness import reasons
from slamon.service.status import WorkerStatus
from slamon.sla.instants import render

INSTANTS = frozenset({"now", "ticked_at", "partition_time", "recovery_started_at", "last_record_at"})
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "slamon",  # aiohttp would tell its version
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OF_A_FILE = ("Cache-Control", "Content-Security-Policy")
OF_ALL = frozenset({"now", "policies", "expected_partitions"})


def answer(body: Mapping[str, Any], status: int = 200) -> web.Response:
    """The body as JSON."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, whoever made it; the files of the page say themselves what it may load, and how it is kept."""
    own = {name: response.headers[name] for name in OF_A_FILE if name in response.headers}
    response.headers.update({**HEADERS, **own})


def described(status: WorkerStatus) -> dict[str, Any]:
    """One worker of the status, with instants as on the wire."""
    found = reasons(status)
    own = {name: value for name, value in asdict(status).items() if name not in OF_ALL}
    return {"answered": True, "ready": not found, "reasons": found, "version_in_force": status.policies, **_wired(own)}


def _wired(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _wire_value(key, value) for key, value in values.items()}


def _wire_value(key: str, value: Any) -> Any:
    if key in INSTANTS and value is not None:
        return render(value)
    return [_wired(entry) for entry in value] if isinstance(value, list | tuple) else value
