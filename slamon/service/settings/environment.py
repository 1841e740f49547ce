"""Settings from variables SLAMON_*: nested with `__`, text as it stands, numbers, truth values and lists as YAML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from slamon.service.settings.problems import Path, Problem, nearest
from slamon.service.settings.quantities import Quantity
from slamon.service.settings.schema import FIELDS, is_list, is_section, section_of

PREFIX = "SLAMON_"
# Not settings of a worker: the file itself, and what the test suite reads.
NOT_SETTINGS = re.compile(r"CONFIG|EXAMPLES|VECTORS|TEST_.*")
# Kubernetes puts these into every container beside a Service whose name begins with slamon.
SERVICE_LINK = re.compile(r"(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_.+)?)?)")
LIST_LIMIT = 64 * 1024


def variable(path: tuple[str, ...]) -> str:
    """The name of the variable that sets this path."""
    return PREFIX + "__".join(path).upper()


def _settable() -> dict[str, tuple[str, ...]]:
    inside_lists = {path for path, field in FIELDS.items() if is_list(field)}
    paths = (path for path, field in FIELDS.items() if not is_section(field))
    return {variable(path): path for path in paths if not any(path[:n] in inside_lists for n in range(1, len(path)))}


VARIABLES: Mapping[str, tuple[str, ...]] = _settable()


@dataclass(frozen=True, slots=True)
class Read:
    """Values nested as in the file, where each was set, and the variables nobody knows."""

    values: dict[str, Any]
    origins: dict[Path, str]
    problems: list[Problem]


def read(environ: Mapping[str, str]) -> Read:
    """All variables of ours; an empty one counts as not set, as everywhere in containers."""
    found = Read({}, {}, [])
    for name in sorted(name for name in environ if name.startswith(PREFIX) and environ[name] != ""):
        if name in VARIABLES:
            _put(found, VARIABLES[name], name, environ[name])
        elif not _foreign(name.removeprefix(PREFIX)):
            found.problems.append(
                Problem("environment", name, "a known variable", "an unknown one", nearest(name, VARIABLES))
            )
    return found


def _foreign(rest: str) -> bool:
    return bool(NOT_SETTINGS.fullmatch(rest) or SERVICE_LINK.fullmatch(rest))


def _put(found: Read, path: tuple[str, ...], name: str, text: str) -> None:
    place = found.values
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = _value(path, text)
    found.origins[path] = name


def _value(path: tuple[str, ...], text: str) -> Any:
    """The text as the setting's type wants it; what cannot be read stays text and is refused with the rest."""
    field = FIELDS[path]
    if is_list(field) and section_of(field) is None and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",")]
    plain = field.annotation in (int, bool) and not any(isinstance(m, Quantity) for m in field.metadata)
    return _yaml(text) if plain or is_list(field) else text


def _yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text) if len(text) <= LIST_LIMIT else text
    except yaml.YAMLError:
        return text
