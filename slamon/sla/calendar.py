"""Working time: how much of it lies between two instants, and when so much of it has passed. Knows no clock or policy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from slamon.sla.durations import format_duration, parse_duration
from slamon.sla.expectation import Unexpected
from slamon.sla.hours import (
    DAYS,
    WHOLE_DAY,
    CalendarError,
    Interval,
    overlaps,
    parse_holidays,
    parse_hours,
    parse_special,
    parse_weekly,
)
from slamon.sla.open_time import BLOCK_BITS, EPOCH, Block, LocalDays, Span, build_block, merged

__all__ = [
    "ALWAYS", "Calendar", "CalendarError", "Interval", "Unexpected", "format_duration", "parse_duration",
    "parse_holidays", "parse_hours", "parse_special", "parse_weekly",
]  # fmt: skip

_YEAR_MS: Final = 365 * 86_400_000
_LOOK_AHEAD_MS: Final = 2 * _YEAR_MS + 86_400_000  # semantics 2.8
_IDLE_BLOCKS: Final = (5 * _YEAR_MS >> BLOCK_BITS) + 1
_IDLE_DATES: Final = 5 * 366
_MOST_DAYS: Final = 5000
# Blocks are kept for ever, so a record from the year 9999 must not build eight thousand years of them.
_FIRST_BLOCK, _LAST_BLOCK = (
    int((datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds() * 1000) >> BLOCK_BITS for year in (1900, 2200)
)
_NOTHING: Final[Mapping[date, tuple[Interval, ...]]] = MappingProxyType({})


class Calendar:
    """The working time of one zone: weekly hours, special dates, holidays (None is the whole local date).

    Instants and spans are integer milliseconds, UTC; open time is half-open and DST is real time (semantics 2.2, 2.6).
    Raises `CalendarError` with every problem of the definition; whether it is ever open needs an instant: `check`.
    """

    __slots__ = ("_always", "_blocks", "_days", "_unbroken", "holidays", "name", "special", "weekly", "zone")

    def __init__(
        self,
        name: str,
        zone: str,
        weekly: Mapping[int, Sequence[Interval]],
        special: Mapping[date, Sequence[Interval]] = _NOTHING,
        holidays: Mapping[date, Sequence[Interval] | None] = _NOTHING,
    ) -> None:
        problems = [*_zone_problems(zone), *_hours_problems(weekly, special, holidays)]
        if problems:
            raise CalendarError([problem.at(name) for problem in problems])
        self.name, self.zone = name, zone
        self.weekly = MappingProxyType({day: tuple(hours) for day, hours in weekly.items()})
        self.special = MappingProxyType({day: tuple(hours) for day, hours in special.items()})
        self.holidays = MappingProxyType({d: None if part is None else tuple(part) for d, part in holidays.items()})
        self._days = LocalDays(ZoneInfo(zone), self.weekly, self.special, self.holidays)
        self._always = not special and not holidays and all(_is_whole_day(weekly.get(day, ())) for day in range(7))
        self._blocks: dict[int, Block] = {}
        self._unbroken: Calendar | None = None

    def __repr__(self) -> str:
        return f"Calendar({self.name!r}, {self.zone!r})"

    @property
    def always(self) -> bool:
        """Whether it is open around the clock."""
        return self._always

    def between(self, start_ms: int, end_ms: int) -> int:
        """The open time in [start, end), negative if the end comes first."""
        if self._always:
            return end_ms - start_ms
        first, last = start_ms >> BLOCK_BITS, end_ms >> BLOCK_BITS
        begun = self._block(first)
        if first == last:
            return begun.position(end_ms) - begun.position(start_ms)
        open_ms = self._block(last).position(end_ms) - begun.position(start_ms)
        step = 1 if first < last else -1
        skipped = range(first, last) if step > 0 else range(last, first)
        return open_ms + step * sum(self._block(index).total for index in skipped)

    def add(self, start_ms: int, span_ms: int) -> int:
        """The earliest instant with `span_ms` of open time since the start (semantics 2.3); zero is the start itself.

        A negative span counts backward: the latest instant with so much open time left before the start.
        """
        if self._always or span_ms == 0:
            return start_ms + span_ms
        return self._forward(start_ms, span_ms) if span_ms > 0 else self._backward(start_ms, -span_ms)

    def next_open(self, at_ms: int) -> int:
        """The first open instant at or after `at_ms`."""
        if self._always:
            return at_ms
        for block in self._walk(at_ms, 1):
            opening = block.next_open(at_ms)
            if opening is not None:
                return opening
        raise AssertionError("the walk ends by raising")

    def is_open(self, at_ms: int) -> bool:
        """Whether an instant is working time; a closing is not."""
        return self._always or self._block(at_ms >> BLOCK_BITS).next_open(at_ms) == at_ms

    def add_business_days(self, start_ms: int, days: int) -> int:
        """The same local time `days` working dates later, rolled forward to the next opening if closed (semantics 2.9).

        A working date is one with open time; those after the start's own date are counted.
        """
        if not 0 <= days <= _MOST_DAYS:
            raise Unexpected(f"0 to {_MOST_DAYS} business days", days)
        self._refuse_far(start_ms >> BLOCK_BITS)
        start = self._days.wall(start_ms)
        day = self._working_date(start.date(), days)
        there = start_ms if days == 0 else self._days.instant(datetime.combine(day, start.time()))
        return self.next_open(there)

    def periods(self, start_ms: int, end_ms: int) -> Iterator[Span]:
        """The open half-open spans within [start, end), ordered, clipped to it, adjacent ones merged."""
        if self._always:
            if start_ms < end_ms:
                yield start_ms, end_ms
            return
        pending: Span | None = None
        for opens, closes in self._spans(start_ms, end_ms):
            if pending and opens == pending[1]:
                pending = (pending[0], closes)
                continue
            if pending:
                yield pending
            pending = (opens, closes)
        if pending:
            yield pending

    def stretches(self, start_ms: int, end_ms: int) -> Iterable[Span]:
        """What `periods` gives, at once where it is short."""
        if self._always or start_ms >= end_ms:
            return [(start_ms, end_ms)] if start_ms < end_ms else []
        index = start_ms >> BLOCK_BITS
        if index == end_ms >> BLOCK_BITS:
            return self._block(index).spans(start_ms, end_ms)
        return self.periods(start_ms, end_ms)

    def exclusions(self, start_ms: int, end_ms: int, open_ms: int | None = None) -> tuple[int, int]:
        """The time in the range that did not count, in milliseconds: closed, and what only a holiday closed.

        `open_ms` is the open time, where that is known already.
        """
        if self._always:
            return 0, 0
        if open_ms is None:
            open_ms = self.between(start_ms, end_ms)
        holiday_ms = 0 if not self.holidays else self._without_holidays().between(start_ms, end_ms) - open_ms
        return end_ms - start_ms - open_ms - holiday_ms, holiday_ms

    def check(self, at_ms: int) -> list[Unexpected]:
        """The problems that depend on the present: no open time in the next two years (semantics 2.8)."""
        if next(self.periods(at_ms, at_ms + _LOOK_AHEAD_MS), None) is not None:
            return []
        return [Unexpected("some open time in the next two years", "none", "see its hours and holidays", self.name)]

    def _forward(self, start_ms: int, span_ms: int) -> int:
        begun = self._block(start_ms >> BLOCK_BITS)
        position = span_ms + begun.position(start_ms)
        if position <= begun.total:
            return begun.earliest(position)
        for block in self._walk(start_ms, 1):
            if position <= block.total:
                return block.earliest(position)
            position -= block.total
        raise AssertionError("the walk ends by raising")

    def _backward(self, start_ms: int, span_ms: int) -> int:
        first = self._block(start_ms >> BLOCK_BITS)
        from_end = span_ms + first.total - first.position(start_ms)
        for block in self._walk(start_ms, -1):
            if from_end <= block.total:
                return block.latest(block.total - from_end)
            from_end -= block.total
        raise AssertionError("the walk ends by raising")

    def _walk(self, from_ms: int, step: int) -> Iterator[Block]:
        index, idle = from_ms >> BLOCK_BITS, 0
        while idle <= _IDLE_BLOCKS:
            block = self._block(index)
            yield block
            idle = 0 if block.total else idle + 1
            index += step
        raise CalendarError([Unexpected("open time within five years", "none", where=self.name)])

    def _block(self, index: int) -> Block:
        block = self._blocks.get(index)
        if block is None:
            self._refuse_far(index)
            block = self._blocks[index] = build_block(self._days, index)
        return block

    def _refuse_far(self, index: int) -> None:
        if not _FIRST_BLOCK <= index <= _LAST_BLOCK:
            raise CalendarError([Unexpected("an instant from 1900 to 2200", index << BLOCK_BITS, where=self.name)])

    def _spans(self, start_ms: int, end_ms: int) -> Iterator[Span]:
        if start_ms < end_ms:
            for index in range(start_ms >> BLOCK_BITS, (end_ms - 1 >> BLOCK_BITS) + 1):
                yield from self._block(index).spans(start_ms, end_ms)

    def _working_date(self, day: date, days: int) -> date:
        idle = 0
        while days > 0 and idle <= _IDLE_DATES:
            day += timedelta(days=1)
            works = bool(self._days.open_spans(day))
            days, idle = (days - 1, 0) if works else (days, idle + 1)
        if days > 0:
            raise CalendarError([Unexpected("a working date within five years", "none", where=self.name)])
        return day

    def _without_holidays(self) -> "Calendar":
        if self._unbroken is None:
            self._unbroken = Calendar(self.name, self.zone, self.weekly, self.special) if self.holidays else self
        return self._unbroken


def _zone_problems(zone: str) -> list[Unexpected]:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError, TypeError):  # a directory such as "Europe" is an OSError
        near = get_close_matches(str(zone), available_timezones(), 1)
        return [
            Unexpected("a time zone like 'Europe/Berlin'", zone, f"did you mean {near[0]!r}?" if near else "", "zone")
        ]
    return []


def _hours_problems(
    weekly: Mapping[int, Sequence[Interval]],
    special: Mapping[date, Sequence[Interval]],
    holidays: Mapping[date, Sequence[Interval] | None],
) -> list[Unexpected]:
    numbers = [
        Unexpected("a weekday from 0 (Monday) to 6", day, where="weekly") for day in weekly if day not in range(7)
    ]
    week = [p for day, hours in weekly.items() if day in range(7) for p in overlaps(f"weekly.{DAYS[day]}", hours)]
    dates = [p for day, hours in special.items() for p in overlaps(f"special.{day}", hours)]
    empty = [
        Unexpected("the hours a holiday takes, or None for the whole date", part, where=f"holidays.{day}")
        for day, part in holidays.items()
        if part is not None and not part
    ]
    return numbers + week + dates + empty


def _is_whole_day(hours: Sequence[Interval]) -> bool:
    return merged((i.opens_s, i.closes_s) for i in hours) == [(WHOLE_DAY.opens_s, WHOLE_DAY.closes_s)]


ALWAYS: Final = Calendar("always", "UTC", dict.fromkeys(range(7), (WHOLE_DAY,)))
