"""Plain documents -> forms, or every problem of their form in our own words (pydantic's never reach the reader)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from slamon.policy_file.forms import API_VERSION, ObjectiveForm
from slamon.policy_file.kinds import KINDS, LATER_KINDS, FormDocument
from slamon.policy_file.problems import Finding, Loc, Problem, listed, meant, shown
from slamon.policy_file.shape import at, choices, field_at, keys, wanted
from slamon.policy_file.uptime_forms import UptimeObjectiveForm
from slamon.policy_file.yaml_documents import Document

_ROUNDS = 4  # a mapping that has lost its last key is a fault of its own, and so on up
_PLAIN = {
    "int_type": "a whole number",
    "greater_than_equal": "a number from {ge}",
    "less_than_equal": "a number up to {le}",
    "too_short": "at least one entry",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "a text",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """What a document makes of its form: the whole form, or what is left of it without its `faults`."""

    form: FormDocument | None
    problems: list[Problem] = field(default_factory=list)
    rest: FormDocument | None = None
    faults: frozenset[Loc] = frozenset()


def form_of(document: Document) -> Filled:
    """The form that the document fills, or the problems that keep it from doing so."""
    model, unfit = _model(document)
    if model is None:
        return Filled(None, unfit)
    try:
        return Filled(model.model_validate(document.value))
    except ValidationError as error:
        found = [replace(f, loc=_existing(document.value, f.loc)) for f in _all_findings(model, error)]
        rest, faults = _rest(model, document.value, error)
        return Filled(None, [document.problem(f.loc, f.expected, f.got, f.hint) for f in found], rest, faults)


def _rest(model: type[FormDocument], value: Any, error: ValidationError) -> tuple[FormDocument | None, frozenset[Loc]]:
    """The form without what is wrong in it, so that one fault does not hide the others; None if nothing is left."""
    faults: frozenset[Loc] = frozenset()
    for _ in range(_ROUNDS):
        faults |= {_prunable(value, f.loc) for f in _all_findings(model, error)}
        faults |= {_prunable(value, line["loc"][:-1]) for line in error.errors() if line["type"] == "missing"}
        try:
            return model.model_validate(_stood_in(_without(value, faults))), faults
        except ValidationError as another:
            error = another
    return None, faults


def _prunable(value: Any, loc: Loc) -> Loc:
    """The location, or the list it lies in: without one item, the places of the others would be wrong."""
    in_list = next((place for place, step in enumerate(loc) if isinstance(step, int)), len(loc))
    return _existing(value, loc[:in_list])


def _without(value: Any, faults: frozenset[Loc]) -> Any:
    if not isinstance(value, dict):
        return value
    inner = ((key, _inner(faults, key), item) for key, item in value.items())
    return {key: _without(item, below) for key, below, item in inner if () not in below}


def _stood_in(value: dict[str, Any]) -> dict[str, Any]:
    """The document with something in the place of what every one of its kind must have."""
    spec = value.get("spec")
    zone = {"zone": "UTC"} if value.get("kind") == "Calendar" else {}
    return {
        "apiVersion": API_VERSION,
        **value,
        "metadata": {"name": "unnamed", **(value.get("metadata") or {})},
        **({"spec": zone | spec} if isinstance(spec, dict) else {}),
    }


def _inner(faults: frozenset[Loc], step: str | int) -> frozenset[Loc]:
    return frozenset(loc[1:] for loc in faults if loc[:1] == (step,))


def _all_findings(model: type[BaseModel], error: ValidationError) -> Iterator[Finding]:
    for line in error.errors(include_url=False):
        yield from _findings(model, line)


def _model(document: Document) -> tuple[type[FormDocument] | None, list[Problem]]:
    value = document.value
    if not isinstance(value, dict):
        return None, [document.problem((), "a document with apiVersion, kind, metadata and spec", shown(value))]
    kind = value.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is not None:
        return model, []
    problems = [document.problem(("kind",), f"one of {listed(list(KINDS))}", shown(kind), _kind_hint(kind))]
    if value.get("apiVersion") != API_VERSION:
        problems.append(document.problem(("apiVersion",), f"'{API_VERSION}'", shown(value.get("apiVersion"))))
    return None, problems


def _kind_hint(kind: Any) -> str:
    return f"kind {kind} is not supported by this version yet" if kind in LATER_KINDS else meant(kind, KINDS)


def _findings(model: type[BaseModel], error: Any) -> Iterator[Finding]:
    loc = tuple(step for step in error["loc"] if step != "[key]")
    if error["type"] == "refused":
        yield from (f.under(*loc) for f in error["ctx"]["findings"])
    else:
        expected, got, hint = _words(model, loc, error)
        yield Finding(loc, expected, got, hint)


def _words(model: type[BaseModel], loc: Loc, error: Any) -> tuple[str, str, str]:
    """What was expected, what came, and the hint."""
    value = error["input"]
    match error["type"]:
        case "missing":
            return wanted(model, loc), "nothing", ""
        case "extra_forbidden":
            known = keys(at(model, loc[:-1]))
            return f"one of {listed(known)}", f"the key '{loc[-1]}'", meant(loc[-1], known)
        case "literal_error":
            words = choices(field_at(model, loc))
            return listed(words), shown(value), meant(value, words)
        case "list_type":
            return "a list", shown(value), f"write [{value}]" if isinstance(value, str) else ""
        case "model_type" if at(model, loc) in (ObjectiveForm, UptimeObjectiveForm) and isinstance(value, str | int):
            return "a mapping", shown(value), f"write {{target: {value}}}"
        case "bool_type":
            return "true or false", shown(value), _bool_hint(value)
        case "too_long":
            return f"at most {error['ctx']['max_length']} entries", str(error["ctx"]["actual_length"] or "more"), ""
        case kind:
            return _PLAIN.get(kind, kind).format(**error.get("ctx", {})), shown(value), ""


def _bool_hint(value: Any) -> str:
    meanings = {"yes": "true", "on": "true", "no": "false", "off": "false"}
    meaning = meanings.get(value.lower()) if isinstance(value, str) else None
    return f"did you mean {meaning}?" if meaning else ""


def _existing(value: Any, loc: Loc) -> Loc:
    """The location without steps into what is no mapping or list: a short form has no keys of its own."""
    for depth, step in enumerate(loc):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return loc[:depth]
    return loc
