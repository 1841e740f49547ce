"""Calendar documents -> calendars, and the public holidays of countries as plain dates."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import holidays as public_holidays

from slamon.policy_file.forms import CalendarSpec, Holidays
from slamon.policy_file.problems import Finding, meant, shown
from slamon.policy_file.words import found, local_date
from slamon.sla.calendar import Calendar, CalendarError, parse_holidays, parse_special, parse_weekly
from slamon.sla.expectation import Unexpected
from slamon.sla.hours import WHOLE_DAY, Interval

ALWAYS_NAMES = ("always", "24x7")
YEARS_AHEAD = 6  # with last year: what any ticket that is open now can touch

_PLACE = re.compile(r"([^.\[]+)(?:\[(\d+)\])?")


def around_the_clock(zone: str) -> Calendar:
    """The built-in calendar `always`, with the dates of a zone (business days need them)."""
    return Calendar("always", zone, dict.fromkeys(range(7), (WHOLE_DAY,)))


def calendar(name: str, spec: CalendarSpec) -> Calendar:
    """The calendar of a form without problems whose holidays are plain dates."""
    weekly = parse_weekly(spec.hours)
    special = parse_special(_by_date(spec.special), weekly)
    return Calendar(name, spec.zone, weekly, special, parse_holidays(_holidays(spec.holidays)))


def findings(spec: CalendarSpec, at_ms: int | None) -> list[Finding]:
    """What is wrong with its hours and dates; whether it is ever open again only if the present is given."""
    wrong = [*_hours_findings(spec), *_country_findings(spec.holidays), *_twice(spec.holidays)]
    if wrong or at_ms is None:
        return wrong
    made = calendar("calendar", CalendarSpec.model_validate(expanded(spec.model_dump(by_alias=True, exclude_defaults=True), at_ms)))
    return [found(problem) for problem in made.check(at_ms)]


def expanded(spec: dict[str, Any], at_ms: int) -> dict[str, Any]:
    """The spec with its country's holidays as dates, so that it says the same on any machine and after any update."""
    off = spec.get("holidays")
    if not off:
        return spec
    dates = {day["date"]: day for day in (_country_days(off, at_ms) + off.get("dates", []))}
    return {**spec, "holidays": {"dates": [dates[day] for day in sorted(dates)]}}


def _country_days(off: Mapping[str, Any], at_ms: int) -> list[dict[str, str]]:
    if not off.get("country"):
        return []
    year = datetime.fromtimestamp(at_ms / 1000, UTC).year
    years = range(min(off.get("since") or year - 1, year + YEARS_AHEAD), year + YEARS_AHEAD + 1)
    days = public_holidays.country_holidays(off["country"], subdiv=off.get("subdivision"), years=years)
    return [{"date": day.isoformat()} for day in sorted(days)]


def _hours_findings(spec: CalendarSpec) -> Iterator[Finding]:
    weekly: dict[int, tuple[Interval, ...]] = {}
    try:
        weekly = parse_weekly(spec.hours)
    except CalendarError as error:
        yield from _located(error, ("hours",))
    try:
        parse_special(_by_date(spec.special), weekly)
    except CalendarError as error:
        yield from _located(error, ("special",))
    for number, day in enumerate(spec.holidays.dates):
        try:
            parse_holidays({local_date(day.date): day.hours})
        except CalendarError as error:
            yield from (f.under("holidays", "dates", number) for f in _part_off(error))


def _located(error: CalendarError, parent: tuple[str, ...]) -> Iterator[Finding]:
    """The calendar's own places (`mon-fri[1]`) as locations in the document."""
    for problem in error.problems:
        yield found(problem, *_place(problem)).under(*parent)


def _place(problem: Unexpected) -> Iterator[str | int]:
    for place in problem.where.split(".") if problem.where else [str(problem.got)]:
        if parts := _PLACE.fullmatch(place):
            yield parts[1]
            if parts[2]:
                yield int(parts[2])


def _part_off(error: CalendarError) -> Iterator[Finding]:
    for problem in error.problems:
        yield found(problem, "hours", *(step for step in _place(problem) if isinstance(step, int)))


def _country_findings(off: Holidays) -> Iterator[Finding]:
    if off.country is None:
        return
    countries = public_holidays.list_supported_countries()
    if off.country not in countries:
        yield Finding(("holidays", "country"), "an ISO 3166 country code like 'DE'", shown(off.country), meant(off.country, countries))
    elif off.subdivision is not None and off.subdivision not in _subdivisions(off.country, countries):
        known = _subdivisions(off.country, countries)
        hint = meant(off.subdivision, known) or (f"known: {', '.join(known)}" if known else "leave it out")
        yield Finding(("holidays", "subdivision"), f"a subdivision of {off.country}", shown(off.subdivision), hint)


def _subdivisions(country: str, countries: Mapping[str, list[str]]) -> list[str]:
    return list(countries[country])


def _twice(off: Holidays) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, day in enumerate(off.dates):
        if day.date in seen:
            yield Finding(("holidays", "dates", number), "each date once", f"{shown(day.date)} again")
        seen.add(day.date)


def _by_date(hours: Mapping[str, list[str]]) -> dict[date, list[str]]:
    return {local_date(day): texts for day, texts in hours.items()}


def _holidays(off: Holidays) -> dict[date, list[str] | None]:
    return {local_date(day.date): day.hours for day in off.dates}
