"""What is wrong with the settings: each problem with its place, the expectation, the value and a hint, all at once."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

# Pydantic's reason -> what was expected, with the values of its context filled in.
EXPECTED: Mapping[str, str] = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text",
    "list_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "path_type": "a path",
    "is_instance_of": "a path",
    "missing": "a value",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "too_short": "a text of at least {min_length} characters",  # of a secret
    "too_long": "at most {max_length} entries",
    "literal_error": "one of {expected}",
    "expected": "{expected}",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend; `where` is a file and line, the name of an environment variable, or the path alone."""

    where: str
    path: str
    expected: str
    got: str
    hint: str | None = None

    def __str__(self) -> str:
        place = f"{self.where}: {self.path}" if self.where else self.path
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: expected {self.expected}, got {self.got}{hint}"


class SettingsError(Exception):
    """The operator must mend the settings; the process ends with exit code 1."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([f"settings: {len(problems)} problem(s)", *(f"  {p}" for p in problems)]))


def dotted(path: Path) -> str:
    """The path as people write it: `inputs[0].topic`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def shown(value: Any) -> str:
    """A value in a message: short, on one line, absent as `nothing`."""
    if value is None:
        return "nothing"
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def nearest(word: str, known: Iterable[str]) -> str | None:
    """`did you mean ...?` when one of the known words is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else None


def from_validation(
    error: ValidationError, origins: Mapping[Path, str], known: Mapping[Path, Sequence[str]], secret: frozenset[str]
) -> list[Problem]:
    """Pydantic's findings in our words; `known` holds the keys allowed below each path, without list indexes."""
    found: list[Problem] = []
    for detail in error.errors(include_url=False):
        if detail["type"] == "together":
            found += _together(detail, origins)
        else:
            found.append(_problem(detail, origins, known, secret))
    return found


def _together(detail: ErrorDetails, origins: Mapping[Path, str]) -> list[Problem]:
    """Settings that are right alone and wrong together: one problem for each finding."""
    found: list[Problem] = []
    for below, expected, got, hint in detail["ctx"]["findings"]:
        steps = tuple(int(step) if step.isdigit() else step for step in re.findall(r"\w+", below))
        path = (*detail["loc"], *steps)
        found.append(Problem(origin(path, origins), dotted(path), expected, shown(got), hint))
    return found


def _problem(
    detail: ErrorDetails, origins: Mapping[Path, str], known: Mapping[Path, Sequence[str]], secret: frozenset[str]
) -> Problem:
    path, context = detail["loc"], detail.get("ctx", {})
    where = origin(path, origins)
    if detail["type"] == "extra_forbidden":
        keys = known.get(tuple(part for part in path[:-1] if isinstance(part, str)), ())
        hint = nearest(str(path[-1]), keys) or f"known here: {', '.join(sorted(keys))}"
        return Problem(where, dotted(path), "a known setting", f"'{path[-1]}'", hint)
    form = EXPECTED.get(detail["type"], detail["msg"])
    got = "nothing" if detail["type"] == "missing" else shown(context.get("got", detail["input"]))
    named = [part for part in path if isinstance(part, str)]  # entry 0 of `secrets` is one of them
    hidden = named and named[-1] in secret and got != "nothing"
    return Problem(where, dotted(path), form.format(**context), "***" if hidden else got, _hint(detail))


def _hint(detail: ErrorDetails) -> str | None:
    context = detail.get("ctx", {})
    if detail["type"] == "literal_error" and isinstance(detail["input"], str):
        return nearest(detail["input"], context["expected"].replace("'", "").replace(" or ", ", ").split(", "))
    return context.get("hint")


def origin(path: Path, origins: Mapping[Path, str]) -> str:
    """Where the value at the path, or the nearest thing around it, was written; empty if nowhere."""
    for end in range(len(path), 0, -1):
        if path[:end] in origins:
            return origins[path[:end]]
    return ""
