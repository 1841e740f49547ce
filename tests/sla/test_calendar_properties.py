"""slamon promises that its calendar counts what a patient person counts, minute by minute, looking at the wall clock."""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slamon.sla.calendar import Calendar, CalendarError, Interval

MINUTE = 60_000
DAY = 86_400_000
WALK = timedelta(days=5)  # walked on both sides of the middle
ASKED = 3 * DAY  # asked about: what lies outside is reached by no gap and no offset

# Around these dates the clocks change, each in its own way.
AWKWARD = (
    ("Europe/Berlin", "2024-03-31"),
    ("Europe/Berlin", "2024-10-27"),
    ("America/Sao_Paulo", "2018-11-04"),  # there is no midnight
    ("America/Sao_Paulo", "2018-02-18"),  # 23:00 to 24:00 twice
    ("Asia/Beirut", "2024-03-31"),
    ("Asia/Beirut", "2024-10-27"),
    ("Africa/Cairo", "2024-04-26"),
    ("Africa/Cairo", "2024-11-01"),
    ("Australia/Lord_Howe", "2024-10-06"),  # half an hour
    ("Australia/Lord_Howe", "2024-04-07"),
    ("Asia/Kolkata", "2024-03-31"),
    ("Pacific/Apia", "2011-12-30"),  # a date that never was
    ("Pacific/Kwajalein", "1993-08-21"),
    ("Pacific/Kiritimati", "1994-12-31"),
    ("America/Nuuk", "2024-03-31"),  # there is no 23:00 to 24:00
    ("America/Nuuk", "2024-10-27"),
    ("America/St_Johns", "2006-04-02"),  # one minute after midnight
    ("America/St_Johns", "2006-10-29"),
    ("America/Toronto", "1919-03-31"),  # 23:30 to 00:30 is left out
    ("Antarctica/Troll", "2024-03-31"),  # two hours
    ("Asia/Pyongyang", "2015-08-15"),
    ("Asia/Singapore", "1982-01-01"),
    ("Asia/Tehran", "2015-03-22"),
    ("Africa/Casablanca", "2024-03-10"),
    ("America/Caracas", "2016-05-01"),
)
ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("posix", "right")))


class Wall:
    """What the clock on the wall shows at every minute of the walk, and what that makes of a wall time."""

    def __init__(self, zone: str, middle: date) -> None:
        start = datetime(middle.year, middle.month, middle.day, tzinfo=UTC)
        first, last = (int((start + side).timestamp()) * 1000 for side in (-WALK, WALK))
        self.middle = int(start.timestamp()) * 1000
        self.minutes = list(range(first, last, MINUTE))
        info = ZoneInfo(zone)
        shown = [datetime.fromtimestamp(ms / 1000, info).replace(tzinfo=None, fold=0) for ms in self.minutes]
        self.dates = sorted({wall.date() for wall in shown})[1:-1]
        self.first: dict[datetime, int] = {}
        for ms, wall in zip(self.minutes, shown, strict=True):
            self.first.setdefault(wall, ms)
        steps = zip(self.minutes, shown, shown[1:], strict=False)
        self.gaps = [(ms, before, after) for ms, before, after in steps if after - before > timedelta(minutes=1)]

    def instant(self, day: date, second: int) -> int:
        wall = datetime(day.year, day.month, day.day) + timedelta(seconds=second)
        if wall in self.first:
            return self.first[wall]
        return next(
            ms + (wall - before) // timedelta(milliseconds=1)
            for ms, before, after in self.gaps
            if before < wall < after
        )

    def cells(self, day: date, hours: Sequence[Interval]) -> set[int]:
        ends = [(self.instant(day, i.opens_s), self.instant(day, i.closes_s)) for i in hours]
        return {cell for opens, closes in ends for cell in range(opens, closes, MINUTE)}


wall_of = lru_cache(maxsize=256)(Wall)


