"""The small form of what is promised of services -> documents: an agreement, a calendar, a policy, planned maintenance."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slamon.offline.wall import instant
from slamon.policy_file.forms import API_VERSION
from slamon.policy_file.problems import Loc
from slamon.policy_file.yaml_documents import Document
from slamon.scenario.forms import UptimeForm
from slamon.sla import instants
from slamon.sla.expectation import Unexpected

WHOLE_WEEK = {"mon-sun": ["00:00-24:00"]}
ALWAYS = ("always", "24x7")
NAME, HOURS, CONTRACT, PLANNED = "uptime", "service-hours", "contract", "planned"
POLICY_KEYS = (
    "period", "maintenance", "degraded", "min_outage", "no_data", "stale_after", "quorum", "when",
)  # fmt: skip
MOMENTS = ("from", "until", "announced")


def documents(form: UptimeForm, source: Document, loc: Loc, zone: str) -> Iterator[Document]:
    """The documents that the form at `loc` of the scenario is short for; periods are those of the zone."""

    def document(kind: str, name: str, spec: Any, lines: Mapping[Loc, int]) -> Document:
        value = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
        return Document(source.file, value, {(): source.line(loc), **lines})

    def placed(*keys: str) -> dict[Loc, int]:
        return {("spec", key): source.line((*loc, key)) for key in keys}

    yield document("Agreement", CONTRACT, _contract(form, zone), placed("effective", "customer"))
    if _has_hours(form):
        hours = WHOLE_WEEK if form.hours is None or form.hours in ALWAYS else form.hours
        yield document("Calendar", HOURS, _calendar(form, hours, zone), placed("hours", "special", "holidays"))
    yield document("UptimeSLA", NAME, _policy(form), placed(*POLICY_KEYS) | _objective_lines(form, source, loc))
    if form.planned is not None:
        depth = (*loc, "planned")
        lines = {("spec", *inner[len(depth) :]): n for inner, n in source.lines.items() if inner[: len(depth)] == depth}
        yield document("Maintenance", PLANNED, _planned(form.planned, zone), lines)


def with_targets(targets: Mapping[str, Any] | None, objectives: Mapping[str, Any] | None) -> dict[str, Any]:
    """The objectives, those of the short list of targets among them."""
    made: dict[str, Any] = {}
    for name, target in (targets or {}).items():
        made[name] = {"targets" if isinstance(target, dict) else "target": target}
    for name, objective in (objectives or {}).items():
        made[name] = made.get(name, {}) | objective if isinstance(objective, dict) else objective
    return made


def shared(given: Any, name: str) -> list[Any] | None:
    """The warnings of one objective, of what is said of all of them or of each by its name."""
    own = given.get(name) if isinstance(given, Mapping) and "at" not in given else given
    return None if own is None else own if isinstance(own, list) else [own]


def _has_hours(form: UptimeForm) -> bool:
    return form.hours not in (None, *ALWAYS) or form.special is not None or form.holidays is not None


def _contract(form: UptimeForm, zone: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"zone": zone}
    if form.customer is not None:
        spec["customer"] = form.customer
    if form.effective is not None:
        spec["effective"] = _with_moments(form.effective, zone)
    return spec


def _calendar(form: UptimeForm, hours: Any, zone: str) -> dict[str, Any]:
    spec = {"zone": zone, "hours": hours}
    if form.special is not None:
        spec["special"] = form.special
    if form.holidays is not None:
        spec["holidays"] = {"dates": form.holidays} if isinstance(form.holidays, list) else form.holidays
    return spec


def _policy(form: UptimeForm) -> dict[str, Any]:
    spec = {key: getattr(form, key) for key in POLICY_KEYS if getattr(form, key) is not None}
    if _has_hours(form):
        spec["service_hours"] = HOURS
    return spec | {"agreement": CONTRACT, "objectives": _objectives(form)}


def _objectives(form: UptimeForm) -> dict[str, Any]:
    made = with_targets(form.targets, form.objectives)
    for name, objective in made.items():
        if not isinstance(objective, dict):
            continue
        if (warn := shared(form.warn, name)) is not None:
            objective.setdefault("warn", warn)
        if form.burn_rates is not None and objective.get("kind", name) == "availability":
            objective.setdefault("burn_rates", form.burn_rates)
    return made


def _objective_lines(form: UptimeForm, source: Document, loc: Loc) -> dict[Loc, int]:
    return {
        ("spec", "objectives", name): source.line((*loc, key, name))
        for key in ("targets", "objectives")
        for name in getattr(form, key) or {}
    }


def _planned(given: Any, zone: str) -> Any:
    if not isinstance(given, Mapping):
        return given
    spec = {"zone": zone, **_with_moments(given, zone)}
    spec |= _each(spec, "windows", lambda window: _with_moments(_edges(window), zone))
    return spec | _each(spec, "recurring", _with_joined_start)


def _each(spec: Mapping[str, Any], key: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    given = spec.get(key)
    return {key: [change(one) for one in given]} if isinstance(given, list) else {}


def _edges(window: Any) -> Any:
    """`[from, until]` is short for both."""
    return (
        dict(zip(("from", "until"), window, strict=True)) if isinstance(window, list) and len(window) == 2 else window
    )


def _with_joined_start(given: Any) -> Any:
    """The first occurrence is a wall time in policy files, with a T between date and time."""
    if isinstance(given, Mapping) and isinstance(given.get("starts"), str):
        return {**given, "starts": given["starts"].replace(" ", "T")}
    return given


def _with_moments(given: Any, zone: str) -> Any:
    """The mapping with its instants as policy files have them; what is none is left for them to complain of."""
    if not isinstance(given, Mapping):
        return given
    return {**given, **{key: _moment(given[key], zone) for key in MOMENTS if key in given}}


def _moment(text: Any, zone: str) -> Any:
    try:
        return instants.render(instant(text, zone)) if isinstance(text, str) else text
    except Unexpected:
        return text
