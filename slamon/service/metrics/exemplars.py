"""Which ticket or service stands behind a breach that was just counted: read from the records of the unit itself."""

from collections.abc import Iterator

import orjson

from slamon.engine.unit import Outgoing, Unit

MAX_READ = 10  # records a unit, none of them large: an exemplar is an example, and a slice has 20 ms
MAX_BYTES = 32 * 1024
MAX_SUBJECT = 100  # OpenMetrics allows 128 characters for all labels of an exemplar
BREACHES = {"io.slamon.ticket.breach.v1": "ticket_id", "io.slamon.service.breach.v1": "service"}  # type -> label

CountKey = tuple[str, tuple[str, ...]]


def breached(unit: Unit) -> Iterator[tuple[CountKey, dict[str, str]]]:
    """(the count it is part of, exemplar) for the latest breach of each count of the unit, if it is among the latest of all."""
    counted = sum(name == "facts" and values[0] == "breach" for name, values in unit.counts)
    sent = [sent for sent in unit.outgoing if sent.topic == "breaches" and len(sent.value) <= MAX_BYTES]
    found: dict[CountKey, dict[str, str]] = {}
    for outgoing in reversed(sent[-MAX_READ:]):
        if len(found) == counted:
            break  # of a burst one tells all: reading ten of each unit was 2 % of the loop
        event = orjson.loads(outgoing.value)
        label = BREACHES.get(event["type"])
        if label is not None and len(event["subject"]) <= MAX_SUBJECT:
            found.setdefault(("facts", _labels(event["data"], outgoing)), {label: event["subject"]})
    yield from reversed(found.items())


def _labels(data: dict[str, object], outgoing: Outgoing) -> tuple[str, ...]:
    live = "live" if ("live", b"true") in outgoing.headers else "old"
    priority = str(data.get("priority") or "")
    return ("breach", str(data["policy"]), str(data["objective"]), priority, str(data["policy_kind"]), live)
