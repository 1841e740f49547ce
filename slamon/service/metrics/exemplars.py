"""Which ticket stands behind a breach that was just counted: read from the records of the unit itself."""

from collections.abc import Iterator

import orjson

from slamon.engine.unit import Outgoing, Unit

MAX_READ = 10  # records a unit, none of them large: an exemplar is an example, and a slice has 20 ms
MAX_BYTES = 32 * 1024
MAX_TICKET = 100  # OpenMetrics allows 128 characters for all labels of an exemplar
BREACH = "io.slamon.ticket.breach.v1"

CountKey = tuple[str, tuple[str, ...]]


def breached_tickets(unit: Unit) -> Iterator[tuple[CountKey, str]]:
    """(the count it is part of, ticket) for the latest breaches of the unit."""
    sent = [sent for sent in unit.outgoing if sent.topic == "breaches" and len(sent.value) <= MAX_BYTES]
    for outgoing in sent[-MAX_READ:]:
        event = orjson.loads(outgoing.value)
        if event["type"] == BREACH and len(event["subject"]) <= MAX_TICKET:
            yield ("facts", _labels(event["data"], outgoing)), event["subject"]


def _labels(data: dict[str, object], outgoing: Outgoing) -> tuple[str, ...]:
    live = "live" if ("live", b"true") in outgoing.headers else "old"
    priority = str(data["priority"] or "")
    return ("breach", str(data["policy"]), str(data["objective"]), priority, str(data["policy_kind"]), live)
