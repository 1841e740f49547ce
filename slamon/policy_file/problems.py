"""What is wrong with a policy file: where, what was expected, what stands there, and the way out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

Loc = tuple[str | int, ...]

_SHOWN = 60  # characters of a value: enough to recognise it, too few to drown the message


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `line` is 0 where the whole file is meant; `unreadable` where no content was seen at all."""

    file: str
    line: int
    path: str
    expected: str
    got: str
    hint: str = ""
    unreadable: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        hint = f" ({self.hint})" if self.hint else ""
        return ": ".join(filter(None, [place, self.path, f"expected {self.expected}, got {self.got}{hint}"]))


class PolicyFileError(Exception):
    """The operator's policy files can not be used; `problems` lists everything that is wrong with them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda p: (p.file, p.line, p.path, p.expected, p.got))
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def unreadable(self) -> bool:
        """Whether some file could not be read at all, which is not its writer's mistake."""
        return any(problem.unreadable for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem before its file is known: `loc` leads to it from where it was found."""

    loc: Loc
    expected: str
    got: str
    hint: str = ""

    def under(self, *parent: str | int) -> "Finding":
        """The same finding, seen from the parent."""
        return Finding((*parent, *self.loc), self.expected, self.got, self.hint)


def shown(value: Any) -> str:
    """A value as a message quotes it: text in quotes and cut, collections by what they are."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"'{value}'" if len(value) <= _SHOWN else f"'{value[:_SHOWN]}...'"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case _:
            return str(value)[:_SHOWN]


def meant(value: Any, known: Iterable[str]) -> str:
    """The hint that names the nearest known word; empty if none is near."""
    if not isinstance(value, str):
        return ""
    words = {word.casefold(): word for word in known}
    near = get_close_matches(value.casefold(), sorted(words), n=1, cutoff=0.6)
    return f"did you mean '{words[near[0]]}'?" if near else ""


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def path_text(loc: Loc) -> str:
    """A location as people write it: `spec.objectives.resolution.warn[2]`."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
