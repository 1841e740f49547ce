"""The settings file: safe YAML of bounded size, with the line of every value."""

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml

from slamon.service.settings.problems import Path, Problem

MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Read:
    """Values as parsed, `file:line` of each path, and what could not be read."""

    values: dict[str, Any]
    origins: dict[Path, str]
    problems: list[Problem]


def read(path: FilePath) -> Read:
    """What the file says; a problem instead of an exception."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        return _failed(path, "a readable settings file", str(error.strerror), "see --config and SLAMON_CONFIG")
    if len(text) > MAX_BYTES:
        return _failed(path, "at most 1MiB of settings", "more", None)
    return _parsed(path, text)


def _failed(path: FilePath, expected: str, got: str, hint: str | None) -> Read:
    return Read({}, {}, [Problem(str(path), "file", expected, got, hint)])


def _parsed(path: FilePath, text: bytes) -> Read:
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        values = loader.construct_document(node) if node else {}
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        return _failed(path, "YAML", " ".join(str(error).split())[:300], None)
    finally:
        loader.dispose()
    if not isinstance(values, dict):
        return _failed(path, "a mapping of settings", type(values).__name__, None)
    found = Read(values, {}, [])
    if node is not None:
        _note(found, path, node, (), set())
    return found


def _note(found: Read, file: FilePath, node: yaml.Node, path: Path, above: set[int]) -> None:
    """Where every value stands; a key given twice is a problem, since YAML would keep the last one silently."""
    where = f"{file}:{node.start_mark.line + 1}"
    if path:
        found.origins[path] = where
    if id(node) in above or len(found.origins) > 100_000:
        return
    for step, child in _children(node, found.problems, file):
        _note(found, file, child, (*path, step), above | {id(node)})


def _children(node: yaml.Node, problems: list[Problem], file: FilePath) -> list[tuple[str | int, yaml.Node]]:
    if isinstance(node, yaml.SequenceNode):
        return list(enumerate(node.value))
    if not isinstance(node, yaml.MappingNode):
        return []
    children: dict[str | int, yaml.Node] = {}
    for key, value in node.value:
        if key.value in children:
            problems.append(
                Problem(f"{file}:{key.start_mark.line + 1}", str(key.value), "each key once", "it twice", None)
            )
        children[key.value if isinstance(key.value, str) else str(key.value)] = value
    return list(children.items())
