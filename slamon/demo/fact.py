"""A fact as a person reads it: CloudEvents of the facts topics reduced to what fits on a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from slamon.sla.instants import parse

# The two kinds of correction.
WITHDRAWN, REINSTATED = "withdrawn", "reinstated"


@dataclass(frozen=True, slots=True)
class Fact:
    """What became true of one clock; instants in epoch ms, `lag_ms` from then to its emission."""

    what: str
    subject: str
    at: int
    lag_ms: int
    objective: str = ""
    target: str = ""
    threshold: str = ""
    priority: str = ""
    customer: str = ""
    title: str = ""
    remaining_ms: int = 0
    severity: str = ""
    escalate_to: str = ""
    supports: str = ""
    reason: str = ""
    id: str = ""
    of: str = ""  # what a correction corrects: `breach` ...
    corrects: str = ""  # ... and the id of that fact
    state: str = ""  # of a service; a ticket has none

    @property
    def shown_at(self) -> int:
        """When it became true; a correction stands under the instant of its fact, and is shown when it was told."""
        return self.at + self.lag_ms if self.corrects else self.at


def read(value: bytes, headers: Sequence[tuple[str, bytes]]) -> Fact:
    """The fact or correction of one record."""
    event = orjson.loads(value)
    at, data = parse(event["time"]), event["data"]
    told = dict(headers).get("recordedtime", event["time"].encode()).decode()
    lag = parse(told) - at
    return _correction(event, data, at, lag) if data["what"] == "correction" else _fact(event, data, at, lag)


def _fact(event: Mapping[str, Any], data: Mapping[str, Any], at: int, lag: int) -> Fact:
    def text(name: str, within: Mapping[str, Any] = data) -> str:
        value = within.get(name)
        return "" if value is None else str(value)

    return Fact(
        data["what"],
        event["subject"],
        at,
        lag,
        text("objective"),
        text("text", data.get("target") or {}),
        text("threshold"),
        text("priority"),
        text("customer", data["context"]),
        text("title", data["context"]),
        int(_remaining(data) * 1000),
        text("severity"),
        text("escalate_to"),
        text("supports"),
        text("reason") or text("ended_by"),
        event["id"],
        state=text("state"),
    )


def _remaining(data: Mapping[str, Any]) -> float:
    """Seconds of a ticket's target, or of a service's budget."""
    left: float | None = data.get("budget", data).get("remaining_seconds")
    return left or 0


def _correction(event: Mapping[str, Any], data: Mapping[str, Any], at: int, lag: int) -> Fact:
    what = REINSTATED if data["reinstates"] else WITHDRAWN
    return Fact(
        what,
        event["subject"],
        at,
        lag,
        reason=data["reason"] or "",
        id=event["id"],
        of=data["corrected_what"],
        corrects=data["corrects"],
    )
