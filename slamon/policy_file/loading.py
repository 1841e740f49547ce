"""Policy files or a canonical text -> a policy set, or every problem at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from slamon.policy_file import rules, words
from slamon.policy_file import text as texts
from slamon.policy_file.build import policy_set
from slamon.policy_file.entries import Entries
from slamon.policy_file.kinds import TicketSLADocument, UptimeSLADocument
from slamon.policy_file.problems import PolicyFileError, Problem, shown
from slamon.policy_file.yaml_documents import MAX_BYTES, Document, read
from slamon.sla.policy import PolicySet

Place = tuple[str, str]
MAX_FILES = 1000
MAX_DOCUMENTS = 2000


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy set with its canonical text, and what its files say of its activation (`valid_from` in epoch ms)."""

    policies: PolicySet
    text: bytes
    valid_from: int | None = None
    to_open: bool = False
    tzdata: str = ""
    places: Mapping[Place, tuple[str, int]] = field(default_factory=dict, compare=False, repr=False)
    """File and line of policies (`name, ""`) and objectives (`name, objective`); none in a set that came as text."""


def load(paths: Sequence[Path], now_ms: int) -> Loaded:
    """The policies of files, or of the `*.yaml` and `*.yml` in directories; raises `PolicyFileError` with all problems."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for path, problem in _files(paths):
        found, wrong = ([], [problem]) if problem else _read(path)
        documents += found
        problems += wrong
    entries = Entries(documents)
    problems += rules.problems(entries, now_ms)
    problems += _size(documents, problems)
    if problems:
        raise PolicyFileError(problems)
    canonical = texts.canonical(entries.whole(), now_ms)
    if len(canonical) > texts.MAX_TEXT_BYTES:
        size = f"{len(canonical)} bytes"
        raise PolicyFileError(
            [Problem(str(paths[0]), 0, "", f"at most {texts.MAX_TEXT_BYTES} bytes of policies", size)]
        )
    return replace(from_text(canonical), places=dict(_places(entries)))


def from_text(text: bytes) -> Loaded:
    """The policies of a canonical text, the same on every machine; raises `PolicyFileError`."""
    try:
        documents, held = texts.documents_of(text)
        valid_from = None if held.get("valid_from") is None else words.instant(str(held["valid_from"]))
    except (ValueError, RecursionError) as error:
        raise PolicyFileError([Problem("policy text", 0, "", "a canonical policy text", shown(str(error)))]) from None
    entries = Entries(documents)
    if problems := rules.problems(entries, None):
        raise PolicyFileError(problems)
    return Loaded(
        policy_set(texts.version_of(text), entries.whole()),
        text,
        valid_from,
        held.get("apply_to") == "open",
        str(held.get("tzdata", "")),
    )


def _places(entries: Entries) -> Iterator[tuple[Place, tuple[str, int]]]:
    for entry, form in (*entries.forms(TicketSLADocument), *entries.forms(UptimeSLADocument)):
        document = entry.document
        yield (entry.name, ""), (document.file, document.line(("metadata", "name")))
        for name in form.spec.objectives:
            yield (entry.name, name), (document.file, document.line(("spec", "objectives", name)))


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, Problem | None]]:
    """Each file once, directories by name; what is neither comes with its problem."""
    seen: set[Path] = set()
    for path in paths:
        for file, problem in _policy_files(path):
            if file.absolute() not in seen:
                seen.add(file.absolute())
                yield (
                    file,
                    problem if len(seen) <= MAX_FILES else _unreadable(file, f"at most {MAX_FILES} files", "more"),
                )


def _policy_files(path: Path) -> Iterator[tuple[Path, Problem | None]]:
    if not path.is_dir():
        yield path, None
        return
    try:
        # Not recursive, nothing hidden: a mounted ConfigMap keeps its older versions in hidden folders beside the files.
        inside = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and not p.name.startswith("."))
    except OSError as error:
        yield path, _unreadable(path, "a directory that can be read", error.strerror or str(error))
        return
    if not inside:
        yield path, _unreadable(path, "a directory with *.yaml files", "none in it")
    yield from ((file, None) for file in inside)


def _read(path: Path) -> tuple[list[Document], list[Problem]]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return [], [_unreadable(path, "a policy file or a directory of them", "nothing there")]
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        return [], [_unreadable(path, "a file that can be read", getattr(error, "strerror", None) or str(error))]
    return read(str(path), content)


def _unreadable(path: Path, expected: str, got: str) -> Problem:
    return Problem(str(path), 0, "", expected, got, unreadable=True)


def _size(documents: Sequence[Document], problems: Sequence[Problem]) -> Iterator[Problem]:
    if not documents and not problems:
        yield Problem("policies", 0, "", "at least one policy file", "none", unreadable=True)
    if len(documents) > MAX_DOCUMENTS:
        yield Problem(documents[0].file, 0, "", f"at most {MAX_DOCUMENTS} documents in a set", str(len(documents)))
