"""How much of each period a service was there: the periods that are over, as their statements say, and those that run."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from slamon.engine.look import look_at_service
from slamon.offline.left import Left
from slamon.offline.machine import Machine
from slamon.sla.clock import Clock
from slamon.sla.durations import format_duration
from slamon.sla.service import Service


def period_rows(
    machine: Machine, clocks: Iterable[tuple[Service, Clock]], facts: Iterable[Left], end: int
) -> list[list[str]]:
    """A row for each service, policy and period, in this order."""
    told = [orjson.loads(fact.value)["data"] for fact in facts if fact.what == "statement"]
    running = {service.subject for service, clock in clocks if clock.open}
    told += [data for service in sorted(running) for data in _running(machine, service, end)]
    return [_row(data) for data in sorted(told, key=_place)]


def share(ratio: float | None) -> str:
    """A ratio in percent, cut after four decimals and never rounded up; empty if there is none."""
    if ratio is None:
        return ""
    parts = round(ratio * 1e9) // 1000  # a ratio told as 0.9990000000000001 is 0.999
    return f"{parts // 10_000}.{parts % 10_000:04} %"


def _running(machine: Machine, service: str, end: int) -> Iterator[dict[str, Any]]:
    """One of the open clocks of each period, as it stands at the end."""
    told = look_at_service(machine.store, machine.partition.rules, service, end)
    seen: set[tuple[str, str, str]] = set()
    for clock in told["clocks"] if told is not None else ():
        if clock["stage"] != "active" or "period" not in clock:
            continue
        key = (clock["slot"], clock["policy"], clock["period"]["text"])
        if key not in seen:
            seen.add(key)
            yield clock


def _place(data: dict[str, Any]) -> tuple[str, str, str, str]:
    return data["subject"], data["policy"], data["period"]["text"], data["period"]["from"]


def _row(data: dict[str, Any]) -> list[str]:
    period = data["period"]
    spans = (data[f"{name}_seconds"] for name in ("downtime", "excluded", "unknown"))
    ended = period["until"] or period["text"]
    return [
        data["subject"], data["policy"], period["from"], ended if data["stage"] != "active" else f"{ended} (running)",
        share(data["availability"]), *map(_span, spans), str(data["outages"]), _span(data["longest_outage_seconds"]),
    ]  # fmt: skip


def _span(seconds: float) -> str:
    return format_duration(round(seconds * 1000))
