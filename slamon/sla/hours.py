"""Working hours as people write them, on the wall clock of one day. Knows no zone and no instant."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from slamon.sla.expectation import Unexpected

DAY_S: Final = 86_400
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = {name: number for names in (DAYS, _FULL_NAMES) for number, name in enumerate(names)}
_NIGHT: Final = "an overnight shift goes on until its end on the following day"
_CLOCK: Final = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Open from `opens_s` up to, not including, `closes_s`: seconds of one local day, 86400 being its 24:00."""

    opens_s: int
    closes_s: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens_s < self.closes_s <= DAY_S:
            raise Unexpected("an interval inside one day that ends after it starts", (self.opens_s, self.closes_s))

    def __str__(self) -> str:
        return f"{_clock_text(self.opens_s)}-{_clock_text(self.closes_s)}"


WHOLE_DAY: Final = Interval(0, DAY_S)


class CalendarError(ValueError):
    """Everything that is wrong with a calendar, as `problems`."""

    def __init__(self, problems: Sequence[Unexpected]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


def parse_hours(text: object) -> tuple[Interval, ...]:
    """The interval of `09:00-17:00`; of an overnight `22:00-06:00` two, the second on the following day (semantics 2.2)."""
    opens, closes = _ends(text)
    if opens < closes:
        return (Interval(opens, closes),)
    if opens == closes:
        raise Unexpected("hours that start and end at different times", text, "a whole day is '00:00-24:00'")
    rest = (Interval(0, closes),) if closes else ()
    return (Interval(opens, DAY_S), *rest)


def parse_weekly(hours: Mapping[str, Sequence[str]]) -> dict[int, tuple[Interval, ...]]:
    """Intervals by weekday (0 = Monday) of hours by day name or range (`mon`, `mon-fri`); raises `CalendarError`."""
    problems: list[Unexpected] = []
    week: dict[int, list[Interval]] = {}
    for key, texts in hours.items():
        days = _weekdays(key, problems)
        for own, following in _shifts(key, texts, problems):
            for day in days:
                week.setdefault(day, []).append(own)
                week.setdefault((day + 1) % 7, []).extend(following)
    problems += [p for day, intervals in week.items() for p in overlaps(DAYS[day], intervals, _NIGHT)]
    _refuse(problems)
    return {day: tuple(sorted(intervals)) for day, intervals in sorted(week.items()) if intervals}


def parse_special(
    hours: Mapping[date, Sequence[str]], weekly: Mapping[int, Sequence[Interval]]
) -> dict[date, tuple[Interval, ...]]:
    """Intervals by special date; the morning of an overnight shift joins whatever the following date has anyway."""
    problems: list[Unexpected] = []
    own, mornings = _by_date(hours, problems)
    problems += [p for day, intervals in own.items() for p in overlaps(day.isoformat(), intervals)]
    _refuse(problems)
    for day, morning in mornings.items():
        own[day] = _union([*own.get(day, weekly.get(day.weekday(), ())), *morning])
    return {day: tuple(sorted(intervals)) for day, intervals in sorted(own.items())}


def parse_holidays(hours: Mapping[date, Sequence[str] | None]) -> dict[date, tuple[Interval, ...] | None]:
    """What each holiday takes away: None is the whole date, else the hours given, split at midnight."""
    problems: list[Unexpected] = []
    parts, mornings = _by_date({day: texts for day, texts in hours.items() if texts is not None}, problems)
    _refuse(problems)
    for day, morning in mornings.items():
        parts[day] = [*parts.get(day, ()), *morning]
    taken: dict[date, tuple[Interval, ...] | None] = {day: tuple(_union(found)) for day, found in parts.items()}
    return taken | {day: None for day, texts in hours.items() if texts is None}


def overlaps(where: str, intervals: Iterable[Interval], night: str = "") -> list[Unexpected]:
    """One problem for each interval that begins before an earlier one has ended (semantics 2.8); `night` hints at a shift from the day before."""
    ordered, found = sorted(intervals), []
    for before, after in pairwise(ordered):
        if after.opens_s < before.closes_s:
            hint = night if before.opens_s == 0 else ""
            found.append(Unexpected("intervals that do not overlap", f"{before} and {after}", hint, where))
    return found


def _refuse(problems: Sequence[Unexpected]) -> None:
    if problems:
        raise CalendarError(problems)


def _ends(text: object) -> tuple[int, int]:
    opens, dash, closes = text.partition("-") if isinstance(text, str) else ("", "", "")
    if not dash:
        raise Unexpected("hours like '09:00-17:00'", text)
    start = _seconds(opens.strip(), text)
    if start == DAY_S:
        raise Unexpected("24:00 only as an end", text, "a day begins at '00:00'")
    return start, _seconds(closes.strip(), text)


def _seconds(clock: str, text: object) -> int:
    found = _CLOCK.fullmatch(clock)
    hour, minute, second = (int(part or 0) for part in found.groups()) if found else (99, 0, 0)
    total = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or total > DAY_S:
        raise Unexpected("times as HH:MM or HH:MM:SS from 00:00 to 24:00, like '09:00-17:00'", text)
    return total


def _clock_text(second: int) -> str:
    text = f"{second // 3600:02}:{second // 60 % 60:02}"
    return f"{text}:{second % 60:02}" if second % 60 else text


def _shifts(where: str, texts: object, problems: list[Unexpected]) -> Iterator[tuple[Interval, tuple[Interval, ...]]]:
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        problems.append(Unexpected("a list of hours", texts, "write ['09:00-17:00']", str(where)))
        return
    for number, text in enumerate(texts):
        try:
            own, *following = parse_hours(text)
            yield own, tuple(following)
        except Unexpected as problem:
            problems.append(problem.at(f"{where}[{number}]"))


def _weekdays(key: str, problems: list[Unexpected]) -> list[int]:
    first, dash, last = str(key).strip().lower().partition("-")
    start, end = _NUMBERS.get(first.strip()), _NUMBERS.get(last.strip() if dash else first.strip())
    if start is None or end is None:
        problems.append(Unexpected("a day or a range of days like 'mon' or 'mon-fri'", key))
        return []
    return [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]


def _by_date(
    hours: Mapping[date, Sequence[str]], problems: list[Unexpected]
) -> tuple[dict[date, list[Interval]], dict[date, list[Interval]]]:
    own: dict[date, list[Interval]] = {day: [] for day in hours}
    mornings: dict[date, list[Interval]] = {}
    for day, texts in hours.items():
        for interval, following in _shifts(day.isoformat(), texts, problems):
            own[day].append(interval)
            if following and day < date.max:
                mornings.setdefault(day + timedelta(days=1), []).extend(following)
    return own, mornings


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for interval in sorted(intervals):
        if joined and interval.opens_s <= joined[-1].closes_s:
            joined[-1] = Interval(joined[-1].opens_s, max(joined[-1].closes_s, interval.closes_s))
        else:
            joined.append(interval)
    return joined
