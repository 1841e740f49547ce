"""A source that its operator describes: JMESPath expressions in YAML say where ticket, instant and fields stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slamon.sla import canonical
from slamon.sla.events import InvalidRecord, Kind, TicketEvent
from slamon.sla.refusals import UNKNOWN_VALUE, did_you_mean, missing, refusal
from slamon.sources import custom_uptime
from slamon.sources.custom_parts import Compiler, Expression, MappingError, Moment, Table
from slamon.sources.custom_words import Said, field_tables, name_of, parts_of, said, true, words_of
from slamon.sources.reading import count, need, not_after, text
from slamon.sources.source import Headers, Source

KEYS = ("name", "each", "when", "ticket", "at", "event", "id", "revision", "by", "public", "created_at", "fields")
IGNORE = "ignore"  # an event that is of no interest
_EVENTS = (*sorted(kind.value for kind in Kind), IGNORE)
_WHOLE = frozenset({Kind.CREATED, Kind.SNAPSHOT})
_SIGNALS: Mapping[Kind, str] = {
    Kind.CREATED: "created", Kind.ACKNOWLEDGED: "acknowledged", Kind.ASSIGNED: "assigned", Kind.RESOLVED: "resolved",
    Kind.CLOSED: "closed", Kind.REOPENED: "reopened", Kind.DELETED: "deleted",
}  # fmt: skip
_FIELD_SIGNALS: Mapping[str, str] = {
    "status": "status",
    "priority": "priority",
    "group": "group",
    "assignee": "assigned",
}


@dataclass(frozen=True, slots=True)
class CustomMapping:
    """A compiled mapping: every expression, table and instant in its place."""

    name: str
    ticket: Expression
    at: Moment
    event: Said
    each: Expression | None
    when: Expression | None
    record_id: Expression | None
    revision: Expression | None
    by: Said
    public: Said
    created_at: Moment | None
    fields: Mapping[str, Table]

    def map(self, payload: Any, _headers: Headers, _received_ms: int) -> list[TicketEvent]:
        """The events of a payload: one of each part that `each` finds and `when` lets pass."""
        events = (
            self._event(part) for part in parts_of(self.each, payload) if self.when is None or true(self.when(part))
        )
        return [event for event in events if event is not None]

    def subject_of_key(self, key: Any) -> str | None:
        """The ticket that the expression finds in the key of a tombstone."""
        try:
            return text(self.ticket(key)) if isinstance(key, Mapping) else None
        except InvalidRecord:
            return None

    def _event(self, part: Any) -> TicketEvent | None:
        word = need("event", self.event(part), "an event name", "map it, or give a default")
        if word == IGNORE:
            return None
        if word not in _EVENTS:
            raise refusal(UNKNOWN_VALUE, "event", "a known event name", word, did_you_mean(word, _EVENTS))
        kind, at = Kind(word), self.at(part)
        if at is None:
            raise missing("at", f"an instant where '{self.at.find.source}' looks")
        opened = None if self.created_at is None else self.created_at(part)
        public = self.public(part)
        return canonical.event(
            need("ticket", self.ticket(part), "the id of the ticket"), at, kind, self._fields(part, kind),
            record_id=self.record_id and text(self.record_id(part)),
            revision=self.revision and count("revision", self.revision(part)), by=self.by(part),
            public={"true": True, "false": False}.get(str(text(public)), public), source=self.name,
            created_at=None if opened is None else not_after(opened, at),
        )  # fmt: skip

    def _fields(self, part: Any, kind: Kind) -> dict[str, Any]:
        """What the part says of the fields; JMESPath can't tell null from absent, so only a whole row clears a field."""
        found = {name: read(part) for name, read in self.fields.items()}
        return {name: value for name, value in found.items() if value is not None or kind in _WHOLE}


def load(raw: Any) -> Source:
    """The source that a mapping (YAML, already parsed) describes; raises MappingError with every problem.

    A mapping that says where the `service` stands is one of services.
    """
    compiler = Compiler()
    if not isinstance(raw, Mapping):
        compiler.wrong("mapping", "a mapping with at least ticket, at and event (or service, at and state)", raw)
        raise MappingError(compiler.problems)
    if "service" in raw and "ticket" not in raw:
        return custom_uptime.load(raw)
    compiler.known_keys("mapping", raw, KEYS)
    mapping = _compiled(compiler, raw)
    if compiler.problems:
        raise MappingError(compiler.problems)
    record_id = f"`{mapping.record_id.source}`" if mapping.record_id else "a hash of ticket, at, revision and content"
    return Source(mapping.name, mapping.map, shows(mapping), record_id, mapping.subject_of_key)


def shows(mapping: CustomMapping) -> frozenset[str]:
    """The signals that the mapping can ever give."""
    words = words_of(mapping.event)
    kinds = {kind for kind in Kind if words is None or kind.value in words}
    found = {_SIGNALS[kind] for kind in kinds if kind in _SIGNALS} | {
        _FIELD_SIGNALS[f] for f in mapping.fields if f in _FIELD_SIGNALS
    }
    if "acknowledged" in _results(mapping.fields.get("status")):
        found.add("acknowledged")
    authors, publics = words_of(mapping.by), words_of(mapping.public)
    if Kind.SNAPSHOT in kinds and mapping.created_at is not None:
        found.add("created")
    if Kind.REPLIED in kinds and (authors is None or "agent" in authors) and (publics is None or "true" in publics):
        found.add("public_reply")
    if Kind.REPLIED in kinds and (authors is None or "customer" in authors):
        found.add("customer_message")
    return frozenset(found)


def _results(table: Table | None) -> set[str]:
    return set() if table is None else {str(text(value)).casefold() for value in (*table.rows.values(), table.default)}


def _compiled(compiler: Compiler, raw: Mapping[str, Any]) -> CustomMapping:
    def expression(key: str) -> Expression | None:
        return compiler.expression(key, raw[key]) if raw.get(key) is not None else None

    return CustomMapping(
        name=name_of(compiler, raw.get("name", "custom")),
        ticket=compiler.expression("ticket", raw.get("ticket")),
        at=compiler.moment("at", raw.get("at")),
        event=said(compiler, "event", raw.get("event"), _EVENTS, "an event name"),
        each=expression("each"),
        when=expression("when"),
        record_id=expression("id"),
        revision=expression("revision"),
        by=said(compiler, "by", raw.get("by"), (*canonical.AUTHORS, None)),
        public=said(compiler, "public", raw.get("public"), (True, False, None)),
        created_at=compiler.moment("created_at", raw["created_at"]) if raw.get("created_at") is not None else None,
        fields=field_tables(compiler, raw.get("fields", {})),
    )
