"""Conditions over a record and over the ticket's fields: what starts, stops, pauses, cancels or covers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from slamon.sla.events import Kind, TicketEvent, Value


@dataclass(frozen=True, slots=True)
class Field:
    """True while the field holds one of the values; text compares without case, None means "not set"."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """True for the record itself: its kind, and if given who wrote it and whether the public could read it."""

    kinds: tuple[Kind, ...]
    by: str | None = None
    public: bool | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """True for a record that changes the field."""

    name: str


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


Condition = Field | Event | Changed | All | Any | Not
Fields = dict[str, Value]  # the compiled form asks a dict at once, any other mapping by the name of its method


def holds(
    condition: Condition, fields: Fields, record: TicketEvent | None = None, before: Fields | None = None
) -> bool:
    """Whether the condition is true of the fields, and of the record that led to them if there is one."""
    if type(condition) is Field:  # nearly every one: no look-up of a function
        return _field(condition, fields, record, before)
    return _HOLDS[type(condition)](condition, fields, record, before)


def needs_record(condition: Condition) -> bool:
    """Whether only a record can make the condition true (it is an edge, not a level)."""
    match condition:
        case Event() | Changed():
            return True
        case All(parts):
            return any(map(needs_record, parts))
        case Any(parts):
            return all(map(needs_record, parts))
        case _:
            return False


def leaves(condition: Condition) -> Iterator[Field | Event | Changed]:
    """Every part of the condition that looks at something, left to right."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield condition


def same(held: Value, wanted: Value) -> bool:
    """Whether a field's value is the wanted one; a list field holds each of its members."""
    if type(held) is str and type(wanted) is str:
        return held == wanted or held.casefold() == wanted.casefold()
    if isinstance(held, tuple):
        return (wanted is None and not held) or any(same(member, wanted) for member in held)
    if held is None or wanted is None:
        return held is wanted
    if isinstance(held, str) or isinstance(wanted, str):
        return str(held).casefold() == str(wanted).casefold()
    return held == wanted


def _field(condition: Field, fields: Fields, record: TicketEvent | None, before: Fields | None) -> bool:
    held = fields.get(condition.name)
    return any(same(held, wanted) for wanted in condition.values)


def _event(condition: Event, fields: Fields, record: TicketEvent | None, before: Fields | None) -> bool:
    return (
        record is not None
        and record.kind in condition.kinds
        and (condition.by is None or condition.by == record.by)
        and (condition.public is None or condition.public == record.public)
    )


def _changed(condition: Changed, fields: Fields, record: TicketEvent | None, before: Fields | None) -> bool:
    return record is not None and (before or {}).get(condition.name) != fields.get(condition.name)


def _all(condition: All, fields: Fields, record: TicketEvent | None, before: Fields | None) -> bool:
    return all(holds(part, fields, record, before) for part in condition.parts)


def _any(condition: Any, fields: Fields, record: TicketEvent | None, before: Fields | None) -> bool:
    return any(holds(part, fields, record, before) for part in condition.parts)


def _not(condition: Not, fields: Fields, record: TicketEvent | None, before: Fields | None) -> bool:
    return not holds(condition.part, fields, record, before)


_HOLDS: Final[Mapping[type, Callable[..., bool]]] = {
    Field: _field,
    Event: _event,
    Changed: _changed,
    All: _all,
    Any: _any,
    Not: _not,
}
