"""Reading records of many parts (alerts, samples, results): one that can't be read does not take the others with it."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slamon.sla.events import InvalidRecord, ServiceEvent
from slamon.sla.record_parts import hash_of
from slamon.sla.refusals import UNKNOWN_SHAPE, refusal
from slamon.sources.source import PartlyInvalid

STATE_ID = "a hash of service, location, instant and what it says"
SHOWN = 3  # refused parts in one message
READABLE = 180  # characters of a monitor's own name

Part = tuple[str, Any]  # where it stands in the record, what it is


def each(
    parts: Iterable[Part], read: Callable[[Any], list[ServiceEvent]], *complaints: InvalidRecord
) -> list[ServiceEvent]:
    """What all the parts say.

    Raises PartlyInvalid with what the others say if one can't be read, or with the complaints; InvalidRecord if
    there is nothing else.
    """
    events: list[ServiceEvent] = []
    refused = list(complaints)
    for where, part in parts:
        try:
            events += read(part)
        except InvalidRecord as error:
            refused.append(InvalidRecord(error.reason, f"{where}.{error}"))
    if refused:
        message = "; ".join(map(str, refused[:SHOWN]))
        more = f"; and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        raise PartlyInvalid(refused[0].reason, message + more, events)
    return events


def numbered(where: str, found: Any, what: str) -> list[Part]:
    """The parts of a list, each with its place."""
    if not isinstance(found, list):
        raise refusal(UNKNOWN_SHAPE, where, what, found)
    return [(f"{where}[{index}]", part) for index, part in enumerate(found)]


def monitor(source: str, *names: str) -> str:
    """The location of one monitor of a tool: `tool/name`, readable if it is short; no other tool's is the same."""
    told = "/".join(names)
    readable = len(told) <= READABLE and told.isprintable()
    return f"{source}/{told if readable else hash_of({'monitor': list(names)})}"


def labels_text(labels: Mapping[str, Any]) -> str:
    """The labels of a series in one line, the same in any order and another one for any other labels."""
    return ",".join(f"{name}={json.dumps(labels[name], ensure_ascii=False)}" for name in sorted(labels))
