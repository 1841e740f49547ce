"""Payloads for the tests of the sources: those shared beside the repository, if they are there."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from slamon.sla.events import InvalidRecord
from slamon.sla.instants import render
from slamon.sources import SOURCES, Source

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


def configured(source: str, mapping: str) -> Source:
    """The source as a mapping file with this text wants it."""
    configure = SOURCES[source].configure
    assert configure is not None
    return configure(yaml.safe_load(mapping))


def told(source: Source, payload: Any, headers: dict[str, str] | None = None) -> list[Any]:
    """What the source maps the payload to, the same for a second delivery of it later on."""
    first = source.map(payload, headers or {}, RECEIVED)
    again = source.map(json.loads(json.dumps(payload)), headers or {}, RECEIVED + 60_000)
    assert first == again
    return list(first)


def words(found: Iterable[Any]) -> list[tuple[str, str, str]]:
    """Instant, service and state of each record."""
    return [(render(event.at), event.service, str(event.state)) for event in found]


def events(source: str, payload: Any, headers: dict[str, str] | None = None) -> list[Any]:
    """What the source maps the payload to, the same for a second delivery of it later on."""
    return told(SOURCES[source], payload, headers)


def event(source: str, payload: Any, headers: dict[str, str] | None = None) -> Any:
    """The only event of the payload."""
    (only,) = events(source, payload, headers)
    return only


def refused(source: str, payload: Any, headers: dict[str, str] | None = None) -> tuple[str, str]:
    """Reason and message with which the source refuses the payload."""
    with pytest.raises(InvalidRecord) as error:
        SOURCES[source].map(payload, headers or {}, RECEIVED)
    return error.value.reason, str(error.value)
