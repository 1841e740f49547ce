"""How the clock came to its figure, in a sentence: the whole explanation stays in the fact and in `slamon explain`."""

from collections.abc import Iterator, Mapping
from typing import Any

from slamon.notify.spans import span

MAX_EXPLAINED = 600
SHOWN = 4  # names of a list


def explained(data: Mapping[str, Any]) -> str:
    """What counted and what did not."""
    told = data.get("explanation") or {}
    parts = _of_service(data, told) if "downtime_seconds" in data else _of_ticket(data, told)
    return "; ".join(part for part in parts if part)[:MAX_EXPLAINED]


def _of_ticket(data: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    target = (data.get("target") or {}).get("text", "")
    yield f"{_span(data.get('elapsed_seconds'))} of {target} used, counted in calendar {told.get('calendar')}"
    yield _named("by group", told.get("by_group"))
    yield _named("by status", told.get("by_status"))
    pauses = told.get("pauses")
    if isinstance(pauses, list) and pauses:
        yield f"{len(pauses)} pause(s), last: {pauses[-1].get('reason')}"
    yield from _rest(told)


def _of_service(data: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    period = data.get("period") or {}
    yield f"down {_span(data.get('downtime_seconds'))} in this {period.get('text', 'period')}"
    yield f"{data.get('outages')} outage(s), longest {_span(data.get('longest_outage_seconds'))}"
    budget = data.get("budget")
    if budget:
        yield f"budget {_span(budget.get('seconds'))}, used {_span(budget.get('used_seconds'))}"
    yield from _rest(told)


def _rest(told: Mapping[str, Any]) -> Iterator[str]:
    for text in (told.get("not_known") or ())[:SHOWN]:
        yield f"not known: {text}"
    if told.get("overrides"):
        yield "overrides: " + ", ".join(list(told["overrides"])[:SHOWN])


def _named(head: str, totals: Mapping[str, float] | None) -> str:
    """The largest totals first."""
    largest = sorted((totals or {}).items(), key=lambda entry: -entry[1])[:SHOWN]
    said = ", ".join(f"{name or '(none)'} {_span(seconds)}" for name, seconds in largest)
    return f"{head}: {said}" if said else ""


def _span(seconds: float | None) -> str:
    return "?" if seconds is None else span(round(seconds * 1000))
