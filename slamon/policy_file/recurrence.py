"""Recurring windows: RRULEs of RFC 5545 on the wall clock of a zone, checked part by part and expanded by python-dateutil."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import dropwhile, takewhile
from typing import Annotated
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from pydantic import BeforeValidator

from slamon.policy_file.problems import listed, meant
from slamon.policy_file.words import EPOCH, Word
from slamon.sla.expectation import Unexpected
from slamon.sla.instants import LATEST_MS
from slamon.sla.open_time import Span

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
MAX_COUNT = 10_000
MAX_A_DAY = 24
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(rf"([+-]?[0-9]{{1,2}})?({'|'.join(_DAYS)})")
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
_STEPS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
# RFC 5545 3.3.10: what makes no sense at the frequency.
_NOT_WITH: Mapping[str, tuple[str, ...]] = {
    "BYWEEKNO": ("MONTHLY", "WEEKLY", "DAILY", "HOURLY"),
    "BYYEARDAY": ("MONTHLY", "WEEKLY", "DAILY"),
    "BYMONTHDAY": ("WEEKLY",),
}
# dateutil looks for the next occurrence up to the year 9999. The calendar repeats every 400 years, weekdays included, so
# shifted this far it finds the same ones, and has no more than 400 years to look through where there is none.
_SHIFT = timedelta(days=19 * 146_097)
_ONE_DAY = timedelta(days=1)
_FIRST_WITHIN = timedelta(days=10 * 366)


def parts(rule: str) -> dict[str, str]:
    """The parts of an RRULE by name; raises `Unexpected` for one that is unknown, twice, out of range or out of place."""
    found: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name not in PARTS:
            raise Unexpected(f"parts of an RRULE: {', '.join(PARTS)}", part, meant(name, PARTS))
        if name in found:
            raise Unexpected("each part once", part)
        PARTS[name](name, value)
        found[name] = value
    _together(found)
    return found


def _together(found: Mapping[str, str]) -> None:
    if "FREQ" not in found:
        raise Unexpected("a rule with FREQ like 'FREQ=WEEKLY;BYDAY=SU'", _joined(found))
    if "COUNT" in found and "UNTIL" in found:
        raise Unexpected("COUNT or UNTIL", "both")
    for name, frequencies in _NOT_WITH.items():
        if name in found and found["FREQ"] in frequencies:
            raise Unexpected(f"no {name} with FREQ={found['FREQ']}", f"{name}={found[name]}", "RFC 5545 forbids it")
    numbered = re.search(r"[0-9]", found.get("BYDAY", ""))
    if numbered and (found["FREQ"] not in FREQUENCIES[:2] or "BYWEEKNO" in found):
        raise Unexpected("numbered days only with FREQ=MONTHLY or YEARLY", f"BYDAY={found['BYDAY']}")
    hours = found["BYHOUR"].count(",") + 1 if "BYHOUR" in found else 24 if found["FREQ"] == "HOURLY" else 1
    if (a_day := hours * (found.get("BYMINUTE", "").count(",") + 1)) > MAX_A_DAY:
        raise Unexpected(f"at most {MAX_A_DAY} windows a day", str(a_day))
    if "BYSETPOS" in found and not any(name.startswith("BY") for name in found if name != "BYSETPOS"):
        raise Unexpected("another BY part beside BYSETPOS", f"BYSETPOS={found['BYSETPOS']}")


def _joined(found: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in found.items())


def _frequency(name: str, value: str) -> None:
    if value not in FREQUENCIES:
        finer = value in ("MINUTELY", "SECONDLY")
        hint = "HOURLY is the finest; BYMINUTE may list several minutes" if finer else meant(value, FREQUENCIES)
        raise Unexpected(f"FREQ as {listed(FREQUENCIES)}", f"{name}={value}", hint)


def _number(low: int, high: int) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        if not re.fullmatch(r"[0-9]{1,6}", value) or not low <= int(value) <= high:
            raise Unexpected(f"{name} from {low} to {high}", f"{name}={value}")

    return check


def _numbers(low: int, high: int, *, signed: bool = False) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        for number in value.split(","):
            sound = re.fullmatch(r"[+-]?[0-9]{1,3}" if signed else r"[0-9]{1,2}", number)
            if not sound or not low <= abs(int(number)) <= high:
                last = " or, from the last, below zero" if signed else ""
                raise Unexpected(f"{name} from {low} to {high}{last}", f"{name}={value}")

    return check


def _days(name: str, value: str) -> None:
    for day in value.split(","):
        found = _BY_DAY.fullmatch(day)
        if found is None or (found[1] and not 1 <= abs(int(found[1])) <= 53):
            raise Unexpected(f"{name} of {', '.join(_DAYS)}, numbered like 1MO or -1SU", f"{name}={value}")


def _week_start(name: str, value: str) -> None:
    if value not in _DAYS:
        raise Unexpected(f"{name} as {listed(_DAYS)}", f"{name}={value}")


def _until(name: str, value: str) -> None:
    try:
        if _UNTIL.fullmatch(value):
            _last(value, ZoneInfo("UTC"))
            return
    except ValueError:
        pass
    raise Unexpected(f"{name} like 20261231 or 20261231T235959Z", f"{name}={value}")


PARTS: Mapping[str, Callable[[str, str], None]] = {
    "FREQ": _frequency, "INTERVAL": _number(1, 1000), "COUNT": _number(1, MAX_COUNT), "UNTIL": _until,
    "WKST": _week_start, "BYMONTH": _numbers(1, 12), "BYMONTHDAY": _numbers(1, 31, signed=True),
    "BYYEARDAY": _numbers(1, 366, signed=True), "BYWEEKNO": _numbers(1, 53, signed=True), "BYDAY": _days,
    "BYHOUR": _numbers(0, 23), "BYMINUTE": _numbers(0, 59), "BYSETPOS": _numbers(1, 366, signed=True),
}  # fmt: skip


def _last(until: str, zone: ZoneInfo) -> datetime:
    """The last wall time that UNTIL includes; a date includes the whole of it."""
    if "T" not in until:
        return datetime.strptime(until, "%Y%m%d") + _ONE_DAY - timedelta(seconds=1)  # noqa: DTZ007 - a wall time
    wall = datetime.strptime(until.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall time
    return wall.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if until.endswith("Z") else wall


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Windows of one length that begin whenever the rule says so, at or after `starts` on the zone's wall clock."""

    rule: str
    starts: datetime
    lasts_ms: int
    zone: ZoneInfo

    def beginning(self, start_ms: int, end_ms: int) -> list[Span]:
        """The windows that begin in [start, end), ordered; what DST does to their starts: semantics 2.6."""
        # A day more on each side: a gap moves a start forward, and offsets of zones have jumped by a day.
        walls = self._walls(self._wall(start_ms) - 2 * _ONE_DAY, self._wall(end_ms) + 2 * _ONE_DAY)
        begins = sorted({self._instant(wall) for wall in walls})
        return [(at, at + self.lasts_ms) for at in begins if start_ms <= at < end_ms]

    def first(self) -> int | None:
        """The beginning of the first window, None if there is none within ten years."""
        wall = next(self._walls(self.starts, self.starts + _FIRST_WITHIN), None)
        at = None if wall is None else self._instant(wall)
        return None if at is None or at >= LATEST_MS else at

    def _walls(self, low: datetime, high: datetime) -> Iterator[datetime]:
        named = parts(self.rule)
        last = _last(named["UNTIL"], self.zone) if "UNTIL" in named else high
        walls = _counted(self.rule, self.starts) if "COUNT" in named else _endless(self.rule, self.starts, low)
        inside = takewhile(lambda wall: wall < high and wall <= last, walls)
        return dropwhile(lambda wall: wall < low, inside)

    def _wall(self, at_ms: int) -> datetime:
        return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(self.zone).replace(tzinfo=None)

    def _instant(self, wall: datetime) -> int:
        # fold=0: a wall time that never is moves forward by the gap, of two the first counts (PEP 495).
        return (wall.replace(tzinfo=self.zone, fold=0) - EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=256)
