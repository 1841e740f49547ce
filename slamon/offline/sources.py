"""The source that a name means, read together with its mapping file as the worker does."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from slamon.policy_file.problems import meant
from slamon.policy_file.yaml_documents import MAX_BYTES, Document, read
from slamon.sources import SOURCES, Source, custom
from slamon.sources.custom_parts import MappingError

_NAMED = re.compile(r"([a-z_]+)(?:@([^=]+))?=(.+)", re.DOTALL)  # SOURCE@MAPPING=FILE
TAKERS = ", ".join(sorted(("custom", *(name for name, source in SOURCES.items() if source.configure))))


class BadSource(ValueError):
    """A source can not be used; the text says why, all of it."""


class Input(NamedTuple):
    """A file and what wrote it."""

    path: str
    source: Source


def input_of(text: str, source: str, mapping: Path | None) -> Input:
    """A file of that source, unless the text says `SOURCE=FILE` or `SOURCE@MAPPING=FILE` itself; raises BadSource."""
    own = _NAMED.fullmatch(text)
    if own is None:
        return Input(text, source_of(source, mapping))
    name, its_mapping, path = own.groups()
    if name in SOURCES or name == "custom":
        return Input(path, source_of(name, None if its_mapping is None else Path(its_mapping)))
    if not Path(text).exists() and (hint := meant(name, (*SOURCES, "custom"))):
        raise BadSource(f"{text}: expected a file, or SOURCE=FILE with a source that is known, got '{name}' ({hint})")
    return Input(text, source_of(source, mapping))


def source_of(name: str, mapping: Path | None) -> Source:
    """The source of that name, as its mapping file wants it if there is one; raises BadSource."""
    if name == "custom":
        if mapping is None:
            raise BadSource("mapping: expected a mapping file for source 'custom', got none")
        return _configured(custom.load, mapping)
    if name not in SOURCES:
        raise BadSource(f"source: expected one of {', '.join(sorted((*SOURCES, 'custom')))}, got '{name}'")
    if mapping is None:
        return SOURCES[name]
    configure = SOURCES[name].configure
    if configure is None:
        raise BadSource(f"mapping: expected nothing for source '{name}', got {mapping} ({TAKERS} take one)")
    return _configured(configure, mapping)


def _configured(configure: Callable[[Any], Source], path: Path) -> Source:
    document = _document(path)
    try:
        return configure(document.value)
    except MappingError as error:
        raise BadSource("\n".join(_placed(document, str(problem)) for problem in error.problems)) from None


def _document(path: Path) -> Document:
    """The file by the rules of policy files: `no` and `on` are text, as their writers mean them."""
    try:
        with path.open("rb") as file:
            documents, problems = read(str(path), file.read(MAX_BYTES + 1))
    except (OSError, ValueError) as error:
        got = getattr(error, "strerror", None) or error
        raise BadSource(f"{path}: expected a mapping file that can be read, got: {got}") from None
    if problems:
        raise BadSource("\n".join(map(str, problems)))
    if len(documents) != 1:
        raise BadSource(f"{path}: expected one mapping, got {len(documents)} documents")
    return documents[0]


def _placed(document: Document, problem: str) -> str:
    """The problem with the line of its path, as far as the path leads in the file."""
    path = problem.partition(": ")[0].split(".")
    return f"{document.file}:{document.line(tuple(path))}: {problem}"