def open_minutes(calendar: Calendar, wall: Wall, *, holidays: bool = True) -> list[int]:
    found: set[int] = set()
    for day in wall.dates:
        hours = calendar.special.get(day, calendar.weekly.get(day.weekday(), ()))
        part: Sequence[Interval] | None = calendar.holidays.get(day, ()) if holidays else ()
        if part is not None:
            found |= wall.cells(day, hours) - wall.cells(day, part)
    return sorted(found)


def counted(cells: Sequence[int], start: int, end: int) -> int:
    return sum(max(0, min(end, cell + MINUTE) - max(start, cell)) for cell in cells)


@st.composite
def hours(draw: st.DrawFn) -> tuple[Interval, ...]:
    # Ends on the quarter hours near midnight and 03:00 are where the clocks change, so they are drawn often.
    near = st.sampled_from([0, 15, 30, 45, 60, 75, 90, 120, 135, 150, 165, 180, 195, 240, 1380, 1395, 1410, 1425, 1440])
    marks = draw(st.lists(near | st.integers(0, 1440), max_size=6, unique=True).map(sorted))
    touching = draw(st.booleans())
    pairs = pairwise(marks) if touching else zip(marks[::2], marks[1::2], strict=False)
    return tuple(Interval(opens * 60, closes * 60) for opens, closes in pairs)


