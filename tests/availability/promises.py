"""Promises about services in a line each, and what monitors say of one."""

from typing import Any

from slamon.sla.calendar import ALWAYS, parse_duration
from slamon.sla.events import Announced, ServiceEvent, State
from slamon.sla.policy import Agreement, Objective, ObjectiveKind, Policy, Target, Targets
from slamon.sla.uptime_terms import Period, UptimeTerms
from tests.kit import at, threshold

SERVICE = "checkout"


def share(text: str) -> Target:
    """`99.9%` of the time, as what may be down in parts per billion."""
    whole, _, part = text.removesuffix("%").partition(".")
    return Target(text, down_ppb=1_000_000_000 - int(whole + part.ljust(7, "0")))


def period(text: str, zone: str = "UTC") -> Period:
    """`month`, or `30d rolling`."""
    length, _, rolling = text.partition(" ")
    return Period(text, span_ms=parse_duration(length)) if rolling else Period(text, unit=text, zone=zone)


def promise(kind: str, target: str, over: str = "month", *warn: str, zone: str = "UTC") -> Objective:
    """An objective named after its kind and period; of `outages` the target is a count."""
    if kind == "availability":
        allowed = share(target)
    elif kind == "outages":
        allowed = Target(target, count=int(target))
    else:
        allowed = Target(target, span_ms=parse_duration(target))
    name = f"{kind} {over}"
    thresholds = tuple(map(threshold, warn))
    return Objective(name, ObjectiveKind(kind), Targets(default=allowed), ALWAYS, thresholds, period=period(over, zone))


def uptime(*objectives: Objective, agreement: Agreement | None = None, **terms: Any) -> Policy:
    return Policy("shop", objectives, agreement=agreement, uptime=UptimeTerms(**terms))


def says(when: str | int, state: str | None, location: str = "", **more: Any) -> ServiceEvent:
    """What a monitor says of the service; `ttl` as a duration."""
    instant = at(when) if isinstance(when, str) else when
    if isinstance(more.get("ttl"), str):
        more["ttl"] = parse_duration(more["ttl"])
    number = more.pop("id", f"{instant}-{state}-{location}")
    return ServiceEvent(SERVICE, number, instant, State(state) if state else None, location=location, **more)


def announces(when: str, name: str, start: str, end: str, **more: Any) -> ServiceEvent:
    return says(when, None, announced=Announced(name, at(start), at(end)), id=f"{when}-{name}", **more)
