"""Canonical records of services on an input topic: the mapping is `slamon.sla.canonical_service`, in any envelope."""

from typing import Any

from slamon.sla.canonical_service import parse
from slamon.sla.events import ServiceEvent
from slamon.sources.source import UPTIME_SIGNALS, Headers, Source


def map_record(payload: Any, _headers: Headers, _received_ms: int) -> list[ServiceEvent]:
    """The one event of a canonical record."""
    return [parse(payload)]


CANONICAL_UPTIME = Source(
    "canonical_uptime", map_record, UPTIME_SIGNALS, "`id`, else a hash of everything else", family="canonical",
    role="uptime", own_key=True,
)  # fmt: skip
