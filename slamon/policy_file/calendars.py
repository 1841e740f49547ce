"""Calendar documents -> calendars, and the public holidays of countries as plain dates."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import holidays as public_holidays

from slamon.policy_file.forms import CalendarSpec, Holidays
from slamon.policy_file.hours import by_date
from slamon.policy_file.problems import Finding, meant, shown
from slamon.policy_file.words import local_date
from slamon.sla.calendar import Calendar, parse_holidays, parse_special, parse_weekly
from slamon.sla.hours import WHOLE_DAY

ALWAYS_NAMES = ("always", "24x7")
YEARS_AHEAD = 6  # with last year: what any ticket that is open now can touch


def around_the_clock(zone: str) -> Calendar:
    """The built-in calendar `always`, with the dates of a zone (business days need them)."""
    return Calendar("always", zone, dict.fromkeys(range(7), (WHOLE_DAY,)))


def calendar(name: str, spec: CalendarSpec) -> Calendar:
    """The calendar of a form without problems whose holidays are plain dates."""
    weekly = parse_weekly(spec.hours)
    special = parse_special(by_date(spec.special), weekly)
    return Calendar(name, spec.zone, weekly, special, parse_holidays(_holidays(spec.holidays)))


def findings(spec: CalendarSpec, at_ms: int | None) -> list[Finding]:
    """What is wrong with its holidays; whether it is ever open again only if the present is given."""
    wrong = [*_country_findings(spec.holidays), *_twice(spec.holidays)]
    if wrong or at_ms is None:
        return wrong
    made = calendar(
        "calendar", CalendarSpec.model_validate(expanded(spec.model_dump(by_alias=True, exclude_defaults=True), at_ms))
    )
    return [Finding((), problem.expected, str(problem.got), problem.hint) for problem in made.check(at_ms)]


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


def _country_findings(off: Holidays) -> Iterator[Finding]:
    if off.country is None:
        lone = [key for key in ("subdivision", "since") if getattr(off, key) is not None]
        yield from (Finding(("holidays", key), "a `country` beside it", "none") for key in lone)
        return
    countries = public_holidays.list_supported_countries()
    if off.country not in countries:
        near = off.country.upper()
        hint = f"did you mean '{near}'?" if near in countries else ""
        yield Finding(("holidays", "country"), "an ISO 3166 country code like 'DE'", shown(off.country), hint)
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


def _holidays(off: Holidays) -> dict[date, list[str] | None]:
    return {local_date(day.date): day.hours for day in off.dates}
