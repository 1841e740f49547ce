"""YAML bytes -> plain values with the line of each one. Knows YAML and its traps, nothing of policies.

Scalars follow the YAML 1.2 core schema: `no`, `on`, `09:00` and `2024-12-24` are text, as their writers mean them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from slamon.policy_file.problems import Loc, Problem, path_text

MAX_BYTES = 1024 * 1024
MAX_NODES = 100_000  # counted after aliases are followed, so that ten lines of anchors can not become a billion values
MAX_DEPTH = 32

_MERGE = "tag:yaml.org,2002:merge"
_STRING = "tag:yaml.org,2002:str"
_INTEGER = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_SCALARS: dict[str, tuple[str, str]] = {
    "tag:yaml.org,2002:null": (r"|~|null|Null|NULL", "~nN"),
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    _INTEGER: (r"[-+]?[0-9]{1,18}", "-+0123456789"),
    _FLOAT: (r"[-+]?[0-9]{1,18}\.[0-9]{1,18}", "-+0123456789"),
    _MERGE: (r"<<", "<"),
}
_PLAIN = {_STRING, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", *_SCALARS}

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Document:
    """One YAML document: its values, the line of everything in it by location, and whether anything is wrong with it."""

    file: str
    value: Any
    lines: dict[Loc, int] = field(default_factory=dict)
    broken: bool = False

    def problem(self, loc: Loc, expected: str, got: str, hint: str = "", line: int = 0) -> Problem:
        """A problem at the location, by default on the line of the nearest place that exists; marks the document broken."""
        self.broken = True
        return Problem(self.file, line or self.line(loc), path_text(loc), expected, got, hint)

    def line(self, loc: Loc) -> int:
        """The line of the location or of the nearest place above it; 0 where lines are not known."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 0)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, used to compose nodes only: nothing is ever constructed from a tag."""

    def compose_scalar_node(self, anchor: str | None) -> yaml.ScalarNode:
        """The scalar; half of a surrogate pair, which only an escape can write, could neither be stored nor be shown."""
        node: yaml.ScalarNode = super().compose_scalar_node(anchor)
        if _SURROGATE.search(node.value):
            raise yaml.composer.ComposerError(None, None, "half of a surrogate pair", node.start_mark)
        return node


_Loader.yaml_implicit_resolvers = {}

for _tag, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(
        _tag, re.compile(rf"(?:{_pattern})\Z"), [*_first, ""] if "null" in _tag else list(_first)
    )


def read(file: str, content: bytes) -> tuple[list[Document], list[Problem]]:
    """Every document of the file that is not empty, and what is wrong with it as YAML."""
    if len(content) > MAX_BYTES:
        return [], [
            Problem(file, 0, "", f"at most {MAX_BYTES} bytes", f"{len(content)} bytes", "split it into several files")
        ]
    try:
        roots = list(_roots(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [], [
            Problem(file, line, "", "UTF-8 text", f"byte 0x{content[error.start]:02x}", "save the file as UTF-8")
        ]
    except yaml.MarkedYAMLError as error:
        return [], [_syntax_problem(file, error)]
    except (yaml.YAMLError, RecursionError) as error:
        return [], [Problem(file, _line_of(content, error), "", "YAML", _sentence(error))]
    reading = _Reading(file)
    documents = [document for root in roots if (document := reading.document(root)) is not None]
    if not documents and not reading.problems:
        reading.problems.append(Problem(file, 0, "", "at least one document", "an empty file"))
    return documents, reading.problems


def _roots(text: str) -> Iterator[yaml.Node]:
    loader = _Loader(text)
    try:
        while loader.check_node():
            if (node := loader.get_node()) is not None:
                yield node
    finally:
        loader.dispose()


def _syntax_problem(file: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    hint = "indent with spaces, never with tabs" if "\\t" in str(error.problem) else ""
    return Problem(file, mark.line + 1 if mark else 0, "", "YAML", f"a mistake: {error.problem or error.context}", hint)


def _line_of(content: bytes, error: Exception) -> int:
    position = getattr(error, "position", None)
    return content.decode("utf-8-sig")[:position].count("\n") + 1 if isinstance(position, int) else 0


def _sentence(error: Exception) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return f"the character 0x{error.character:02x}" if isinstance(error.character, int) else str(error.reason)
    return "values nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]


class _TooMuch(Exception):
    """The file holds more values than any policy needs."""


class _Reading:
    """Turns the nodes of one file into documents; counts what they grow to."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.nodes = 0
        self.open: set[int] = set()

    def document(self, root: yaml.Node) -> Document | None:
        """The document of this root; None if it is empty or too large."""
        document = Document(self.file, None, {(): root.start_mark.line + 1})
        try:
            document.value = self.value(root, (), document)
        except _TooMuch as error:
            self.problems.append(
                Problem(
                    self.file, root.start_mark.line + 1, "", str(error), "more", "aliases count each time they are used"
                )
            )
            return None
        return document if document.value is not None else None

    def value(self, node: yaml.Node, loc: Loc, document: Document) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _TooMuch(f"at most {MAX_NODES} values in a file")
        if len(loc) > MAX_DEPTH or id(node) in self.open:
            raise _TooMuch(f"values nested at most {MAX_DEPTH} deep, and no alias inside its own anchor")
        if node.tag not in _PLAIN:
            self.problems.append(document.problem(loc, "plain values", f"the tag '{node.tag}'", "remove the tag"))
            return None
        self.open.add(id(node))
        value = self._content(node, loc, document)
        self.open.discard(id(node))
        return value

    def _content(self, node: yaml.Node, loc: Loc, document: Document) -> Any:
        match node:
            case yaml.MappingNode():
                return self._mapping(node, loc, document)
            case yaml.SequenceNode():
                return [self._item(item, (*loc, n), document) for n, item in enumerate(node.value)]
            case _:
                return _scalar(node)

    def _item(self, node: yaml.Node, loc: Loc, document: Document) -> Any:
        document.lines[loc] = node.start_mark.line + 1
        return self.value(node, loc, document)

    def _mapping(self, node: yaml.MappingNode, loc: Loc, document: Document) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                merged |= self._merged(value, loc, document)
            elif name := self._key(key, loc, document, found):
                document.lines[(*loc, name)] = key.start_mark.line + 1
                found[name] = self.value(value, (*loc, name), document)
        return merged | found

    def _key(self, key: yaml.Node, loc: Loc, document: Document, found: dict[str, Any]) -> str | None:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.tag not in _PLAIN or not key.value:
            self.problems.append(document.problem(loc, "plain text as a key", "something else", line=line))
        elif key.value in found:
            hint = f"the first is on line {document.line((*loc, key.value))}"
            self.problems.append(document.problem((*loc, key.value), "each key once", "it twice", hint, line))
        else:
            return str(key.value)
        return None

    def _merged(self, node: yaml.Node, loc: Loc, document: Document) -> dict[str, Any]:
        """The mapping (or mappings, the first wins) behind `<<`; its keys keep the lines of the anchor."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(part, yaml.MappingNode) for part in parts):
            line = node.start_mark.line + 1
            self.problems.append(document.problem(loc, "a mapping behind <<", "something else", line=line))
            return {}
        merged: dict[str, Any] = {}
        for part in reversed(parts):
            merged |= self.value(part, loc, document) or {}
        return merged


def _scalar(node: yaml.Node) -> Any:
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return node.value.lower() == "true"
        case "int":
            return int(node.value)
        case "float":
            return float(node.value)
        case _:
            return node.value
