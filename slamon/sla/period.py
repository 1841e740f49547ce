"""The periods a service is judged over: calendar units in a zone, on real days of 23 to 25 hours (semantics 5.2)."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from slamon.sla.open_time import EPOCH
from slamon.sla.uptime_terms import Period

NOMINAL_DAYS: Final = {
    "day": 1,
    "week": 7,
    "month": 30,
    "quarter": 90,
    "year": 365,
}  # what burn-rate windows scale with
_DAY_MS: Final = 86_400_000


@lru_cache(maxsize=4096)
def bounds(period: Period, at: int) -> tuple[int, int]:
    """The calendar period `[start, end)` that holds the instant."""
    zone = ZoneInfo(period.zone)
    day = (EPOCH + timedelta(milliseconds=at)).astimezone(zone).date()
    first = _first(period.unit, day)
    start, end = _midnight(first, zone), _midnight(_next(period.unit, first), zone)
    if at < start:  # the first hour of a day that midnight came twice to
        return bounds(period, start - 1)
    return start, end


def nominal_ms(period: Period) -> int:
    """The length that stands for every period of its kind."""
    return period.span_ms if period.span_ms is not None else NOMINAL_DAYS[period.unit or "month"] * _DAY_MS


def _first(unit: str | None, day: date) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
    raise ValueError(f"period: expected a calendar unit, got {unit!r}")


def _next(unit: str | None, first: date) -> date:
    """The first date of the period after the one that begins on this date."""
    far = {"day": 1, "week": 7, "month": 31, "quarter": 93, "year": 366}[unit or "month"]
    return _first(unit, first + timedelta(days=far))


def _midnight(day: date, zone: ZoneInfo) -> int:
    """The instant a local date begins: of two midnights the first, after a gap its end (semantics 2.6)."""
    wall = datetime.combine(day, time(), tzinfo=zone)  # through UTC: subtracting within a zone ignores DST
    return (wall - EPOCH) // timedelta(milliseconds=1)
