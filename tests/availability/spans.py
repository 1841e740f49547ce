"""Periods of objectives, from wall clocks; spans of time, and how much of them overlaps."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.sla.policy import Agreement
from slamon.sla.uptime_terms import Period

Span = tuple[int, int]


def overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that neither touch nor overlap."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def midnight(day: date, zone: str) -> int:
    """The first instant of a local date; where clocks skip midnight, the one they go on to (semantics 2.6)."""
    there = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return int(there.astimezone(UTC).timestamp()) * 1000


def first_date(unit: str, day: date) -> date:
    months = {"month": 1, "quarter": 3, "year": 12}
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return date(day.year, (day.month - 1) // months[unit] * months[unit] + 1, 1)


def next_date(unit: str, first: date) -> date:
    if unit in ("day", "week"):
        return first + timedelta(days=1 if unit == "day" else 7)
    later = first + timedelta(days={"month": 31, "quarter": 92, "year": 366}[unit])
    return first_date(unit, later)


def periods(period: Period, agreement: Agreement | None, since: int, until: int) -> Iterator[Span]:
    """The calendar periods that overlap `[since, until)`, cut where the agreement begins and ends (semantics 5.2, 5.3)."""
    begins, ends = effective(agreement)
    if since >= ends:
        return
    since = max(since, begins)
    wall = datetime.fromtimestamp(since / 1000, UTC).astimezone(ZoneInfo(period.zone))
    first = first_date(period.unit, wall.date())
    while midnight(first, period.zone) < min(until, ends):
        after = next_date(period.unit, first)
        yield max(begins, midnight(first, period.zone)), min(ends, midnight(after, period.zone))
        first = after


def effective(agreement: Agreement | None) -> Span:
    begins = agreement.effective_from if agreement else None
    ends = agreement.effective_until if agreement else None
    return (-(1 << 60) if begins is None else begins, 1 << 60 if ends is None else ends)
