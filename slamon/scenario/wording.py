"""What pydantic finds wrong with a scenario, in our own words."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from slamon.policy_file.problems import Finding, Loc, listed, meant, shown
from slamon.policy_file.shape import at, choices, field_at, keys, wanted

_PLAIN = {
    "bool_type": "true or false", "dict_type": "a mapping", "int_type": "a whole number", "list_type": "a list",
    "mapping_type": "a mapping", "model_type": "a mapping or a list", "string_type": "a text", "too_short": "at least one",
    "too_long": "fewer entries", "greater_than_equal": "a number from 0",
}  # fmt: skip

# Which member of a union was tried, in pydantic's words: no place in the file.
_TRIED = re.compile(r"\[key\]|str|int|list\[.*|function-.*")


def findings(model: type[BaseModel], error: ValidationError) -> Iterator[Finding]:
    """Everything that is wrong, each once: a value of several forms is reported by the first."""
    seen: set[Loc] = set()
    for line in error.errors(include_url=False):
        loc = tuple(step for step in line["loc"] if not _TRIED.fullmatch(str(step)))
        if line["type"] == "refused":
            yield from (finding.under(*loc) for finding in line["ctx"]["findings"])
        elif loc not in seen:
            yield Finding(loc, *_words(model, loc, line))
        seen.add(loc)


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
        case "model_type" if not loc:
            return "a scenario: title, timeline and what is expected", shown(value), ""
        case kind:
            return _PLAIN.get(kind, kind), shown(value), ""
