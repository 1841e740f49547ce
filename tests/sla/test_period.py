"""Calendar periods in a zone, on the days the clocks change too (semantics 5.2)."""

import pytest

from slamon.sla.period import bounds, nominal_ms
from slamon.sla.uptime_terms import Period
from tests.kit import DAY, HOUR, at

BERLIN = "Europe/Berlin"


def hours(unit: str, when: str, zone: str = BERLIN) -> float:
    start, end = bounds(Period(unit, unit, zone=zone), at(when))
    assert start <= at(when) < end
    return (end - start) / HOUR


@pytest.mark.parametrize(
    ("unit", "when", "length"),
    [
        ("day", "2024-03-30 12:00", 24),
        ("day", "2024-03-31 12:00", 23),
        ("day", "2024-10-27 12:00", 25),
        ("week", "2024-03-28 12:00", 7 * 24 - 1),
        ("month", "2024-02-10 00:00", 29 * 24),
        ("month", "2023-02-10 00:00", 28 * 24),
        ("month", "2024-03-10 00:00", 31 * 24 - 1),
        ("month", "2024-10-10 00:00", 31 * 24 + 1),
        ("quarter", "2024-02-10 00:00", 91 * 24 - 1),
        ("year", "2024-02-10 00:00", 366 * 24),
        ("year", "2023-02-10 00:00", 365 * 24),
    ],
)
def test_a_period_is_as_long_as_it_is_there(unit: str, when: str, length: int) -> None:
    assert hours(unit, when) == length


def test_a_period_begins_at_midnight_of_its_zone() -> None:
    month = Period("month", "month", zone=BERLIN)
    assert bounds(month, at("2024-06-30 21:59")) == (at("2024-05-31 22:00"), at("2024-06-30 22:00"))
    assert bounds(month, at("2024-06-30 22:00"))[0] == at("2024-06-30 22:00")


def test_a_week_begins_on_monday() -> None:
    assert bounds(Period("week", "week"), at("2024-06-30 22:00")) == (at("2024-06-24 00:00"), at("2024-07-01 00:00"))


def test_a_midnight_that_a_clock_change_skips_moves_forward() -> None:
    """Semantics 2.6: in Sao Paulo 2018-11-04 began at 01:00."""
    start, end = bounds(Period("day", "day", zone="America/Sao_Paulo"), at("2018-11-04 12:00"))
    assert (start, end - start) == (at("2018-11-04 03:00"), 23 * HOUR)


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("zone", ["UTC", BERLIN, "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata"])
def test_periods_follow_each_other_without_a_gap(unit: str, zone: str) -> None:
    moment, last = at("2011-01-01 00:00"), None
    while moment < at("2013-06-01 00:00"):
        start, end = bounds(Period(unit, unit, zone=zone), moment)
        assert start <= moment < end
        assert last in (None, start)
        moment = last = end


def test_windows_scale_with_a_month_of_thirty_days() -> None:
    assert nominal_ms(Period("month", "month")) == 30 * DAY
    assert nominal_ms(Period("7d rolling", span_ms=7 * DAY)) == 7 * DAY
