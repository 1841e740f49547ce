"""Reading loosely typed JSON of other tools: text, objects, instants. Knows no source."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from slamon.sla import record_parts
from slamon.sla.refusals import BAD_INSTANT, BAD_TYPE, UNKNOWN_SHAPE, missing, refusal

Row = Mapping[str, Any]
_SHORT_OFFSET = re.compile(r"[+-]\d{4}\Z", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}) (\d\d?):(\d\d)", re.ASCII)
_NOTHING: Row = {}
UNITS: Mapping[str, Decimal] = {
    "s": Decimal(1000),
    "ms": Decimal(1),
    "us": Decimal("0.001"),
    "ns": Decimal("0.000001"),
}


def as_object(where: str, payload: Any, what: str) -> Row:
    """The payload itself, which has to be a JSON object: `what` says of which kind."""
    if not isinstance(payload, Mapping):
        raise refusal(UNKNOWN_SHAPE, where, what, payload)
    return payload


def inner(row: Row, *path: str) -> Row:
    """The object at the path, or an empty one if anything on the way is absent or something else."""
    for name in path:
        found = row.get(name)
        if not isinstance(found, Mapping):
            return _NOTHING
        row = found
    return row


def text(value: Any) -> str | None:
    """The value as text, None for null and for empty text; a number or a flag becomes its JSON text."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def need(where: str, value: Any, what: str, hint: str = "") -> str:
    """The value as text, which has to be there."""
    found = text(value)
    if found is not None:
        return found
    if value is None or value == "":
        raise missing(where, what, hint)
    raise refusal(BAD_TYPE, where, what, value, hint)


def count(where: str, value: Any) -> int | None:
    """The whole number from 0 in a number or in text; None for null and for empty text."""
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return canonical_count(where, value)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    raise refusal(BAD_TYPE, where, "a whole number from 0", value)


def canonical_count(where: str, value: int) -> int:
    """The number itself, within the bounds of a revision."""
    if not 0 <= value <= record_parts.MAX_INTEGER:
        raise refusal(BAD_TYPE, where, "a whole number from 0", value)
    return value


def instant(where: str, value: Any) -> int:
    """Epoch milliseconds of a number in milliseconds or of RFC 3339 text, also with an offset without colon."""
    if isinstance(value, str) and _SHORT_OFFSET.search(value):
        value = f"{value[:-2]}:{value[-2:]}"
    return record_parts.instant(where, value)


def utc(where: str, value: Any) -> int:
    """The instant of text like 2024-01-31 15:00:00, which means UTC without saying so; RFC 3339 and numbers pass too."""
    if isinstance(value, str) and _ISO.fullmatch(value):
        value = f"{value}Z"
    return record_parts.instant(where, value)


def day_first(where: str, value: Any) -> int:
    """The instant of text like 31/1/2024 15:00, in UTC."""
    found = _DAY_FIRST.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise refusal(BAD_INSTANT, where, "an instant in UTC like '31/1/2024 15:00'", value)
    day, month, year, hour, minute = found.groups()
    return record_parts.instant(where, f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:00Z")


def scaled(where: str, value: Any, unit: str) -> int:
    """The instant of a number, or of its text, in one of UNITS.

    Cut off below the millisecond, never rounded up; through text, because 0.1 + 0.2 is not 0.3.
    """
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        ms = int((Decimal(str(value)) * UNITS[unit]).to_integral_value("ROUND_FLOOR"))
    except (InvalidOperation, ValueError, OverflowError):
        raise refusal(BAD_INSTANT, where, f"a number of {unit}", value) from None
    return record_parts.instant(where, ms)


def not_after(opened: int, at: int) -> int:
    """When the ticket was opened, at the latest at `at`: such dates can be typed in by hand, and lie in the future then."""
    return min(opened, at)


def names(value: Any, key: str) -> list[str]:
    """The text at the key of each object in a list; what is no object or has no such text is left out."""
    found = [text(part.get(key)) for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
    return [name for name in found if name is not None]


def header(headers: Mapping[str, str], name: str) -> str | None:
    """The header of that name in any case; HTTP receivers write them as they like."""
    found = headers.get(name)
    return found or next((value for key, value in headers.items() if key.lower() == name and value), None)
