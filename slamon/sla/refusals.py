"""How a refused record is worded: where, expected, got, hint. Knows no format."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from slamon.sla.events import InvalidRecord

NOT_JSON: Final = "not_json"
UNKNOWN_SHAPE: Final = "unknown_shape"  # JSON, but not a record of this source
MISSING_FIELD: Final = "missing_field"
UNKNOWN_KEY: Final = "unknown_key"
UNKNOWN_VALUE: Final = "unknown_value"
BAD_TYPE: Final = "bad_type"
BAD_VALUE: Final = "bad_value"
BAD_INSTANT: Final = "bad_instant"
TOO_LARGE: Final = "too_large"

_SHOWN: Final = 80


def refusal(reason: str, where: str, expected: str, got: object, hint: str = "") -> InvalidRecord:
    """The error to raise; the value is shown cut, since a record may hold anything."""
    return InvalidRecord(reason, f"{where}: expected {expected}, got {shown(got)}{f' ({hint})' if hint else ''}")


def missing(where: str, expected: str, hint: str = "") -> InvalidRecord:
    """The error for a value that is not there at all."""
    return InvalidRecord(MISSING_FIELD, f"{where}: expected {expected}, got nothing{f' ({hint})' if hint else ''}")


def shown(value: object) -> str:
    """The value as a person can read it in one line; containers by kind and size only."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            text = repr(value[: _SHOWN + 1])
            return text if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}... ({len(value)} characters)"
        case dict():
            return f"an object with {len(value)} keys"
        case list() | tuple():
            return f"a list of {len(value)}"
        case int() if abs(value) >= 10**_SHOWN:
            return "an integer of more than 80 digits"
        case _:
            return repr(value)[:_SHOWN]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint naming the nearest known word, or every one of them if none is near."""
    words = sorted(known)
    near = get_close_matches(word.casefold()[:_SHOWN], words, n=1)
    return f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(words)
