"""Canonical ticket JSON to TicketEvent and back, strictly typed. Knows no bytes and no foreign format."""

from collections.abc import Mapping
from typing import Any, Final

from slamon.sla import instants
from slamon.sla.events import Kind, TicketEvent
from slamon.sla.record_parts import (
    check_fields,
    check_revision,
    hash_of,
    instant,
    require_object,
    unknown_key,
    written_fields,
)
from slamon.sla.refusals import BAD_INSTANT, BAD_TYPE, UNKNOWN_VALUE, did_you_mean, missing, refusal
from slamon.sla.texts import check_name

KEYS: Final = frozenset({"ticket", "id", "at", "event", "revision", "by", "public", "created_at", "source", "fields"})
AUTHORS: Final = ("agent", "customer", "system")

_KINDS: Final[dict[str, Kind]] = {kind.value: kind for kind in Kind}
_SYNONYMS: Final[Mapping[str, str]] = {
    "open": "created", "opened": "created", "new": "created", "changed": "updated", "row": "snapshot",
    "comment": "replied", "commented": "replied", "reply": "replied", "solved": "resolved", "done": "resolved",
    "on_hold": "paused", "hold": "paused", "canceled": "cancelled", "ack": "acknowledged", "removed": "deleted",
}  # fmt: skip


def parse(payload: Mapping[str, Any]) -> TicketEvent:
    """The event a canonical record says; raises InvalidRecord for anything its producer must mend.

    A null is the same as an absent key, except inside `fields`, where it clears the field.
    """
    require_object(payload)
    row: dict[str, Any] = payload if type(payload) is dict else dict(payload)
    ticket, record_id, kind, fields = row.get("ticket"), row.get("id"), row.get("event"), row.get("fields")
    told_at, opened, source = row.get("at"), row.get("created_at"), row.get("source")
    revision, by, public = row.get("revision"), row.get("by"), row.get("public")
    found = 0
    for part in (ticket, record_id, kind, fields, told_at, opened, source, revision, by, public):
        if part is not None:
            found += 1
    if found != len(row) and not KEYS.issuperset(row):  # what was not found here is null, or no key of a record
        raise unknown_key(payload, KEYS, {})
    at = instant("at", told_at)
    created_at = None if opened is None else instant("created_at", opened)
    if created_at is not None and created_at > at:
        raise refusal(BAD_INSTANT, "created_at", "an instant not after `at`", opened, f"at is {instants.render(at)}")
    return event(
        ticket, at, _kind(kind), fields, record_id=record_id, revision=revision, by=by, public=public,
        created_at=created_at, source="canonical" if source is None else source,
    )  # fmt: skip


def event(
    ticket: Any, at: int, kind: Kind, fields: Any = None, *, record_id: Any = None, revision: Any = None, by: Any = None,
    public: Any = None, created_at: int | None = None, source: Any = "canonical",
) -> TicketEvent:  # fmt: skip
    """The event of these parts, each checked; without an id it gets the hash of everything else (semantics 4.2)."""
    check_name("ticket", ticket)
    check_name("source", source)
    if record_id is not None:
        check_name("id", record_id)
    check_revision(revision)
    if by is not None and by not in AUTHORS:
        raise refusal(UNKNOWN_VALUE, "by", "one of agent, customer, system", by)
    if public is not None and type(public) is not bool:
        raise refusal(BAD_TYPE, "public", "true or false", public)
    values = {} if fields is None else check_fields(fields)
    made = TicketEvent(ticket, record_id or "", at, kind, values, revision, by, public, created_at, source)
    return made if record_id is not None else _with_id(made)


def dump(event: TicketEvent) -> dict[str, Any]:
    """The canonical record of the event: what `parse` gives the same event for; unset parts are left out."""
    return {"id": event.id, **_content(event)}


def content_id(event: TicketEvent) -> str:
    """The hash of everything but the id: 32 hex digits, equal for equal content in any order of keys."""
    return hash_of(_content(event))


def _kind(value: Any) -> Kind:
    kind = _KINDS.get(value) if type(value) is str else None
    if kind is not None:
        return kind
    if value is None:
        raise missing("event", "what happened", "known: " + ", ".join(sorted(_KINDS)))
    if type(value) is not str:
        raise refusal(BAD_TYPE, "event", "an event name as text", value)
    synonym = _SYNONYMS.get(value.casefold())
    hint = f"did you mean '{synonym}'?" if synonym else did_you_mean(value, _KINDS)
    raise refusal(UNKNOWN_VALUE, "event", "a known event name", value, hint)


def _content(event: TicketEvent) -> dict[str, Any]:
    parts = {"revision": event.revision, "by": event.by, "public": event.public}
    record: dict[str, Any] = {"ticket": event.ticket, "at": instants.render(event.at), "event": event.kind.value}
    record |= {name: part for name, part in parts.items() if part is not None}
    if event.created_at is not None:
        record["created_at"] = instants.render(event.created_at)
    if event.source != "canonical":
        record["source"] = event.source
    if event.fields:
        record["fields"] = written_fields(event.fields)
    return record


def _with_id(made: TicketEvent) -> TicketEvent:
    parts = (made.kind, made.fields, made.revision, made.by, made.public, made.created_at, made.source)
    return TicketEvent(made.ticket, content_id(made), made.at, *parts)
