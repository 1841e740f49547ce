"""Canonical ticket JSON to TicketEvent and back, strictly typed. Knows no bytes and no foreign format."""

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from slamon.sla import instants, refusals
from slamon.sla.events import Kind, TicketEvent, Value
from slamon.sla.refusals import (
    BAD_INSTANT,
    BAD_TYPE,
    BAD_VALUE,
    TOO_LARGE,
    UNKNOWN_KEY,
    UNKNOWN_VALUE,
    missing,
    refusal,
)
from slamon.sla.texts import MAX_TITLE, check_name, check_text, cut_title

KEYS = frozenset({"ticket", "id", "at", "event", "revision", "by", "public", "created_at", "source", "fields"})
AUTHORS = ("agent", "customer", "system")
MAX_FIELDS = 64
MAX_MEMBERS = 256
MAX_INTEGER = 2**63 - 1

_KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}
_SYNONYMS: Mapping[str, str] = {
    "open": "created", "opened": "created", "new": "created", "changed": "updated", "row": "snapshot",
    "comment": "replied", "commented": "replied", "reply": "replied", "solved": "resolved", "done": "resolved",
    "on_hold": "paused", "hold": "paused", "canceled": "cancelled", "ack": "acknowledged", "removed": "deleted",
}  # fmt: skip
_Object = dict[str, Any]


