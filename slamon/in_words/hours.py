"""The working time of a calendar: which hours of which days, and which days are off."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from slamon.in_words.language import day, listed
from slamon.sla.calendar import Calendar, Interval

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHOWN_DAYS = 20


def hours(calendar: Calendar) -> str:
    """`Monday to Friday 09:00-17:00 (Europe/Berlin)`, or `around the clock`."""
    if calendar.always:
        return "around the clock"
    runs = groupby(range(7), key=lambda number: tuple(calendar.weekly.get(number, ())))
    said = [f"{_days(list(days))} {_hours(open_)}" for open_, days in runs if open_]
    return f"{listed(said)} ({calendar.zone})"


def days_off(calendar: Calendar, now: int) -> Iterator[str]:
    """What is different on single dates from today on: holidays, and dates with hours of their own."""
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(calendar.zone)).date()
    last = today.replace(year=today.year + 1, day=min(today.day, 28))
    off = [one for one in sorted(calendar.holidays) if today <= one < last]
    if off:
        said = [_holiday(one, calendar.holidays[one]) for one in off[:SHOWN_DAYS]]
        yield f"closed on holidays: {listed(said)}{_more(len(off))}"
    special = [one for one in sorted(calendar.special) if today <= one < last]
    if special:
        said = [f"{day(one)} {_hours(calendar.special[one]) or 'closed'}" for one in special[:SHOWN_DAYS]]
        yield f"other hours on single days: {listed(said)}{_more(len(special))}"


def _holiday(of: date, part: Sequence[Interval] | None) -> str:
    return day(of) if part is None else f"{day(of)} ({_hours(part)})"


def _more(number: int) -> str:
    return f", and {number - SHOWN_DAYS} more within a year" if number > SHOWN_DAYS else ""


def _days(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return WEEK[numbers[0]]
    return f"{WEEK[numbers[0]]} {'and' if len(numbers) == 2 else 'to'} {WEEK[numbers[-1]]}"


def _hours(intervals: Sequence[Interval]) -> str:
    return listed([str(interval) for interval in intervals])
