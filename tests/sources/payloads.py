"""Payloads for the tests of the sources: those shared beside the repository, if they are there."""

import json
from pathlib import Path
from typing import Any

import pytest

from slamon.sla.events import InvalidRecord, TicketEvent
from slamon.sources import SOURCES

SHARED = Path(__file__).resolve().parents[3] / "shared"
RECEIVED = 1_704_470_400_000


def shared(name: str) -> Any:
    """The shared payload of that name; the test is skipped where it is absent."""
    return json.loads(shared_file(f"payloads/{name}").read_text())


def shared_file(name: str) -> Path:
    """The shared file of that name; the test is skipped where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs ../shared/{name} beside the repository")
    return path


def events(source: str, payload: Any, headers: dict[str, str] | None = None) -> list[TicketEvent]:
    """What the source maps the payload to, the same for a second delivery of it later on."""
    first = SOURCES[source].map(payload, headers or {}, RECEIVED)
    again = SOURCES[source].map(json.loads(json.dumps(payload)), headers or {}, RECEIVED + 60_000)
    assert first == again
    return first


def event(source: str, payload: Any, headers: dict[str, str] | None = None) -> TicketEvent:
    """The only event of the payload."""
    (only,) = events(source, payload, headers)
    return only


def refused(source: str, payload: Any, headers: dict[str, str] | None = None) -> tuple[str, str]:
    """Reason and message with which the source refuses the payload."""
    with pytest.raises(InvalidRecord) as error:
        SOURCES[source].map(payload, headers or {}, RECEIVED)
    return error.value.reason, str(error.value)
