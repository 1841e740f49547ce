"""What pydantic finds wrong with a scenario, in our own words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from slamon.policy_file.problems import Finding, Loc, listed, meant, shown
from slamon.policy_file.shape import at, choices, field_at, keys, wanted
from slamon.scenario.record_forms import OF_SERVICE, OF_TICKET, RecordForm, ServiceForm

_PLAIN = {
    "bool_type": "true or false", "dict_type": "a mapping", "int_type": "a whole number", "list_type": "a list",
    "mapping_type": "a mapping", "model_type": "a mapping or a list", "string_type": "a text", "too_short": "at least one",
    "too_long": "fewer entries", "greater_than_equal": "a number from 0",
}  # fmt: skip

# Which member of a union was tried, in pydantic's words: no place in the file.
_TRIED = re.compile(r"\[key\]|str|int|list\[.*|function-.*")
_FORMS: Mapping[Any, type[BaseModel]] = {OF_TICKET: RecordForm, OF_SERVICE: ServiceForm}


def findings(model: type[BaseModel], error: ValidationError) -> Iterator[Finding]:
    """Everything that is wrong, each once: a value of several forms is reported by the first."""
    seen: set[Loc] = set()
    for line in error.errors(include_url=False):
        steps = tuple(step for step in line["loc"] if not _TRIED.fullmatch(str(step)))
        loc = tuple(step for step in steps if step not in _FORMS)
        if line["type"] == "refused":
            yield from (finding.under(*loc) for finding in line["ctx"]["findings"])
        elif loc not in seen:
            yield Finding(loc, *_words(*_seen_from(model, steps), line))
        seen.add(loc)


def _seen_from(model: type[BaseModel], steps: Loc) -> tuple[type[BaseModel], Loc]:
    """The form that was tried last, and the location within it."""
    tried = [number for number, step in enumerate(steps) if step in _FORMS]
    return (_FORMS[steps[tried[-1]]], steps[tried[-1] + 1 :]) if tried else (model, steps)


def _words(model: type[BaseModel], loc: Loc, line: Any) -> tuple[str, str, str]:
    value = line["input"]
    match line["type"]:
        case "missing":
            return wanted(model, loc) if field_at(model, loc) else f"'{loc[-1]}'", "nothing", ""
        case "extra_forbidden":
            known = keys(at(model, loc[:-1]))
            return f"one of {listed(known)}" if known else "no such key", f"the key '{loc[-1]}'", meant(loc[-1], known)
        case "literal_error":
            words = choices(field_at(model, loc))
            return listed(words) if words else line["ctx"]["expected"], shown(value), meant(value, words)
        case "model_type" if not loc and model not in _FORMS.values():
            return "a scenario: title, timeline and what is expected", shown(value), ""
        case kind:
            return _PLAIN.get(kind, kind), shown(value), ""
