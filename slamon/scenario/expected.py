"""What a scenario claims of facts and clocks, and whether it is so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slamon.offline.wall import instant
from slamon.policy_file.problems import meant
from slamon.policy_file.words import threshold
from slamon.scenario.figures import FIGURES, figure
from slamon.scenario.forms import STATEMENT, CorrectionForm, ExpectedForm
from slamon.sla.expectation import Unexpected


@dataclass(frozen=True, slots=True)
class Claim:
    """A fact that is expected at an instant; `more` are claims of what it says, already in slamon's own values."""

    at: int
    what: str
    objective: str | None
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClockClaim:
    """What is expected of one clock: of the newest cycle, unless it names one."""

    subject: str
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
    return Claim(instant(form.at, zone), form.what, _objective(form), read)


def _objective(form: ExpectedForm | CorrectionForm) -> str | None:
    if form.what != STATEMENT:
        return form.objective
    if form.objective != STATEMENT:
        hint = "a statement is about all objectives: claim `objectives: {availability: met}`"
        raise Unexpected("none", form.objective, hint, "objective")
    return None


def clock_claim(raw: Mapping[str, Any], zone: str, subject: str) -> ClockClaim:
    """The claim of an entry of `clocks`, about the subject unless it names another; raises Unexpected."""
    more = dict(raw)
    objective = more.pop("objective", None)
    if not isinstance(objective, str):
        raise Unexpected("the name of an objective", objective, "", "objective")
    named = [str(more.pop(key)) for key in ("ticket", "service") if key in more]
    if len(named) > 1:
        raise Unexpected("a ticket or a service", "both", "", "ticket")
    return ClockClaim(named[0] if named else subject, objective, _values(more, zone))


def _values(raw: Mapping[str, Any], zone: str) -> dict[str, Any]:
    for name in raw:
        if name not in FIGURES:
            hint = meant(name, FIGURES) or "known: " + ", ".join(FIGURES)
            raise Unexpected("something that slamon tells", name, hint, name)
    return {name: _value(name, value, zone) for name, value in raw.items()}


def _value(name: str, value: Any, zone: str) -> Any:
    found = figure(name, value)
    try:
        return _canonical(value) if name == "threshold" else found.read(value, zone)
    except Unexpected as problem:
        raise problem.at(name) from None
    except (ValueError, TypeError, AttributeError):
        raise Unexpected(found.example, value, "", name) from None


def _canonical(written: Any) -> Any:
    """A threshold by the name that facts have it under: `90m before` is `1h30m before`."""
    try:
        return threshold(written)[0] if isinstance(written, str) else written
    except Unexpected:
        return written  # a burn rate


def differing(more: Mapping[str, Any], told: Mapping[str, Any], zone: str) -> list[str]:
    """One line for each claim that is not so: `due_at: expected ..., got ...`."""
    lines = []
    for name, expected in more.items():
        found = figure(name, expected)
        got = found.told(found.find(told), expected)
        if got != expected:
            wanted, came = (_text(found.text, value, zone) for value in (expected, got))
            lines.append(f"{name}: expected {wanted}, got {came}")
    return lines


def _text(text: Any, value: Any, zone: str) -> str:
    return "nothing" if value is None else str(text(value, zone))
