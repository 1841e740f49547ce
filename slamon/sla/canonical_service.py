"""Canonical uptime JSON to ServiceEvent and back, strictly typed. Knows no bytes and no foreign format."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from slamon.sla import instants
from slamon.sla.durations import UNITS_MS, format_duration, parse_duration
from slamon.sla.events import Announced, ServiceEvent, State
from slamon.sla.expectation import Unexpected
from slamon.sla.record_parts import (
    check_fields,
    check_revision,
    hash_of,
    instant,
    require_object,
    unknown_key,
    written_fields,
)
from slamon.sla.refusals import (
    BAD_INSTANT,
    BAD_TYPE,
    BAD_VALUE,
    UNKNOWN_KEY,
    UNKNOWN_VALUE,
    did_you_mean,
    missing,
    refusal,
    shown,
)
from slamon.sla.texts import check_name

KEYS: Final = frozenset({
    "service", "at", "state", "id", "ttl", "location", "customer", "revision", "source", "fields", "maintenance", "deleted",
})  # fmt: skip
WINDOW_KEYS: Final = frozenset({"name", "from", "until"})
MAX_TTL_MS: Final = 366 * UNITS_MS["d"]
RESERVED: Final = "service"  # conditions see the id of the service under this name

_STATES: Final[Mapping[str, State]] = {state.value: state for state in State}
_SYNONYMS: Final[Mapping[str, str]] = {
    "ok": "up", "operational": "up", "online": "up", "healthy": "up", "available": "up", "success": "up", "passing": "up",
    "resolved": "up", "true": "up", "1": "up", "outage": "down", "major_outage": "down", "offline": "down",
    "unhealthy": "down", "unavailable": "down", "failed": "down", "failure": "down", "critical": "down", "firing": "down",
    "false": "down", "0": "down", "partial_outage": "degraded", "degraded_performance": "degraded", "warning": "degraded",
    "slow": "degraded", "under_maintenance": "maintenance", "paused": "unknown", "pending": "unknown", "no_data": "unknown",
}  # fmt: skip
_KEY_SYNONYMS: Final[Mapping[str, str]] = {
    "status": "state", "event": "state", "time": "at", "timestamp": "at", "name": "service", "component": "service",
    "monitor": "location", "region": "location", "probe": "location", "announced": "maintenance",
}  # fmt: skip


def parse(payload: Mapping[str, Any]) -> ServiceEvent:
    """The event a canonical record says; raises InvalidRecord for anything its producer must mend.

    A null is the same as an absent key, except inside `fields`, where it clears the field.
    """
    require_object(payload)
    if not payload.keys() <= KEYS:
        raise unknown_key(payload, KEYS, _KEY_SYNONYMS)
    get = payload.get
    source, location = get("source"), get("location")
    return event(
        get("service"), instant("at", get("at")), _state(get("state")), get("fields"), record_id=get("id"),
        ttl=_ttl(get("ttl")), location="" if location is None else check_name("location", location),
        customer=get("customer"), announced=_announced(get("maintenance")), deleted=_deleted(get("deleted")),
        revision=get("revision"), source="canonical" if source is None else source,
    )  # fmt: skip


def event(
    service: Any, at: int, state: State | None = None, fields: Any = None, *, record_id: Any = None, ttl: int | None = None,
    location: str = "", customer: Any = None, announced: Announced | None = None, deleted: bool = False,
    revision: Any = None, source: Any = "canonical",
) -> ServiceEvent:  # fmt: skip
    """The event of these parts, each checked; without an id it gets the hash of everything else (semantics 4.2).

    `ttl` is in milliseconds; the parts of `announced` are checked by `announcement`.
    """
    named = {"location": location or None, "customer": customer, "id": record_id}
    for where, name in (("service", service), ("source", source), *named.items()):
        if name is not None or where == "service":
            check_name(where, name)
    check_revision(revision)
    values = {} if fields is None else check_fields(fields)
    made = ServiceEvent(
        service, record_id or "", at, state, ttl, location, customer, announced, deleted, values, revision, source
    )
    _check_together(made)
    return made if record_id is not None else replace(made, id=content_id(made))


def announcement(name: Any, start: int, end: int, where: str = "maintenance") -> Announced:
    """The window of these parts, checked; one that is over where it begins takes the window of its name back."""
    if end < start:
        raise refusal(
            BAD_INSTANT, f"{where}.until", "an instant not before `from`", instants.render(end),
            f"from is {instants.render(start)}",
        )  # fmt: skip
    return Announced(check_name(f"{where}.name", name), start, end)


def dump(event: ServiceEvent) -> dict[str, Any]:
    """The canonical record of the event: what `parse` gives the same event for; unset parts are left out."""
    return {"id": event.id, **_content(event)}


def content_id(event: ServiceEvent) -> str:
    """The hash of everything but the id: 32 hex digits, equal for equal content in any order of keys."""
    return hash_of(_content(event))


def check_ttl(ttl: int, got: Any, where: str = "ttl") -> int:
    """The span itself, in milliseconds; raises InvalidRecord beyond its bounds."""
    if not 0 < ttl <= MAX_TTL_MS:
        raise refusal(BAD_VALUE, where, "a span above 0 and of at most 366 days", got)
    return ttl


def _state(value: Any) -> State | None:
    state = _STATES.get(value) if type(value) is str else None
    if state is not None or value is None:
        return state
    word = value[:80] if type(value) is str else shown(value)
    synonym = _SYNONYMS.get(word.casefold().strip().replace(" ", "_").replace("-", "_"))
    hint = f"did you mean '{synonym}'?" if synonym else did_you_mean(word, _STATES)
    if type(value) is not str:
        raise refusal(BAD_TYPE, "state", "a state as text", value, hint)
    raise refusal(UNKNOWN_VALUE, "state", "one of " + ", ".join(_STATES), value, hint)


def _ttl(value: Any) -> int | None:
    if value is None:
        return None
    try:
        span = parse_duration(value)
    except Unexpected as error:
        raise refusal(
            BAD_TYPE if type(value) is not str else BAD_VALUE, "ttl", error.expected, value, error.hint
        ) from None
    return check_ttl(span, value)


def _announced(value: Any) -> Announced | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise refusal(BAD_TYPE, "maintenance", "an object with name, from and until", value)
    if not value.keys() <= WINDOW_KEYS:
        key = next(key for key in value if key not in WINDOW_KEYS)
        hint = did_you_mean(str(key), WINDOW_KEYS)
        raise refusal(UNKNOWN_KEY, "maintenance", "only name, from and until", key, hint)
    start, end = (instant(f"maintenance.{edge}", value.get(edge)) for edge in ("from", "until"))
    return announcement(value.get("name"), start, end)


def _deleted(value: Any) -> bool:
    if value is not None and type(value) is not bool:
        raise refusal(BAD_TYPE, "deleted", "true or false", value)
    return value is True


def _check_together(made: ServiceEvent) -> None:
    if made.deleted and (made.state is not None or made.announced is not None):
        raise refusal(
            BAD_VALUE, "deleted", "nothing but the end of the service", True, "send state and maintenance alone"
        )
    if not (made.deleted or made.state is not None or made.announced is not None or made.fields):
        raise missing("state", "a state, maintenance, fields or deleted", "known: " + ", ".join(_STATES))
    if made.ttl is not None and made.state is None:
        raise refusal(
            BAD_VALUE, "ttl", "a state beside it", format_duration(made.ttl), "it says how long a state holds"
        )
    if RESERVED in made.fields:
        hint = "conditions see the id of the service under this name"
        raise refusal(BAD_VALUE, f"fields.{RESERVED}", "another name", made.fields[RESERVED], hint)


def _content(event: ServiceEvent) -> dict[str, Any]:
    told = event.announced
    parts: dict[str, Any] = {
        "state": event.state and event.state.value,
        "ttl": None if event.ttl is None else format_duration(event.ttl),
        "location": event.location or None,
        "customer": event.customer,
        "maintenance": told
        and {"name": told.name, "from": instants.render(told.start), "until": instants.render(told.end)},
        "deleted": event.deleted or None,
        "fields": written_fields(event.fields) or None,
        "revision": event.revision,
        "source": None if event.source == "canonical" else event.source,
    }
    record = {"service": event.service, "at": instants.render(event.at)}
    return record | {name: part for name, part in parts.items() if part is not None}
