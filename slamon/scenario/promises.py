"""The promises of a scenario -> a policy set, through the same door as policy files, with the scenario's own lines."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slamon.policy_file import Loaded, PolicyFileError, from_text, load, rules
from slamon.policy_file import text as texts
from slamon.policy_file.entries import Entries
from slamon.policy_file.forms import API_VERSION
from slamon.policy_file.problems import Loc
from slamon.policy_file.yaml_documents import Document
from slamon.scenario.forms import PromisesForm
from slamon.scenario.uptime_promises import ALWAYS, WHOLE_WEEK, documents, shared, with_targets

SMALL = ("hours", "special", "holidays", "targets", "objectives", "pause", "warn", "statuses", "when", "on_change",
         "on_reopen", "on_resolve")  # fmt: skip
POLICY_KEYS = ("pause", "statuses", "when")
OBJECTIVE_KEYS = ("on_change", "on_reopen", "on_resolve")
WORKDAYS = {"mon-fri": ["09:00-17:00"]}


def promises(form: PromisesForm, source: Document, loc: Loc, zone: str, now_ms: int) -> Loaded:
    """The policy set that the form says at `loc` of its file; raises PolicyFileError with every problem."""
    ways = ("policies", "documents", "targets", "objectives", "uptime")
    given = [key for key in ways if getattr(form, key) is not None]
    small = [key for key in (*SMALL, "uptime") if getattr(form, key) is not None]
    if not given:
        expected = "targets, objectives, uptime, documents or policies"
        raise PolicyFileError([source.problem(loc, expected, "none", "like targets: {resolution: 4h}")])
    if form.policies is not None and form.documents is None and not small:
        return load(_paths(form.policies, source.file), now_ms)
    if form.documents is not None and form.policies is None and not small:
        return _whole([_document(source, (*loc, "documents", n), v) for n, v in enumerate(form.documents)], now_ms)
    if form.policies is None and form.documents is None:
        return _whole(list(_small(form, source, loc, zone)), now_ms)
    got = " and ".join(dict.fromkeys((*given, *small)))
    raise PolicyFileError([source.problem((*loc, given[0]), "one way of saying what is promised", got)])


def _small(form: PromisesForm, source: Document, loc: Loc, zone: str) -> Iterator[Document]:
    of_tickets = [key for key in SMALL if getattr(form, key) is not None]
    if form.targets is not None or form.objectives is not None:
        yield _calendar(form, source, loc, zone)
        yield _policy(form, source, loc)
    elif of_tickets:
        expected, hint = "targets or objectives of tickets beside it", "what holds for services stands in `uptime`"
        raise PolicyFileError([source.problem((*loc, of_tickets[0]), expected, "none", hint)])
    if form.uptime is not None:
        yield from documents(form.uptime, source, (*loc, "uptime"), zone)


def _paths(named: str | list[str], file: str) -> list[Path]:
    return [Path(file).parent / name for name in ([named] if isinstance(named, str) else named)]


def _whole(documents: list[Document], now_ms: int) -> Loaded:
    entries = Entries(documents)
    if problems := rules.problems(entries, now_ms):
        raise PolicyFileError(problems)
    return from_text(texts.canonical(entries.whole(), now_ms))


def _document(source: Document, loc: Loc, value: Any) -> Document:
    depth = len(loc)
    lines = {inner[depth:]: line for inner, line in source.lines.items() if inner[:depth] == loc}
    return Document(source.file, value, {(): source.line(loc), **lines})


def _calendar(form: PromisesForm, source: Document, loc: Loc, zone: str) -> Document:
    hours = WHOLE_WEEK if form.hours in ALWAYS else WORKDAYS if form.hours is None else form.hours
    spec: dict[str, Any] = {"zone": zone, "hours": hours}
    if form.special is not None:
        spec["special"] = form.special
    if form.holidays is not None:
        spec["holidays"] = {"dates": form.holidays} if isinstance(form.holidays, list) else form.holidays
    lines = dict(_lines(source, loc, ("hours", "special", "holidays")))
    return Document(source.file, _made("Calendar", "hours", spec), {(): source.line(loc), **lines})


def _policy(form: PromisesForm, source: Document, loc: Loc) -> Document:
    spec: dict[str, Any] = {key: getattr(form, key) for key in POLICY_KEYS if getattr(form, key) is not None}
    spec |= {"calendar": "hours", "objectives": _objectives(form)}
    lines = dict(_lines(source, loc, POLICY_KEYS))
    for key in ("targets", "objectives"):
        names = getattr(form, key) or {}
        lines |= {("spec", "objectives", name): source.line((*loc, key, name)) for name in names}
    return Document(source.file, _made("TicketSLA", "policy", spec), {(): source.line(loc), **lines})


def _objectives(form: PromisesForm) -> dict[str, Any]:
    made = with_targets(form.targets, form.objectives)
    for name, objective in made.items():
        if isinstance(objective, dict):
            for key, value in _shared(form, name):
                objective.setdefault(key, value)
    return made


def _shared(form: PromisesForm, name: str) -> Iterator[tuple[str, Any]]:
    """What the scenario says of all its objectives."""
    if (warn := shared(form.warn, name)) is not None:
        yield "warn", warn
    for key in OBJECTIVE_KEYS:
        value = getattr(form, key)
        if isinstance(value, Mapping):
            value = value.get(name)
        if value is not None:
            yield key, value


def _lines(source: Document, loc: Loc, keys: tuple[str, ...]) -> Iterator[tuple[Loc, int]]:
    for key in keys:
        yield ("spec", key), source.line((*loc, key))


def _made(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