def parse(payload: Mapping[str, Any]) -> TicketEvent:
    """The event a canonical record says; raises InvalidRecord for anything its producer must mend.

    A null is the same as an absent key, except inside `fields`, where it clears the field.
    """
    if type(payload) is not dict and not isinstance(payload, Mapping):
        raise refusal(BAD_TYPE, "record", "a JSON object", payload)
    if not payload.keys() <= KEYS:
        raise _unknown_key(payload)
    get = payload.get
    at = instant("at", get("at"))
    opened = get("created_at")
    created_at = None if opened is None else instant("created_at", opened)
    source = get("source")
    if created_at is not None and created_at > at:
        raise refusal(BAD_INSTANT, "created_at", "an instant not after `at`", opened, f"at is {instants.render(at)}")
    return event(
        get("ticket"), at, _kind(get("event")), get("fields"), record_id=get("id"), revision=get("revision"), by=get("by"),
        public=get("public"), created_at=created_at, source="canonical" if source is None else source,
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
    if revision is not None and (type(revision) is not int or not 0 <= revision <= MAX_INTEGER):
        raise _bad_revision(revision)
    if by is not None and by not in AUTHORS:
        raise refusal(UNKNOWN_VALUE, "by", "one of agent, customer, system", by)
    if public is not None and type(public) is not bool:
        raise refusal(BAD_TYPE, "public", "true or false", public)
    values = {} if fields is None else _fields(fields)
    made = TicketEvent(ticket, record_id or "", at, kind, values, revision, by, public, created_at, source)
    return made if record_id is not None else _with_id(made)


def dump(event: TicketEvent) -> _Object:
    """The canonical record of the event: what `parse` gives the same event for; unset parts are left out."""
    return {"id": event.id, **_content(event)}


def content_id(event: TicketEvent) -> str:
    """The hash of everything but the id: 32 hex digits, equal for equal content in any order of keys."""
    text = json.dumps(_content(event), sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()


def instant(where: str, value: Any) -> int:
    """Epoch milliseconds of an RFC 3339 text with offset or of an integer that is plausible as milliseconds."""
    if type(value) is str:
        try:
            ms = instants.parse(value)
        except ValueError as reason:
            hint = "write it without quotes" if value.isdecimal() else str(reason)
            raise refusal(BAD_INSTANT, where, "an RFC 3339 instant with offset", value, hint) from None
    elif type(value) is int:
        ms = value
    elif value is None:
        raise missing(where, "an RFC 3339 instant with offset or epoch milliseconds")
    else:
        raise refusal(BAD_TYPE, where, "an RFC 3339 instant with offset or integer epoch milliseconds", value)
    if not instants.EARLIEST_MS <= ms < instants.LATEST_MS:
        expected = "an instant from 1971 to 2199, as a number in epoch milliseconds"
        raise refusal(BAD_INSTANT, where, expected, value, instants.looks_like(ms))
    return ms


def _kind(value: Any) -> Kind:
    kind = _KINDS.get(value) if type(value) is str else None
    if kind is not None:
        return kind
    if value is None:
        raise missing("event", "what happened", "known: " + ", ".join(sorted(_KINDS)))
    if type(value) is not str:
        raise refusal(BAD_TYPE, "event", "an event name as text", value)
    synonym = _SYNONYMS.get(value.casefold())
    hint = f"did you mean '{synonym}'?" if synonym else refusals.did_you_mean(value, _KINDS)
    raise refusal(UNKNOWN_VALUE, "event", "a known event name", value, hint)


def _fields(fields: Any) -> dict[str, Value]:
    if type(fields) is not dict and not isinstance(fields, Mapping):
        raise refusal(BAD_TYPE, "fields", "an object of field names and values", fields)
    if len(fields) > MAX_FIELDS:
        raise refusal(
            TOO_LARGE, "fields", f"at most {MAX_FIELDS} fields", fields, "send only what conditions and readers need"
        )
    return {_field_name(name): _value(name, value) for name, value in fields.items()}


@lru_cache(maxsize=4096)
def _field_name(name: Any) -> str:
    return check_name("fields", name)


def _value(name: str, value: Any) -> Value:
    kind = type(value)
    plain: Value = value
    if kind is str and len(value) <= MAX_TITLE and value.isascii():
        return plain
    if kind is str:
        return cut_title(value) if name == "title" else check_text(f"fields.{name}", value)
    if value is None or kind is bool:
        return plain
    if kind is int and abs(value) <= MAX_INTEGER:
        return plain
    if kind is float and value - value == 0:
        return plain
    if kind is list or kind is tuple:
        return _members(f"fields.{name}", value)
    if kind is int or kind is float:
        raise refusal(BAD_VALUE, f"fields.{name}", "a finite number of at most 64 bits", value, "send it as text")
    raise refusal(
        BAD_TYPE,
        f"fields.{name}",
        "a text, number, true, false, null or a list of texts",
        value,
        "name each part as a field of its own, like customer_tier",
    )


def _members(where: str, members: list[Any] | tuple[Any, ...]) -> tuple[str, ...]:
    if len(members) > MAX_MEMBERS:
        raise refusal(TOO_LARGE, where, f"at most {MAX_MEMBERS} texts", members)
    for member in members:
        if type(member) is not str:
            raise refusal(BAD_TYPE, where, "a list of texts", member)
        check_text(where, member)
    return tuple(members)


def _content(event: TicketEvent) -> _Object:
    parts = {"revision": event.revision, "by": event.by, "public": event.public}
    record: _Object = {"ticket": event.ticket, "at": instants.render(event.at), "event": event.kind.value}
    record |= {name: part for name, part in parts.items() if part is not None}
    if event.created_at is not None:
        record["created_at"] = instants.render(event.created_at)
    if event.source != "canonical":
        record["source"] = event.source
    if event.fields:
        record["fields"] = {k: list(v) if isinstance(v, tuple) else v for k, v in event.fields.items()}
    return record


def _with_id(made: TicketEvent) -> TicketEvent:
    parts = (made.kind, made.fields, made.revision, made.by, made.public, made.created_at, made.source)
    return TicketEvent(made.ticket, content_id(made), made.at, *parts)


def _unknown_key(payload: Mapping[str, Any]) -> Exception:
    key = next(key for key in payload if key not in KEYS)
    if type(key) is str and key.casefold() in ("status", "priority", "assignee", "customer", "title", "url", "group"):
        return refusal(
            UNKNOWN_KEY,
            "record",
            "only the keys of a canonical record",
            key,
            f"put it inside fields: fields.{key.casefold()}",
        )
    return refusal(
        UNKNOWN_KEY, "record", "only the keys of a canonical record", key, refusals.did_you_mean(str(key), KEYS)
    )


def _bad_revision(revision: Any) -> Exception:
    hint = "write it without quotes" if type(revision) is str and revision.isdecimal() else ""
    return refusal(BAD_TYPE, "revision", "an integer from 0", revision, hint)