def near_by(middle: date) -> st.SearchStrategy[date]:
    return st.integers(-4, 4).map(lambda days: middle + timedelta(days=days))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Calendar, Wall]:
    anywhere = st.tuples(st.sampled_from(ZONES), st.dates(date(1990, 1, 1), date(2036, 12, 31)))
    awkward = st.sampled_from(AWKWARD).map(lambda pair: (pair[0], date.fromisoformat(pair[1])))
    zone, middle = draw(st.one_of(awkward, awkward, awkward, anywhere))
    weekly = draw(st.dictionaries(st.integers(0, 6), hours(), max_size=7))
    if draw(st.booleans()):
        weekly = dict.fromkeys(range(7), draw(hours()))
    special = draw(st.dictionaries(near_by(middle), hours(), max_size=2))
    holidays = draw(st.dictionaries(near_by(middle), st.none() | hours().filter(bool), max_size=2))
    return Calendar("drawn", zone, weekly, special, holidays), wall_of(zone, middle)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Calendar, Wall, int, int]:
    calendar, wall = draw(worlds())
    # Half of the instants lie on whole quarters, where openings, closings and changes are.
    instants = st.integers(-ASKED, ASKED) | st.integers(-ASKED // 900_000, ASKED // 900_000).map(lambda n: n * 900_000)
    start, end = sorted((draw(instants), draw(instants)))
    return calendar, wall, wall.middle + start, wall.middle + end


SOME = settings(
    max_examples=int(os.environ.get("SLAMON_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Question = tuple[Calendar, Wall, int, int]


@SOME
@given(questions())
def test_between_is_what_a_walk_counts(question: Question):  # semantics 2.6, 2.7
    calendar, wall, start, end = question
    cells = open_minutes(calendar, wall)
    assert calendar.between(start, end) == counted(cells, start, end) == -calendar.between(end, start)


@SOME
@given(questions())
def test_is_open_and_next_open_are_what_a_walk_sees(question: Question):
    calendar, wall, start, _ = question
    cells = [cell for cell in open_minutes(calendar, wall) if cell + MINUTE > start]
    assert calendar.is_open(start) == bool(cells and cells[0] <= start)
    if cells:
        assert calendar.next_open(start) == max(cells[0], start)


@SOME
@given(questions())
def test_periods_are_what_a_walk_sees_in_order_and_with_nothing_left_to_merge(question: Question):
    calendar, wall, start, end = question
    runs: list[tuple[int, int]] = []
    for cell in open_minutes(calendar, wall):
        opens, closes = max(cell, start), min(cell + MINUTE, end)
        if opens < closes:
            joins = bool(runs) and runs[-1][1] == opens
            runs[-1:] = [(runs[-1][0], closes)] if joins else [*runs[-1:], (opens, closes)]
    assert list(calendar.periods(start, end)) == runs


@SOME
@given(questions(), st.data())
def test_add_is_the_earliest_and_backward_the_latest_instant(question: Question, data: st.DataObject):  # semantics 2.3
    calendar, _, start, end = question
    open_ms = calendar.between(start, end)
    span = data.draw(st.integers(0, open_ms) | st.just(open_ms))
    due = calendar.add(start, span)
    assert calendar.between(start, due) == span
    assert due == start or calendar.between(start, due - 1) == span - 1
    before = calendar.add(end, -span)
    assert calendar.between(before, end) == span
    assert before == end or calendar.between(before + 1, end) == span - 1


@SOME
@given(questions())
def test_exclusions_and_open_time_make_up_the_whole_range(question: Question):
    calendar, wall, start, end = question
    closed_ms, holiday_ms = calendar.exclusions(start, end)
    would_be = counted(open_minutes(calendar, wall, holidays=False), start, end)
    assert holiday_ms == would_be - counted(open_minutes(calendar, wall), start, end) >= 0
    assert closed_ms + holiday_ms + calendar.between(start, end) == end - start


@SOME
@given(questions(), st.integers(0, 9))
def test_business_days_are_what_a_leafed_calendar_gives(question: Question, days: int):  # semantics 2.9
    calendar, wall, start, _ = question
    cells = open_minutes(calendar, wall)
    info = ZoneInfo(calendar.zone)
    shown = datetime.fromtimestamp(start // 1000, info)
    day_cells = {day: wall.cells(day, (Interval(0, 86_400),)) for day in wall.dates}
    works = [d for d in wall.dates if d > shown.date() and _own_cells(calendar, wall, d)]
    if days > len(works) or not day_cells:
        return
    there = start
    if days:
        midnight = wall.instant(works[days - 1], shown.hour * 3600 + shown.minute * 60)
        there = midnight + start % MINUTE
    after = [cell for cell in cells if cell + MINUTE > there]
    if after:
        assert calendar.add_business_days(start, days) == max(after[0], there)


def _own_cells(calendar: Calendar, wall: Wall, day: date) -> set[int]:
    part = calendar.holidays.get(day, ())
    open_hours = calendar.special.get(day, calendar.weekly.get(day.weekday(), ()))
    return set() if part is None else wall.cells(day, open_hours) - wall.cells(day, part)


instants = st.integers(-45 * 365 * DAY, 200 * 365 * DAY)


@st.composite
def week_calendars(draw: st.DrawFn) -> Calendar:
    weekly = draw(st.dictionaries(st.integers(0, 6), hours(), min_size=1, max_size=7))
    return Calendar("drawn", draw(st.sampled_from(ZONES)), weekly)


@settings(SOME, max_examples=20)
@given(week_calendars(), instants, st.lists(st.integers(-3000 * DAY, 3000 * DAY), min_size=2, max_size=2))
def test_between_is_additive_over_many_years(calendar: Calendar, start: int, steps: list[int]):
    middle, end = start + steps[0], start + steps[0] + steps[1]
    assert calendar.between(start, middle) + calendar.between(middle, end) == calendar.between(start, end)
    low, high = min(start, end), max(start, end)
    assert sum(closes - opens for opens, closes in calendar.periods(low, high)) == calendar.between(low, high)


@settings(SOME, max_examples=20)
@given(week_calendars(), instants, st.integers(1, 2 * 365 * DAY))
def test_add_and_between_agree_over_many_years(calendar: Calendar, start: int, span: int):
    try:
        due, before = calendar.add(start, span), calendar.add(start, -span)
    except CalendarError:  # never open, or only an hour a week and the year 2200 too near
        assert calendar.between(start, start + 3000 * DAY) < span
        return
    assert calendar.between(start, due) == span == calendar.between(before, start)
    assert calendar.between(start, due - 1) == span - 1 == calendar.between(before + 1, start)
