"""What a canonical record of a ticket and one of a service have in common: instants, fields, revisions, hashed ids."""

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, cast

from slamon.sla import instants
from slamon.sla.events import Value
from slamon.sla.refusals import BAD_INSTANT, BAD_TYPE, BAD_VALUE, TOO_LARGE, UNKNOWN_KEY, did_you_mean, missing, refusal
from slamon.sla.texts import MAX_TITLE, check_name, check_text, cut_title

MAX_FIELDS: Final = 64
MAX_MEMBERS: Final = 256
MAX_INTEGER: Final = 2**63 - 1

_INSIDE: Final = frozenset({"status", "priority", "assignee", "customer", "title", "url", "group", "type"})
_Object = dict[str, Any]


def require_object(payload: Any) -> None:
    """Nothing, for a JSON object; raises InvalidRecord else."""
    if type(payload) is not dict and not isinstance(payload, Mapping):
        raise refusal(BAD_TYPE, "record", "a JSON object", payload)


def unknown_key(payload: Mapping[str, Any], keys: frozenset[str], synonyms: Mapping[str, str]) -> Exception:
    """The error for the first key beside `keys`, with the nearest known key, or where a field belongs."""
    key = next(key for key in payload if key not in keys)
    word = key.casefold() if type(key) is str else ""
    if word in synonyms:
        hint = f"did you mean '{synonyms[word]}'?"
    elif word in _INSIDE - keys:
        hint = f"put it inside fields: fields.{word}"
    else:
        hint = did_you_mean(str(key), keys)
    return refusal(UNKNOWN_KEY, "record", "only the keys of a canonical record", key, hint)


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


def check_revision(revision: Any) -> None:
    """Nothing, for an integer from 0 or none at all; raises InvalidRecord else."""
    if revision is not None and (type(revision) is not int or not 0 <= revision <= MAX_INTEGER):
        hint = "write it without quotes" if type(revision) is str and revision.isdecimal() else ""
        raise refusal(BAD_TYPE, "revision", "an integer from 0", revision, hint)


def check_fields(fields: Any) -> dict[str, Value]:
    """The fields, lists as tuples, a long title cut."""
    if type(fields) is not dict and not isinstance(fields, Mapping):
        raise refusal(BAD_TYPE, "fields", "an object of field names and values", fields)
    if len(fields) > MAX_FIELDS:
        hint = "send only what conditions and readers need"
        raise refusal(TOO_LARGE, "fields", f"at most {MAX_FIELDS} fields", fields, hint)
    told: dict[Any, Any] = fields if isinstance(fields, dict) else dict(fields)
    return {name if name in _INSIDE else _field_name(name): _value(name, value) for name, value in told.items()}


def written_fields(fields: Mapping[str, Value]) -> _Object:
    """The fields as JSON has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def hash_of(content: Mapping[str, Any]) -> str:
    """32 hex digits, equal for equal content in any order of keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=4096)
def _field_name(name: Any) -> str:
    return check_name("fields", name)


def _value(name: str, value: Any) -> Value:
    kind = type(value)
    if kind is str and len(value) <= MAX_TITLE and value.isascii():
        return cast("Value", value)
    if kind is str:
        return cut_title(value) if name == "title" else check_text(f"fields.{name}", value)
    if value is None or kind is bool:
        return cast("Value", value)
    if kind is int and abs(value) <= MAX_INTEGER:
        return cast("Value", value)
    if kind is float and value - value == 0:
        return cast("Value", value)
    if kind is list or kind is tuple:
        return _members(f"fields.{name}", value)
    if kind is int or kind is float:
        raise refusal(BAD_VALUE, f"fields.{name}", "a finite number of at most 64 bits", value, "send it as text")
    expected, hint = "a text, number, true, false, null or a list of texts", "name each part as a field of its own"
    raise refusal(BAD_TYPE, f"fields.{name}", expected, value, f"{hint}, like customer_tier")


def _members(where: str, members: list[Any] | tuple[Any, ...]) -> tuple[str, ...]:
    if len(members) > MAX_MEMBERS:
        raise refusal(TOO_LARGE, where, f"at most {MAX_MEMBERS} texts", members)
    for member in members:
        if type(member) is not str:
            raise refusal(BAD_TYPE, where, "a list of texts", member)
        check_text(where, member)
    return tuple(members)
