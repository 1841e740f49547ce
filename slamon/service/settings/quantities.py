"""Durations and sizes as a person writes them (`30s`, `512KiB`), held as whole milliseconds and bytes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

DURATION_UNITS: Mapping[str, int] = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}
SIZE_UNITS: Mapping[str, int] = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}

_DURATION = re.compile(r"(\d{1,12})(ms|[smhdw])")
_SIZE = re.compile(r"(\d{1,12})(B|KiB|MiB|GiB)")


def duration_text(milliseconds: int) -> str:
    """The span in the largest unit that divides it: `90s`, `2m`."""
    return _text(milliseconds, DURATION_UNITS, "0s")


def size_text(size: int) -> str:
    """The number of bytes in the largest unit that divides it: `512KiB`."""
    return _text(size, SIZE_UNITS, "0B")


def _text(amount: int, units: Mapping[str, int], zero: str) -> str:
    fitting = [unit for unit, factor in units.items() if amount % factor == 0]
    return zero if amount == 0 else f"{amount // units[fitting[-1]]}{fitting[-1]}"


def between_durations(least: str, most: str) -> Callable[[Any], int]:
    """A reader of durations in `[least, most]`."""
    return _reader(_DURATION, DURATION_UNITS, f"a duration like '30s' from {least} to {most}", least, most)


def between_sizes(least: str, most: str) -> Callable[[Any], int]:
    """A reader of sizes in `[least, most]`."""
    return _reader(_SIZE, SIZE_UNITS, f"a size like '512KiB' from {least} to {most}", least, most)


def _reader(
    form: re.Pattern[str], units: Mapping[str, int], expected: str, least: str, most: str
) -> Callable[[Any], int]:
    def amount(text: str) -> int | None:
        found = form.fullmatch(text)
        return int(found[1]) * units[found[2]] if found else None

    low, high = amount(least) or 0, amount(most) or 0

    def read(given: Any) -> int:
        found = amount(given) if isinstance(given, str) else None
        if found is None or not low <= found <= high:
            raise PydanticCustomError("expected", "{expected}", {"expected": expected, "hint": _hint(given, units)})
        return found

    return read


def _hint(given: Any, units: Mapping[str, int]) -> str | None:
    """What was probably meant: `30 seconds` and `30S` are `30s`; a bare number lacks its unit."""
    if isinstance(given, int) and not isinstance(given, bool):
        return "write the unit: " + ", ".join(units)
    found = re.fullmatch(r"\s*(\d{1,12})\s*([A-Za-z]+)\s*", given) if isinstance(given, str) else None
    if not found:
        return None
    unit = next((u for u in units if u != "ms" and found[2].lower().startswith(u.lower())), None)
    suggestion = f"{found[1]}{unit}"
    return f"did you mean '{suggestion}'?" if unit and suggestion != given else None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a setting may be, for the docs."""

    text: str


def duration(least: str, most: str) -> Any:
    """The type of a setting that holds a span in milliseconds."""
    reader = BeforeValidator(between_durations(least, most))
    return Annotated[int, reader, PlainSerializer(duration_text, return_type=str), Allowed(f"{least} to {most}")]


def size(least: str, most: str) -> Any:
    """The type of a setting that holds a number of bytes."""
    reader = BeforeValidator(between_sizes(least, most))
    return Annotated[int, reader, PlainSerializer(size_text, return_type=str), Allowed(f"{least} to {most}")]
