"""Canonical records of tickets on an input topic: the mapping is `slamon.sla.canonical`, in any envelope."""

from typing import Any

from slamon.sla.canonical import parse
from slamon.sla.events import TicketEvent
from slamon.sources.source import SIGNALS, Headers, Source


def map_record(payload: Any, _headers: Headers, _received_ms: int) -> list[TicketEvent]:
    """The one event of a canonical record."""
    return [parse(payload)]


CANONICAL = Source(
    "canonical", map_record, SIGNALS, "`id`, else a hash of ticket, at, revision and content", own_key=True
)
