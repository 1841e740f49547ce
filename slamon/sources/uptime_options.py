"""What an installation may say of an uptime source in its mapping file: which service, which state, for how long."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from slamon.sla.canonical_service import RESERVED, check_ttl
from slamon.sla.durations import parse_duration
from slamon.sla.events import InvalidRecord, State
from slamon.sla.expectation import Unexpected
from slamon.sla.refusals import did_you_mean
from slamon.sla.texts import check_name
from slamon.sources.custom_parts import Compiler, MappingError
from slamon.sources.reading import Row, need, text

IGNORE = "ignore"  # a state that is of no interest
MAX_ROWS = 10_000
MAX_LABELS = 16


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of a mapping file as they were read; a source knows some of them. Names are kept casefolded."""

    services: Mapping[str, str | None] = field(
        default_factory=dict
    )  # the tool's name -> the service, None: passed over
    states: Mapping[str, State | None] = field(default_factory=dict)  # the tool's word -> the state, None: passed over
    ttl: int | None = None  # milliseconds
    service: tuple[str, ...] = ()  # labels: the first that is there names the service
    severity: str = "severity"  # the label that `states` translates
    otherwise: State | None = State.DOWN  # the state of a severity that stands in no row
    fields: tuple[str, ...] = ()  # labels that become fields of the service

    def named(self, where: str, name: Any, what: str, *others: Any) -> str | None:
        """The service of a thing by its name, or by another name of it that `services` lists; None: of no interest."""
        for known in (*others, name):
            if (key := text(known)) is not None and key.casefold() in self.services:
                return self.services[key.casefold()]
        return need(where, name, what)

    def labelled(self, where: str, labels: Row) -> str | None:
        """The service that a label names; None: of no interest."""
        found = next((labels[label] for label in self.service if text(labels.get(label)) is not None), None)
        return self.named(where, found, f"a label {' or '.join(self.service)}")

    def fields_of(self, labels: Row) -> dict[str, str | None]:
        """The fields that labels say."""
        return {label: text(labels[label]) for label in self.fields if label in labels}


def read(raw: Any, keys: Sequence[str], defaults: Options, words: Collection[str] = ()) -> Options:
    """The options that a mapping file says over the defaults; raises MappingError with every problem.

    `words` are those a `states` table can translate; none: any word.
    """
    compiler = Compiler()
    if not isinstance(raw, Mapping):
        compiler.wrong("mapping", "a mapping with some of " + ", ".join(keys), raw)
        raise MappingError(compiler.problems)
    compiler.known_keys("mapping", raw, keys)
    found: dict[str, Any] = {}
    for key in (key for key in keys if raw.get(key) is not None):
        if key == "services":
            found[key] = _services(compiler, raw[key])
        elif key == "states":
            found[key] = {**defaults.states, **_states(compiler, raw[key], words)}
        elif key == "ttl":
            found[key] = read_ttl(compiler, raw[key])
        elif key == "otherwise":
            found[key] = _state(compiler, key, raw[key])
        elif key == "severity":
            found[key] = _labels(compiler, key, raw[key], 1)[0]
        else:
            found[key] = _labels(compiler, key, raw[key], MAX_LABELS)
    if compiler.problems:
        raise MappingError(compiler.problems)
    return replace(defaults, **found)


def _services(compiler: Compiler, raw: Any) -> dict[str, str | None]:
    return {
        name: None if service is None else _name(compiler, f"services.{name}", service)
        for name, service in _rows(compiler, "services", raw, "the tool's names to services").items()
    }


def _states(compiler: Compiler, raw: Any, words: Collection[str]) -> dict[str, State | None]:
    rows = _rows(compiler, "states", raw, "the tool's words to states")
    if words:
        compiler.known_keys("states", rows, list(words))
    return {word: _state(compiler, f"states.{word}", state) for word, state in rows.items()}


def _rows(compiler: Compiler, path: str, raw: Any, what: str) -> dict[str, Any]:
    if not isinstance(raw, Mapping) or len(raw) > MAX_ROWS:
        compiler.wrong(path, f"a mapping of {what}, of at most {MAX_ROWS}", raw)
        return {}
    return {str(text(key)).casefold(): value for key, value in raw.items()}


def _state(compiler: Compiler, path: str, raw: Any) -> State | None:
    known = [*(state.value for state in State), IGNORE]
    if raw == IGNORE:
        return None
    if not isinstance(raw, str) or raw not in known:
        compiler.wrong(
            path, "one of " + ", ".join(known), raw, did_you_mean(raw, known) if isinstance(raw, str) else ""
        )
        return None
    return State(raw)


def read_ttl(compiler: Compiler, raw: Any) -> int | None:
    """The span in milliseconds, or None beside the problem."""
    try:
        return check_ttl(parse_duration(raw), raw)
    except Unexpected as error:
        compiler.wrong("ttl", error.expected, raw, error.hint)
    except InvalidRecord:
        compiler.wrong("ttl", "a span above 0 and of at most 366 days", raw)
    return None


def _labels(compiler: Compiler, path: str, raw: Any, most: int) -> tuple[str, ...]:
    labels = raw if isinstance(raw, list) else [raw]
    if not 0 < len(labels) <= most:
        compiler.wrong(path, "a label" if most == 1 else f"a list of 1 to {most} labels", raw)
        return ("",)
    if path == "fields" and RESERVED in labels:
        compiler.wrong(path, "other names", RESERVED, "conditions see the id of the service under this name")
    return tuple(_name(compiler, path, label) for label in labels)


def _name(compiler: Compiler, path: str, raw: Any) -> str:
    try:
        return check_name(path, raw)
    except InvalidRecord:
        compiler.wrong(path, "a text of 1 to 256 characters", raw)
        return ""
