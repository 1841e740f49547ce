"""Hours by day, date and holiday: what is wrong with them, at the place where it is written."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from slamon.policy_file.problems import Finding, meant
from slamon.policy_file.words import found, local_date, refused
from slamon.sla.calendar import CalendarError, parse_holidays, parse_special, parse_weekly
from slamon.sla.expectation import Unexpected
from slamon.sla.hours import DAYS

_PLACE = re.compile(r"([^.\[]+)(?:\[(\d+)\])?")
_SOME_DAY = date(2024, 1, 1)
_DAYS = (*DAYS, "mon-fri", "mon-sat", "mon-sun", "sat-sun")


def weekly(hours: dict[str, list[str]]) -> dict[str, list[str]]:
    """The hours themselves, if each day has intervals that do not overlap (semantics 2.8)."""
    alone = [finding for key, texts in hours.items() for finding in _in_range(key, texts)]
    _refuse(alone or _findings(lambda: parse_weekly(hours)))
    return hours


def special(hours: dict[str, list[str]]) -> dict[str, list[str]]:
    """The hours themselves, if each date has intervals that do not overlap."""
    _refuse(_findings(lambda: parse_special(by_date(hours), {})))
    return hours


def part(hours: list[str]) -> list[str]:
    """The hours themselves, if a holiday can take them away."""
    if not hours:
        raise refused(Finding((), "hours like '12:00-24:00'", "none", "leave `hours` out for the whole date"))
    _refuse([replace(f, loc=f.loc[1:]) for f in _findings(lambda: parse_holidays({_SOME_DAY: hours}))])
    return hours


def by_date(hours: Mapping[str, list[str]]) -> dict[date, list[str]]:
    """The same hours with their dates read."""
    return {local_date(day): texts for day, texts in hours.items()}


def _in_range(key: str, texts: list[str]) -> list[Finding]:
    """What is wrong with the hours of one key by themselves; an overlap once, not for each day of the range."""
    found_here = _findings(lambda: parse_weekly({key: texts}))
    return list({f.got: f if f.loc[:1] == (key,) else replace(f, loc=(key,)) for f in found_here}.values())


def _findings(parse: Callable[[], Any]) -> list[Finding]:
    try:
        parse()
    except CalendarError as error:
        findings = [found(problem, *_place(problem)) for problem in error.problems]
        return [f if f.hint else replace(f, hint=_day_meant(f)) for f in findings]
    return []


def _day_meant(finding: Finding) -> str:
    return meant(finding.loc[0], _DAYS) if len(finding.loc) == 1 and finding.loc[0] not in _DAYS else ""


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise refused(*findings)


def _place(problem: Unexpected) -> Iterator[str | int]:
    """The calendar's own words for a place (`mon-fri[1]`) as a location; a name that is no day is its own place."""
    for place in problem.where.split(".") if problem.where else [str(problem.got)]:
        if parts := _PLACE.fullmatch(place):
            yield parts[1]
            if parts[2]:
                yield int(parts[2])
