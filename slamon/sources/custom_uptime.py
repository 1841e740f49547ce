"""A source of services that its operator describes, as `custom` does for tickets: where service, instant and state stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slamon.sla import canonical_service
from slamon.sla.canonical_service import RESERVED
from slamon.sla.events import Announced, ServiceEvent, State
from slamon.sla.refusals import UNKNOWN_VALUE, did_you_mean, missing, refusal
from slamon.sources.custom_parts import Compiler, Expression, MappingError, Moment, Table
from slamon.sources.custom_words import Always, Said, field_tables, name_of, parts_of, said, true, words_of
from slamon.sources.reading import count, need, text
from slamon.sources.source import ANNOUNCED, Headers, Source
from slamon.sources.uptime_options import IGNORE, read_ttl
from slamon.sources.uptime_parts import STATE_ID, Part, each, monitor

KEYS = (
    "name", "each", "when", "service", "at", "state", "ttl", "location", "customer", "maintenance", "id", "revision", "fields",
)  # fmt: skip
MAX_NAME = 64
_WINDOW = ("name", "from", "until")
_STATES = (*(state.value for state in State), IGNORE)


@dataclass(frozen=True, slots=True)
class _Window:
    """Where an announcement stands."""

    name: Expression
    start: Moment
    end: Moment

    def __call__(self, part: Any) -> Announced | None:
        name, start, end = text(self.name(part)), self.start(part), self.end(part)
        if name is None or start is None or end is None:
            return None
        return canonical_service.announcement(name, start, end)


@dataclass(frozen=True, slots=True)
class CustomUptime:
    """A compiled mapping: every expression, table and instant in its place."""

    name: str
    service: Table
    at: Moment
    state: Said
    ttl: int | None
    each: Expression | None
    when: Expression | None
    location: Expression | None
    customer: Expression | None
    announced: _Window | None
    record_id: Expression | None
    revision: Expression | None
    fields: Mapping[str, Table]

    def map(self, payload: Any, _headers: Headers, _received_ms: int) -> list[ServiceEvent]:
        """The events of a payload: one of each part that `each` finds and `when` lets pass."""
        if self.each is None:
            return self._events(payload)
        found: list[Part] = [(f"each[{index}]", part) for index, part in enumerate(parts_of(self.each, payload))]
        return each(found, self._events)

    def _events(self, part: Any) -> list[ServiceEvent]:
        if self.when is not None and not true(self.when(part)):
            return []
        word, window = text(self.state(part)), None if self.announced is None else self.announced(part)
        if word == IGNORE and window is None:
            return []
        if word is not None and word not in _STATES:
            raise refusal(UNKNOWN_VALUE, "state", "a state", word, did_you_mean(word, _STATES))
        return [self._event(part, None if word in (None, IGNORE) else State(word), window)]

    def _event(self, part: Any, state: State | None, window: Announced | None) -> ServiceEvent:
        at = self.at(part)
        if at is None:
            raise missing("at", f"an instant where '{self.at.find.source}' looks")
        found = {name: value for name, read in self.fields.items() if (value := read(part)) is not None}
        return canonical_service.event(
            need("service", self.service(part), "the id of the service"), at, state, found,
            record_id=self.record_id and text(self.record_id(part)), ttl=None if state is None else self.ttl,
            location=self._location(part), customer=self.customer and text(self.customer(part)), announced=window,
            revision=self.revision and count("revision", self.revision(part)), source=self.name,
        )  # fmt: skip

    def _location(self, part: Any) -> str:
        found = self.location and text(self.location(part))
        return monitor(self.name, found) if found else self.name


def load(raw: Mapping[Any, Any]) -> Source:
    """The source that a mapping (YAML, already parsed) describes; raises MappingError with every problem."""
    compiler = Compiler()
    compiler.known_keys("mapping", raw, KEYS)
    mapping = _compiled(compiler, raw)
    if len(mapping.name) > MAX_NAME:
        compiler.wrong("name", f"a text of 1 to {MAX_NAME} characters", mapping.name, "it begins every location")
    if RESERVED in mapping.fields:
        compiler.wrong("fields", "other names", RESERVED, "conditions see the id of the service under this name")
    if compiler.problems:
        raise MappingError(compiler.problems)
    record_id = f"`{mapping.record_id.source}`" if mapping.record_id else STATE_ID
    return Source(mapping.name, mapping.map, _shows(mapping), record_id, role="uptime")


def _shows(mapping: CustomUptime) -> frozenset[str]:
    words = words_of(mapping.state)
    states = {state.value for state in State if words is None or state.value in words}
    return frozenset(states | ({ANNOUNCED} if mapping.announced else set()))


def _compiled(compiler: Compiler, raw: Mapping[Any, Any]) -> CustomUptime:
    def expression(key: str) -> Expression | None:
        return compiler.expression(key, raw[key]) if raw.get(key) is not None else None

    return CustomUptime(
        name=name_of(compiler, raw.get("name", "custom")),
        service=compiler.table("service", raw.get("service"), strict=False),
        at=compiler.moment("at", raw.get("at")),
        state=_state(compiler, raw),
        ttl=None if raw.get("ttl") is None else read_ttl(compiler, raw["ttl"]),
        each=expression("each"),
        when=expression("when"),
        location=expression("location"),
        customer=expression("customer"),
        announced=None if raw.get("maintenance") is None else _window(compiler, raw["maintenance"]),
        record_id=expression("id"),
        revision=expression("revision"),
        fields=field_tables(compiler, raw.get("fields", {})),
    )


def _state(compiler: Compiler, raw: Mapping[Any, Any]) -> Said:
    """The table of states; only a mapping of announcements may do without."""
    if raw.get("state") is None and raw.get("maintenance") is not None:
        return Always(None)
    return said(compiler, "state", raw.get("state"), _STATES, "a state")


def _window(compiler: Compiler, raw: Any) -> _Window | None:
    if not isinstance(raw, Mapping):
        compiler.wrong("maintenance", "a mapping with name, from and until", raw)
        return None
    compiler.known_keys("maintenance", raw, _WINDOW)
    return _Window(
        compiler.expression("maintenance.name", raw.get("name")),
        compiler.moment("maintenance.from", raw.get("from")),
        compiler.moment("maintenance.until", raw.get("until")),
    )
