"""Instants as text and as integer epoch milliseconds. Knows no clock, and no zone but the offset in the text."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
EARLIEST_MS: Final = 31_536_000_000  # 1971-01-01: any later date given in seconds stays below it
LATEST_MS: Final = 7_258_118_400_000  # 2200-01-01: any date given in micro- or nanoseconds lies above it

# Texts at hand: formatting the numbers anew was half of what an instant cost.
_MINUTES: Final = [f"T{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
_SECONDS: Final = [f":{second:02}" for second in range(60)]
_FRACTIONS: Final = ["Z", *(f".{fraction:03}Z" for fraction in range(1, 1000))]
_DAYS: Final[dict[int, str]] = {}
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
_NAIVE: Final = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?", re.ASCII)
_UNITS: Final = (
    ((EARLIEST_MS // 1_000, LATEST_MS // 1_000), "seconds: multiply by 1000"),
    ((EARLIEST_MS * 1_000, LATEST_MS * 1_000), "microseconds: divide by 1000"),
    ((EARLIEST_MS * 1_000_000, LATEST_MS * 1_000_000), "nanoseconds: divide by 1000000"),
)


def parse(text: str) -> int:
    """The instant of an RFC 3339 text; what is finer than a millisecond is cut off, never rounded up.

    A leap second is the first instant of the next minute. Raises ValueError with the reason.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(_why_not(text))
    day, hour, minute, second, fraction, sign, hours, minutes = found.groups()
    ms = _day_ms(day) + int(hour) * HOUR_MS + int(minute) * MINUTE_MS + int(second) * SECOND_MS
    if fraction is not None:
        ms += int(fraction[:3].ljust(3, "0"))
    if sign is not None:
        offset = int(hours) * HOUR_MS + int(minutes) * MINUTE_MS
        ms += offset if sign == "-" else -offset
    return ms


def render(ms: int) -> str:
    """The instant as RFC 3339 in UTC; milliseconds are written only if there are any."""
    days, of_day = ms // DAY_MS, ms % DAY_MS
    day = _DAYS.get(days)
    if day is None:
        if len(_DAYS) >= 4096:
            _DAYS.clear()
        day = _DAYS[days] = date.fromordinal(days + _EPOCH_DAY).isoformat()
    minute, second, fraction = of_day // MINUTE_MS, of_day % MINUTE_MS // SECOND_MS, of_day % SECOND_MS
    return f"{day}{_MINUTES[minute]}{_SECONDS[second]}{_FRACTIONS[fraction]}"


def looks_like(ms: int) -> str:
    """The unit in which an implausible number would be a plausible instant, and what to do; empty if there is none."""
    for (low, high), unit in _UNITS:
        if low <= ms < high:
            return f"looks like {unit}"
    return ""


def _why_not(text: str) -> str:
    if _NAIVE.fullmatch(text):
        return "it has no offset: append Z for UTC, or +hh:mm"
    return "write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00"


@lru_cache(maxsize=4096)
def _day_ms(day: str) -> int:
    return (date.fromisoformat(day).toordinal() - _EPOCH_DAY) * DAY_MS
