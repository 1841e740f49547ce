"""Plain documents -> forms, or every problem of their form in our own words (pydantic's never reach the reader)."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from slamon.policy_file.forms import API_VERSION
from slamon.policy_file.kinds import KINDS, LATER_KINDS, FormDocument
from slamon.policy_file.problems import Finding, Loc, Problem, listed, meant, shown
from slamon.policy_file.words import Word
from slamon.policy_file.yaml_documents import Document

_PLAIN = {
    "int_type": "a whole number",
    "greater_than_equal": "a number from {ge}",
    "less_than_equal": "a number up to {le}",
    "too_short": "at least one entry",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "a text",
}


def form_of(document: Document) -> tuple[FormDocument | None, list[Problem]]:
    """The form that the document fills, or the problems that keep it from doing so."""
    model, unfit = _model(document)
    if model is None:
        return None, unfit
    try:
        return model.model_validate(document.value), []
    except ValidationError as error:
        found = [f for e in error.errors(include_url=False) for f in _findings(model, e)]
        return None, [document.problem(_existing(document.value, f.loc), f.expected, f.got, f.hint) for f in found]


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
            return _wanted(model, loc), "nothing", ""
        case "extra_forbidden":
            known = _keys(_at(model, loc[:-1]))
            return f"one of {listed(known)}", f"the key '{loc[-1]}'", meant(loc[-1], known)
        case "literal_error":
            choices = _choices(_field_at(model, loc))
            return listed(choices), shown(value), meant(value, choices)
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


def _wanted(model: type[BaseModel], loc: Loc) -> str:
    field = _field_at(model, loc)
    word = next((m for m in field.metadata if isinstance(m, Word)), None) if field else None
    if word is not None:
        return word.expected
    choices = _choices(field)
    return listed([f"'{c}'" for c in choices]) if choices else "a mapping"


def _choices(field: FieldInfo | None) -> list[str]:
    arguments = [get_args(part) or (part,) for part in _parts(field.annotation)] if field else []
    return [word for part in arguments for word in part if isinstance(word, str)]


def _keys(annotation: Any) -> list[str]:
    fields = annotation.model_fields if _is_form(annotation) else {}
    return [field.alias or name for name, field in fields.items()]


def _field_at(model: type[BaseModel], loc: Loc) -> FieldInfo | None:
    parent = _at(model, loc[:-1])
    if not _is_form(parent):
        return None
    return next((field for name, field in parent.model_fields.items() if (field.alias or name) == loc[-1]), None)


def _at(annotation: Any, loc: Loc) -> Any:
    """The type that stands at the location below a type."""
    form = next((part for part in _parts(annotation) if _is_form(part)), None)
    if not loc:
        return form or annotation
    if form is not None:
        field = _field_at(form, loc[:1])
        return _at(field.annotation, loc[1:]) if field else None
    inner = next((get_args(part)[-1] for part in _parts(annotation) if get_origin(part) in (list, dict)), None)
    return _at(inner, loc[1:])


def _parts(annotation: Any) -> list[Any]:
    """The annotation without its metadata, and each member of a union by itself."""
    if hasattr(annotation, "__metadata__"):
        return _parts(annotation.__origin__)
    if get_origin(annotation) in (Union, UnionType):
        return [part for member in get_args(annotation) for part in _parts(member)]
    return [annotation]


def _is_form(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


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
