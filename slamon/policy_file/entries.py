"""All documents of one set: by kind and name, with or without problems. Says who is meant when a document names another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from slamon.policy_file.calendars import ALWAYS_NAMES
from slamon.policy_file.kinds import POLICY_KINDS, FormDocument
from slamon.policy_file.problems import Loc, Problem, meant, shown
from slamon.policy_file.validate import Filled, form_of
from slamon.policy_file.yaml_documents import Document

Kind = TypeVar("Kind", bound=FormDocument)

# Where a document names another: `*` is every key or item.
_REFERENCES: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "Agreement": ((("spec", "calendar"), ("Calendar",)),),
    "TicketSLA": (
        (("spec", "agreement"), ("Agreement",)),
        (("spec", "calendar"), ("Calendar",)),
        (("spec", "supports"), ("TicketSLA",)),
        (("spec", "objectives", "*", "calendar"), ("Calendar",)),
    ),
    "UptimeSLA": (
        (("spec", "agreement"), ("Agreement",)),
        (("spec", "service_hours"), ("Calendar",)),
        (("spec", "supports"), ("UptimeSLA",)),
    ),
    "Maintenance": ((("spec", "policies"), ("UptimeSLA",)), (("spec", "policies", "*"), ("UptimeSLA",))),
    "Override": ((("spec", "policies"), POLICY_KINDS), (("spec", "policies", "*"), POLICY_KINDS)),
}
_CALLED = {
    "Agreement": "agreement",
    "Calendar": "calendar",
    "TicketSLA": "policy",
    "UptimeSLA": "policy for services",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One document and what it makes of its form."""

    document: Document
    filled: Filled

    @property
    def form(self) -> FormDocument | None:
        """The whole form, None if anything is wrong with it."""
        return self.filled.form

    @property
    def kind(self) -> str:
        """The kind as it is written."""
        return _text(self.document.value, "kind")

    @property
    def name(self) -> str:
        """The name as it is written, empty if there is none."""
        return _text(self.raw("metadata"), "name")

    def raw(self, *keys: str) -> Any:
        """What is written at the keys, right or wrong."""
        value = self.document.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value


class Entries(Sequence[Entry]):
    """The documents of a set in the order of their files."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._entries = [Entry(document, form_of(document)) for document in documents]
        self.problems = [problem for entry in self._entries for problem in entry.filled.problems]
        self.problems += [*self._twice(), *self._dangling(), *self._reserved()]

    def __getitem__(self, index: Any) -> Any:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def forms(self, kind: type[Kind]) -> Iterator[tuple[Entry, Kind]]:
        """The documents of a kind, as far as they can be read."""
        for entry in self._entries:
            form = entry.filled.form or entry.filled.rest
            if isinstance(form, kind):
                yield entry, form

    def whole(self) -> list[FormDocument]:
        """The forms of all documents that have nothing wrong with theirs."""
        return [entry.form for entry in self._entries if entry.form is not None]

    def names(self, kind: str) -> set[str]:
        """Every name of the kind, also of documents with problems: one fault is not reported twice."""
        built_in = set(ALWAYS_NAMES) if kind == "Calendar" else set()
        return {entry.name for entry in self._entries if entry.kind == kind and entry.name} | built_in

    def _twice(self) -> Iterator[Problem]:
        first: dict[tuple[str, str], Document] = {}
        for entry in self._entries:
            # Facts and overrides name a policy without its kind, so those for tickets and for services share their names.
            kind = "policy" if entry.kind in POLICY_KINDS else entry.kind
            before = first.setdefault((kind, entry.name), entry.document)
            if before is not entry.document and entry.name:
                place = f"{before.file}:{before.line(('metadata', 'name'))}"
                called = f"{entry.kind} '{entry.name}' again"
                yield entry.document.problem(("metadata", "name"), "each name once", called, f"the first is at {place}")

    def _dangling(self) -> Iterator[Problem]:
        names = {kind: self.names(kind) for kind in _CALLED}
        nameless = {entry.kind for entry in self._entries if not entry.name}  # it may be the one that is meant
        for entry in self._entries:
            for path, kinds in _REFERENCES.get(entry.kind, ()):
                known = set[str]().union(*(names[kind] for kind in kinds))
                for loc, name in _at(entry.document.value, path):
                    if name not in known and not nameless.intersection(kinds):
                        hint = _other_kind(name, names) or _known(name, known)
                        yield entry.document.problem(loc, f"the name of a known {_CALLED[kinds[0]]}", shown(name), hint)

    def _reserved(self) -> Iterator[Problem]:
        for entry in self._entries:
            if entry.kind == "Calendar" and entry.name in ALWAYS_NAMES:
                expected = "a name of its own"
                yield entry.document.problem(
                    ("metadata", "name"), expected, shown(entry.name), f"'{entry.name}' is built in"
                )


def _other_kind(name: str, names: Mapping[str, set[str]]) -> str:
    """The hint for a name that a policy of the other kind has."""
    return next((f"'{name}' is of kind {kind}" for kind in POLICY_KINDS if name in names[kind]), "")


def _known(name: str, known: set[str]) -> str:
    return meant(name, known) or (f"known: {', '.join(sorted(known)[:10])}" if known else "there is none")


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _at(value: Any, path: tuple[str, ...], loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Every text at the path, with its location; what has another form is a problem of the form."""
    if not path:
        if isinstance(value, str):
            yield loc, value
    elif path[0] != "*":
        if isinstance(value, dict):
            yield from _at(value.get(path[0]), path[1:], (*loc, path[0]))
    elif isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in steps:
            yield from _at(inner, path[1:], (*loc, step))
