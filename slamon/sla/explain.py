"""What a person is told about a clock, as plain JSON values: enough to check the verdict with a pencil (semantics 7)."""

from collections.abc import Mapping
from typing import Any, Final

from slamon.sla.calendar import Calendar
from slamon.sla.clock import Clock, Stage
from slamon.sla.conditions import Fields
from slamon.sla.events import What
from slamon.sla.instants import render
from slamon.sla.policy import Objective, Policy, Threshold

CONTEXT: Final = ("title", "url", "customer", "group", "assignee")  # semantics 3.13
SHOWN_INTERVALS: Final = 400  # more become totals: no fact is too large to send (semantics 4.7)


def instant(at: int | None) -> str | None:
    """RFC 3339 in UTC, or None."""
    return None if at is None else render(at)


def seconds(ms: int) -> int | float:
    """Milliseconds as seconds, whole where they are whole."""
    return ms // 1000 if ms % 1000 == 0 else ms / 1000


def name_of(fields: Fields, field: str) -> str:
    """The field's value as a key of totals; empty where it is not set."""
    value = fields.get(field)
    return "" if value is None else str(value)


def elapsed_at(clock: Clock, calendar: Calendar, at: int) -> int:
    """Milliseconds elapsed on the clock at an instant not before it was last settled."""
    ran_on = calendar.between(clock.mark, at) if clock.stage is Stage.ACTIVE and at > clock.mark else 0
    return clock.elapsed_ms + ran_on


def describe(
    clock: Clock, policy: Policy, objective: Objective, subject: str, fields: Fields, at: int
) -> dict[str, Any]:
    """The clock as it stands at the instant: identity, verdict, figures, context and explanation."""
    told = body_of("", "", clock, policy, objective, subject, fields, at)
    del told["what"], told["source"]
    return told


def body_of(
    what: str, source: str, clock: Clock, policy: Policy, objective: Objective, subject: str, fields: Fields, at: int
) -> dict[str, Any]:
    """What the reader of a fact is told: what it says, of whom, and the clock as it stands at the instant."""
    elapsed = elapsed_at(clock, objective.calendar, at)
    told: dict[str, Any] = {
        "what": what,
        "source": source,
        "subject": subject,
        "clock_id": clock.id,
        "slot": clock.slot,
        "policy": clock.policy,
        "policy_kind": policy.kind.value,
        "version": clock.version,
        "agreement": policy.agreement.name if policy.agreement else None,
        "objective": clock.objective,
        "objective_kind": objective.kind.value,
        "cycle": clock.cycle,
        "cycle_start": instant(clock.start),
        "stage": clock.stage.value,
        "target": _target(clock),
        "elapsed_seconds": seconds(elapsed),
        "remaining_seconds": seconds(clock.target_ms - elapsed),
        "due_at": instant(clock.due_at),
        "breached_at": instant(clock.breached_at),
        "ended_at": instant(clock.ended_at),
        "ended_by": clock.ended_by,
        "priority": fields.get("priority"),
        "status": fields.get("status"),
        "context": {name: fields.get(name) for name in CONTEXT},
        "links": dict(policy.links),
        "explanation": explanation(clock, objective.calendar, fields, at, elapsed - clock.elapsed_ms),
    }
    if policy.supports is not None:
        told["supports"] = policy.supports
    return told


def threshold_told(threshold: Threshold) -> dict[str, Any]:
    """What a threshold carries into its fact (semantics 3.8)."""
    told: dict[str, Any] = {"threshold": threshold.name, "labels": dict(threshold.labels)}
    for name in ("severity", "runbook_url", "escalate_to"):
        value = getattr(threshold, name)
        if value is not None:
            told[name] = value
    return told


def explanation(clock: Clock, calendar: Calendar, fields: Fields, at: int, extra: int) -> dict[str, Any]:
    """Every interval that counted, every pause, what was excluded, and what is not known; `extra` ran since it was settled."""
    counted, truncated = _counted(clock, calendar, at)
    until = clock.ended_at if clock.ended_at is not None else at
    told: dict[str, Any] = {
        "calendar": calendar.name,
        "zone": calendar.zone,
        "start": instant(clock.start),
        "counted": counted,
        "pauses": [
            {"from": instant(s.start), "to": instant(s.end), "reason": s.reason} for s in clock.spans if not s.running
        ],
        "excluded": _excluded(clock, calendar, until),
        "by_status": _totals(clock.by_status, name_of(fields, "status"), extra),
        "by_group": _totals(clock.by_group, name_of(fields, "group"), extra),
        "thresholds": {name: instant(fired) for what, name, fired in clock.facts if what == What.WARNING},
        "not_known": _not_known(clock),
    }
    if clock.overrides:
        told["overrides"] = {name: relief.text for name, relief in clock.overrides.items()}
    if clock.folded is not None:
        told["older"] = {
            "until": instant(clock.folded.until),
            "counted_seconds": seconds(clock.folded.ran),
            "paused_seconds": seconds(clock.folded.paused),
            "intervals": clock.folded.count,
        }
    if truncated or clock.folded is not None:
        told["truncated"] = True
    return told


def _target(clock: Clock) -> dict[str, Any]:
    told: dict[str, Any] = {
        "text": clock.target_text,
        "seconds": seconds(clock.target_ms),
        "from": clock.target_from,
        "since": instant(clock.since),
    }
    if clock.unrelaxed_ms is not None and clock.unrelaxed_ms != clock.target_ms:
        told["unrelaxed_seconds"] = seconds(clock.unrelaxed_ms)
    return told


def _counted(clock: Clock, calendar: Calendar, at: int) -> tuple[list[dict[str, Any]], bool]:
    counted: list[dict[str, Any]] = []
    for span in clock.spans:
        if not span.running:
            continue
        for opened, closed in calendar.stretches(span.start, at if span.end is None else span.end):
            if len(counted) == SHOWN_INTERVALS:
                return counted, True
            counted.append({"from": instant(opened), "to": instant(closed), "seconds": seconds(closed - opened)})
    return counted, False


def _excluded(clock: Clock, calendar: Calendar, until: int) -> dict[str, int | float]:
    closed = holiday = 0
    ran = False
    for span in clock.spans:
        if not span.running:
            continue
        ran = True
        outside, off = calendar.exclusions(span.start, until if span.end is None else span.end)
        closed, holiday = closed + outside, holiday + off
    return {"closed_seconds": seconds(closed), "holiday_seconds": seconds(holiday)} if ran else {}


def _totals(totals: Mapping[str, int], name: str, extra: int) -> dict[str, int | float]:
    if not totals and not extra:
        return {}
    told = dict(totals)
    if extra:
        told[name] = told.get(name, 0) + extra
    return {name: seconds(ms) for name, ms in told.items()}


def _not_known(clock: Clock) -> list[str]:
    return ["pauses before the first record of the ticket"] if clock.partial else []
