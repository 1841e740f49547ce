"""What may be claimed of facts and clocks: where slamon tells it, how a scenario writes it, and how the two compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from slamon.offline.wall import instant, shown
from slamon.sla import instants
from slamon.sla.durations import format_duration, parse_duration
from slamon.sla.expectation import Unexpected

Find = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """`read(written, zone)` is what is expected; `told(got, expected)` is what came, in the same form; `text` shows either."""

    find: Find
    read: Callable[[Any, str], Any] = lambda written, _: written
    told: Callable[[Any, Any], Any] = lambda got, _: got
    text: Callable[[Any, str], str] = lambda value, _: repr(value)
    example: str = ""

    def of(self, *path: str) -> "Figure":
        """The same kind of figure, told at another place."""
        return Figure(_at(*path), self.read, self.told, self.text, self.example)


def _at(*path: str) -> Find:
    def find(told: Mapping[str, Any]) -> Any:
        value: Any = told
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    return find


# -- instants and spans ----------------------------------------------------------------------------------------------


def _instant(value: Any, zone: str) -> str | None:
    return None if value is None else instants.render(instant(str(value), zone))


def _span(value: Any, _zone: str = "") -> int | None:
    if value is None:
        return None
    text = str(value)
    return -parse_duration(text[1:]) if text.startswith("-") else parse_duration(text)


def _ms(seconds: Any, _expected: Any = None) -> int | None:
    # What slamon tells has at most three decimals, but for means: round takes them back to the integer they came from.
    return None if seconds is None else round(seconds * 1000)


def _span_text(ms: int, _zone: str) -> str:
    return format_duration(ms) if ms >= 0 else f"-{format_duration(-ms)}"


def _spans_text(spans: Mapping[str, int], _zone: str) -> str:
    return ", ".join(f"{name or '(none)'} {format_duration(ms)}" for name, ms in spans.items()) or "nothing"


# -- lists -----------------------------------------------------------------------------------------------------------


def _stretches(value: Any, zone: str) -> list[tuple[Any, ...]]:
    """`[from, to]`, or `[from, to, why]`."""
    if any(len(one) not in (2, 3) for one in value):
        raise ValueError(value)
    return [(_instant(one[0], zone), _instant(one[1], zone), *one[2:]) for one in value]


def _told_stretches(got: Any, expected: Any) -> list[tuple[Any, ...]]:
    """As much of each as is claimed of it."""
    lengths = [len(one) for one in expected]
    found = [(one["from"], one.get("to", one.get("until")), one.get("why", one.get("reason"))) for one in got or ()]
    return [one[: lengths[n] if n < len(lengths) else 3] for n, one in enumerate(found)]


def _stretches_text(value: Any, zone: str) -> str:
    return "; ".join(_stretch(one, zone) for one in value) or "none"


def _stretch(one: tuple[Any, ...], zone: str) -> str:
    start, end = (None if at is None else shown(instants.parse(at), zone) for at in one[:2])
    return f"{start} to {end or 'now'}{f' ({one[2]})' if len(one) > 2 and one[2] else ''}"


# -- shares and targets ----------------------------------------------------------------------------------------------


def _share(value: Any, _zone: str) -> Decimal | None:
    """In percent; with as many decimals as are claimed."""
    if value is None:
        return None
    try:
        return Decimal(value.removesuffix("%").strip()) if value.endswith("%") else Decimal(value) * 100
    except (AttributeError, InvalidOperation):
        raise Unexpected("a share like '99.9%'", value) from None


def _told_share(got: Any, expected: Any) -> Decimal | None:
    if got is None or expected is None:
        return None if got is None else Decimal(repr(got)) * 100
    return (Decimal(repr(got)) * 100).quantize(expected)


def _target(value: Any, zone: str) -> str | int | None:
    return str(value) if isinstance(value, int) or "%" in str(value) else _span(value, zone)


def _told_target(got: Any, expected: Any) -> Any:
    told = got or {}
    return told.get("text") if isinstance(expected, str) else _ms(told.get("seconds"))


def _target_text(value: Any, zone: str) -> str:
    return value if isinstance(value, str) else _span_text(value, zone)


PLAIN = Figure(_at())
INSTANT = Figure(_at(), _instant, text=lambda at, zone: shown(instants.parse(at), zone), example="an instant")
SPAN = Figure(_at(), _span, _ms, _span_text, "a duration like '4h'")
SHARE = Figure(_at(), _share, _told_share, lambda share, _: f"{share:f}%", "a share like '99.9%'")
TARGET = Figure(_at("target"), _target, _told_target, _target_text, "a target like '4h', '99.9%' or 3")
INTERVALS = Figure(_at(), _stretches, _told_stretches, _stretches_text, "a list of [from, to]")
STRETCHES = Figure(_at(), _stretches, _told_stretches, _stretches_text, "a list of [from, to, reason]")
SPANS = Figure(
    _at(),
    lambda value, zone: {name: _span(span, zone) for name, span in value.items()},
    lambda got, _: {name.removesuffix("_seconds"): _ms(value) for name, value in (got or {}).items()},
    _spans_text,
    "durations by name",
)
VERDICTS = Figure(_at("objectives"), told=lambda got, _: {one["objective"]: one["stage"] for one in got or ()})


def _named(kind: Figure, *names: str) -> dict[str, Figure]:
    return {name: kind.of(name) for name in names}


FIGURES: Mapping[str, Figure] = {
    "ticket": PLAIN.of("subject"),
    "service": PLAIN.of("subject"),
    **_named(
        PLAIN, "slot", "policy", "policy_kind", "agreement", "cycle", "stage", "ended_by", "priority", "status",
        "threshold", "reason", "severity", "labels", "runbook_url", "escalate_to", "links", "context", "supports",
        "clock_id", "state", "outages",
    ),
    **_named(INSTANT, "cycle_start", "due_at", "breached_at", "ended_at"),
    "elapsed": SPAN.of("elapsed_seconds"),
    "remaining": SPAN.of("remaining_seconds"),
    "target": TARGET,
    "unrelaxed": SPAN.of("target", "unrelaxed_seconds"),
    "target_from": PLAIN.of("target", "from"),
    "target_since": INSTANT.of("target", "since"),
    "period": PLAIN.of("period", "text"),
    "period_start": INSTANT.of("period", "from"),
    "period_end": INSTANT.of("period", "until"),
    "service_time": SPAN.of("service_seconds"),
    "downtime": SPAN.of("downtime_seconds"),
    "excluded": SPAN.of("excluded_seconds"),
    "unknown": SPAN.of("unknown_seconds"),
    "longest_outage": SPAN.of("longest_outage_seconds"),
    "mttr": SPAN.of("mttr_seconds"),
    "mtbf": SPAN.of("mtbf_seconds"),
    "availability": SHARE.of("availability"),
    "budget": SPAN.of("budget", "seconds"),
    "budget_used": SPAN.of("budget", "used_seconds"),
    "budget_left": SPAN.of("budget", "remaining_seconds"),
    "budget_share": SHARE.of("budget", "used_ratio"),
    "objectives": VERDICTS,
    "calendar": PLAIN.of("explanation", "calendar"),
    "counted": INTERVALS.of("explanation", "counted"),
    "pauses": STRETCHES.of("explanation", "pauses"),
    "by_status": SPANS.of("explanation", "by_status"),
    "by_group": SPANS.of("explanation", "by_group"),
    "overrides": PLAIN.of("explanation", "overrides"),
    "not_known": PLAIN.of("explanation", "not_known"),
}  # fmt: skip

# Of some both a total and the parts are told: what is claimed says by its form which of them is meant.
_LISTED: Mapping[str, Figure] = {name: STRETCHES.of("explanation", name) for name in ("outages", "excluded", "unknown")}
_NAMED: Mapping[str, Figure] = {"excluded": SPANS.of("explanation", "excluded")}


def figure(name: str, value: Any) -> Figure:
    """The figure of that name that such a value, as written or as read, is claimed of."""
    if isinstance(value, list) and name in _LISTED:
        return _LISTED[name]
    return _NAMED[name] if isinstance(value, Mapping) and name in _NAMED else FIGURES[name]
