"""What a scenario claims of facts and clocks, and whether it is so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slamon.offline.wall import instant, shown
from slamon.policy_file.problems import meant
from slamon.scenario.forms import CorrectionForm, ExpectedForm
from slamon.scenario.timeline import TICKET
from slamon.sla import instants
from slamon.sla.durations import format_duration, parse_duration
from slamon.sla.expectation import Unexpected

Read = Callable[[Mapping[str, Any]], Any]
INSTANT, SPAN, PLAIN, INTERVALS, SPANS, PAUSES = "instant", "span", "plain", "intervals", "spans", "pauses"


def _at(*path: str) -> Read:
    def find(told: Mapping[str, Any]) -> Any:
        value: Any = told
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    return find


# What may be claimed of a fact or a clock: where it stands in what slamon tells, and what it is.
CLAIMS: Mapping[str, tuple[Read, str]] = {
    "ticket": (_at("subject"), PLAIN),
    **{name: (_at(name), PLAIN) for name in (
        "slot", "policy", "policy_kind", "agreement", "cycle", "stage", "ended_by", "priority", "status", "threshold",
        "reason", "severity", "labels", "runbook_url", "escalate_to", "links", "context", "supports", "clock_id",
    )},
    **{name: (_at(name), INSTANT) for name in ("cycle_start", "due_at", "breached_at", "ended_at")},
    "elapsed": (_at("elapsed_seconds"), SPAN),
    "remaining": (_at("remaining_seconds"), SPAN),
    "target": (_at("target", "seconds"), SPAN),
    "unrelaxed": (_at("target", "unrelaxed_seconds"), SPAN),
    "target_from": (_at("target", "from"), PLAIN),
    "target_since": (_at("target", "since"), INSTANT),
    "calendar": (_at("explanation", "calendar"), PLAIN),
    "counted": (_at("explanation", "counted"), INTERVALS),
    "pauses": (_at("explanation", "pauses"), PAUSES),
    "excluded": (_at("explanation", "excluded"), SPANS),
    "by_status": (_at("explanation", "by_status"), SPANS),
    "by_group": (_at("explanation", "by_group"), SPANS),
    "overrides": (_at("explanation", "overrides"), PLAIN),
    "not_known": (_at("explanation", "not_known"), PLAIN),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A fact that is expected at an instant; `more` are claims of what it says, already in slamon's own values."""

    at: int
    what: str
    objective: str
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClockClaim:
    """What is expected of one clock: of the newest cycle, unless it names one."""

    ticket: str
    objective: str
    more: Mapping[str, Any]


def claim(form: ExpectedForm | CorrectionForm, zone: str) -> Claim:
    """The claim of an entry of `expect` or `corrections`; raises Unexpected."""
    more = dict(form.more)
    if form.short is not None:
        is_threshold = isinstance(form, ExpectedForm) and form.what == "warning"
        more.setdefault("threshold" if is_threshold else "reason", form.short)
    reinstates = more.pop("reinstates", None) if isinstance(form, CorrectionForm) else None
    read = _values(more, zone)
    if reinstates is not None:
        read["reinstates"] = reinstates
    return Claim(instant(form.at, zone), form.what, form.objective, read)


def clock_claim(raw: Mapping[str, Any], zone: str) -> ClockClaim:
    """The claim of an entry of `clocks`; raises Unexpected."""
    more = dict(raw)
    objective = more.pop("objective", None)
    if not isinstance(objective, str):
        raise Unexpected("the name of an objective", objective, "", "objective")
    return ClockClaim(str(more.pop("ticket", TICKET)), objective, _values(more, zone))


def _values(raw: Mapping[str, Any], zone: str) -> dict[str, Any]:
    for name in raw:
        if name not in CLAIMS:
            hint = meant(name, CLAIMS) or "known: " + ", ".join(CLAIMS)
            raise Unexpected("something that slamon tells", name, hint, name)
    return {name: _value(name, value, zone) for name, value in raw.items()}


def _value(name: str, value: Any, zone: str) -> Any:
    try:
        return READERS[CLAIMS[name][1]](value, zone)
    except Unexpected as problem:
        raise problem.at(name) from None
    except (ValueError, TypeError, AttributeError):
        raise Unexpected(EXAMPLES[CLAIMS[name][1]], value, "", name) from None


def _instant(value: Any, zone: str) -> str | None:
    return None if value is None else instants.render(instant(str(value), zone))


def _span(value: Any, zone: str) -> int | None:
    if value is None:
        return None
    text = str(value)
    return -parse_duration(text[1:]) if text.startswith("-") else parse_duration(text)


def _intervals(value: Any, zone: str) -> list[tuple[str | None, str | None]]:
    return [(_instant(start, zone), _instant(end, zone)) for start, end in value]


def _pauses(value: Any, zone: str) -> list[tuple[str | None, str | None, str]]:
    return [(_instant(start, zone), _instant(end, zone), reason) for start, end, reason in value]


READERS: Mapping[str, Callable[[Any, str], Any]] = {
    INSTANT: _instant,
    SPAN: _span,
    PLAIN: lambda value, _zone: value,
    INTERVALS: _intervals,
    PAUSES: _pauses,
    SPANS: lambda value, zone: {name: _span(span, zone) for name, span in value.items()},
}
EXAMPLES = {
    INSTANT: "an instant",
    SPAN: "a duration like '4h'",
    INTERVALS: "a list of [from, to]",
    PAUSES: "a list of [from, to, reason]",
    SPANS: "durations by name",
}


def _ms(seconds: Any) -> int | None:
    # What slamon tells has at most three decimals: round takes them back to the integer they came from.
    return None if seconds is None else round(seconds * 1000)


TOLD: Mapping[str, Callable[[Any], Any]] = {
    SPAN: _ms,
    INTERVALS: lambda told: [(one["from"], one["to"]) for one in told or ()],
    PAUSES: lambda told: [(one["from"], one["to"], one["reason"]) for one in told or ()],
    SPANS: lambda told: {name.removesuffix("_seconds"): _ms(value) for name, value in (told or {}).items()},
}


def differing(more: Mapping[str, Any], told: Mapping[str, Any], zone: str) -> list[str]:
    """One line for each claim that is not so: `due_at: expected ..., got ...`."""
    lines = []
    for name, expected in more.items():
        find, kind = CLAIMS[name]
        got = TOLD.get(kind, lambda value: value)(find(told))
        if got != expected:
            lines.append(f"{name}: expected {_text(expected, kind, zone)}, got {_text(got, kind, zone)}")
    return lines


def _text(value: Any, kind: str, zone: str) -> str:
    if value is None:
        return "nothing"
    match kind:
        case "instant":
            return shown(instants.parse(value), zone)
        case "span":
            return format_duration(value)
        case "spans":
            return ", ".join(f"{name or '(none)'} {format_duration(ms)}" for name, ms in value.items()) or "nothing"
        case "intervals" | "pauses":
            return "; ".join(_interval(one, zone) for one in value) or "none"
        case _:
            return repr(value)


def _interval(one: tuple[Any, ...], zone: str) -> str:
    start, end = (None if at is None else shown(instants.parse(at), zone) for at in one[:2])
    return f"{start} to {end or 'now'}{f' ({one[2]})' if len(one) > 2 else ''}"