def _counted(rule: str, starts: datetime) -> tuple[datetime, ...]:
    return tuple(_expanded(rule, starts))


def _endless(rule: str, starts: datetime, low: datetime) -> Iterator[datetime]:
    """The wall times of the rule from a little before `low`: whole cycles are skipped, so that its phase stays."""
    named = parts(rule)
    step = _STEPS.get(named["FREQ"])
    if step is not None:
        cycle = step * int(named.get("INTERVAL", 1))
        # Two cycles more: the first is cut short by its start, which BYSETPOS would count.
        starts += max((low - starts) // cycle - 2, 0) * cycle
    return _expanded(rule, starts)


def _expanded(rule: str, starts: datetime) -> Iterator[datetime]:
    bare = _joined({name: value for name, value in parts(rule).items() if name != "UNTIL"})
    try:
        found = rrulestr(bare, dtstart=starts + _SHIFT)
    except ValueError:  # hours that an INTERVAL never meets
        return iter(())
    return (wall - _SHIFT for wall in found)


def _written(value: object) -> object:
    return re.sub(r"\s+", "", value).upper().removeprefix("RRULE:") if isinstance(value, str) else value


RuleText = Annotated[
    str,
    Word("a rule like 'FREQ=WEEKLY;BYDAY=SU'", parts, {"examples": ["FREQ=WEEKLY;BYDAY=SU"]}),
    BeforeValidator(_written),
]
