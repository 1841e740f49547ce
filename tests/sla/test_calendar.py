"""slamon promises that working time is counted like this (semantics 1 and 2)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from slamon.sla.calendar import ALWAYS, Calendar, CalendarError, Interval, parse_holidays, parse_special, parse_weekly

HOUR = 3_600_000
DAY = 24 * HOUR
OFFICE = {"mon-fri": ["09:00-17:00"]}
NON_STOP = {"mon-sun": ["00:00-24:00"]}


def at(zone: str, wall: str, fold: int = 0) -> int:
    return round(datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def utc(wall: str) -> int:
    return at("UTC", wall)


def calendar(hours: dict[str, list[str]], zone: str = "UTC", special=None, holidays=None) -> Calendar:
    weekly = parse_weekly(hours)
    return Calendar("test", zone, weekly, parse_special(special or {}, weekly), parse_holidays(holidays or {}))


# semantics 2.2, 2.3: half-open intervals, the earliest instant


def test_a_target_used_up_exactly_at_closing_is_due_at_closing():  # semantics 2.3
    office = calendar(OFFICE)
    assert office.add(utc("2024-01-05 13:00"), 4 * HOUR) == utc("2024-01-05 17:00")


def test_the_first_millisecond_after_closing_is_worked_at_the_next_opening():
    office = calendar(OFFICE)
    assert office.add(utc("2024-01-05 13:00"), 4 * HOUR + 1) == utc("2024-01-08 09:00") + 1


def test_a_closing_is_not_open_and_an_opening_is():  # semantics 2.2
    office = calendar(OFFICE)
    asked = ("2024-01-05 08:59:59.999", "2024-01-05 09:00", "2024-01-05 16:59:59.999", "2024-01-05 17:00")
    assert [office.is_open(utc(wall)) for wall in asked] == [False, True, True, False]


def test_next_open_is_the_instant_itself_while_open_and_the_next_opening_at_closing():
    office = calendar(OFFICE)
    assert office.next_open(utc("2024-01-05 12:34:56")) == utc("2024-01-05 12:34:56")
    assert office.next_open(utc("2024-01-05 17:00")) == utc("2024-01-08 09:00")


def test_nothing_to_add_leaves_the_start_where_it_is_even_outside_hours():
    assert calendar(OFFICE).add(utc("2024-01-06 11:00"), 0) == utc("2024-01-06 11:00")


def test_a_ticket_created_outside_hours_runs_from_the_opening():  # semantics 2.10
    assert calendar(OFFICE).add(utc("2024-01-06 11:00"), HOUR) == utc("2024-01-08 10:00")


def test_fifteen_minutes_before_a_monday_morning_deadline_is_friday_afternoon():  # semantics 2.9
    assert calendar(OFFICE).add(utc("2024-01-08 09:05"), -15 * 60_000) == utc("2024-01-05 16:50")


def test_counting_backward_to_an_opening_stops_there_and_not_at_the_closing_before():
    assert calendar(OFFICE).add(utc("2024-01-08 17:00"), -8 * HOUR) == utc("2024-01-08 09:00")


def test_between_is_negative_when_the_end_comes_first():
    office, start, end = calendar(OFFICE), utc("2021-02-03 10:00"), utc("2024-01-08 12:00")
    assert office.between(end, start) == -office.between(start, end) < 0


def test_a_day_of_running_time_is_three_eight_hour_days():  # semantics 2.9
    assert calendar(OFFICE).add(utc("2024-01-08 09:00"), DAY) == utc("2024-01-10 17:00")


def test_seconds_on_the_wall_clock_are_counted():
    assert calendar({"mon": ["09:00:30-09:00:45"]}).between(utc("2024-01-08 00:00"), utc("2024-01-09 00:00")) == 15_000


def test_a_span_of_many_years_is_the_sum_of_its_days():
    mondays = calendar({"mon": ["09:00-10:00"]})
    assert mondays.between(utc("1970-01-01 00:00"), utc("2026-01-01 00:00")) == 2922 * HOUR
    assert mondays.add(utc("1970-01-01 00:00"), 2922 * HOUR) == utc("2025-12-29 10:00")
    assert mondays.add(utc("2026-01-01 00:00"), -2922 * HOUR) == utc("1970-01-05 09:00")


# semantics 2.2: overnight


def test_a_holiday_takes_only_its_own_dates_part_of_a_night_shift():  # semantics 2.2
    night = calendar({"mon-fri": ["22:00-06:00"]}, holidays={date(2024, 1, 9): None})
    assert list(night.periods(utc("2024-01-08 12:00"), utc("2024-01-11 00:00"))) == [
        (utc("2024-01-08 22:00"), utc("2024-01-09 00:00")),
        (utc("2024-01-10 00:00"), utc("2024-01-10 06:00")),
        (utc("2024-01-10 22:00"), utc("2024-01-11 00:00")),
    ]


def test_the_night_shift_of_a_friday_ends_on_saturday_morning():
    night = calendar({"mon-fri": ["22:00-06:00"]})
    assert list(night.periods(utc("2024-01-05 12:00"), utc("2024-01-08 12:00"))) == [
        (utc("2024-01-05 22:00"), utc("2024-01-06 06:00"))
    ]


def test_nothing_is_open_in_a_range_without_length():
    """Half-open (semantics 2.2): a fact of the instant in which its clock runs on tells no interval of no seconds."""
    night = calendar({"mon-fri": ["22:00-06:00"]})
    inside = utc("2024-01-08 23:00")
    for end in (inside, inside - HOUR):
        assert list(night.stretches(inside, end)) == list(night.periods(inside, end)) == []
    assert list(night.stretches(inside, inside + 1)) == [(inside, inside + 1)]


def test_the_night_shift_of_a_special_date_ends_on_the_following_morning_beside_the_hours_of_that_day():
    busy = calendar(OFFICE, special={date(2024, 1, 8): ["20:00-02:00"]})
    assert list(busy.periods(utc("2024-01-08 00:00"), utc("2024-01-10 00:00"))) == [
        (utc("2024-01-08 20:00"), utc("2024-01-09 02:00")),
        (utc("2024-01-09 09:00"), utc("2024-01-09 17:00")),
    ]


def test_an_overnight_holiday_takes_the_following_morning_too():
    party = calendar(NON_STOP, holidays={date(2024, 12, 31): ["18:00-08:00"]})
    assert list(party.periods(utc("2024-12-31 00:00"), utc("2025-01-02 00:00"))) == [
        (utc("2024-12-31 00:00"), utc("2024-12-31 18:00")),
        (utc("2025-01-01 08:00"), utc("2025-01-02 00:00")),
    ]


# semantics 2.7: precedence


def test_a_holiday_beats_a_special_date_and_that_beats_the_weekly_hours():  # semantics 2.7
    special = {date(2024, 1, 8): ["10:00-12:00"], date(2024, 1, 9): ["10:00-12:00"]}
    office = calendar(OFFICE, special=special, holidays={date(2024, 1, 9): None})
    days = [
        office.between(utc(f"2024-01-{day} 00:00"), utc(f"2024-01-{day} 23:59")) // HOUR for day in ("08", "09", "10")
    ]
    assert days == [2, 0, 8]


def test_a_holiday_with_hours_takes_only_those():  # semantics 2.7
    office = calendar(OFFICE, holidays={date(2024, 1, 8): ["12:00-13:00", "16:00-24:00"]})
    assert list(office.periods(utc("2024-01-08 00:00"), utc("2024-01-09 00:00"))) == [
        (utc("2024-01-08 09:00"), utc("2024-01-08 12:00")),
        (utc("2024-01-08 13:00"), utc("2024-01-08 16:00")),
    ]


def test_a_special_date_without_hours_is_closed():
    assert calendar(OFFICE, special={date(2024, 1, 8): []}).next_open(utc("2024-01-08 10:00")) == utc(
        "2024-01-09 09:00"
    )


def test_a_holiday_is_a_date_of_the_calendars_zone():
    shop = calendar(NON_STOP, "Asia/Kolkata", holidays={date(2024, 1, 26): None})
    assert list(shop.periods(utc("2024-01-25 00:00"), utc("2024-01-28 00:00"))) == [
        (utc("2024-01-25 00:00"), utc("2024-01-25 18:30")),
        (utc("2024-01-26 18:30"), utc("2024-01-28 00:00")),
    ]


def test_exclusions_tell_a_holiday_from_ordinary_closed_time():
    office = calendar(OFFICE, holidays={date(2024, 1, 8): None})
    assert office.exclusions(utc("2024-01-08 00:00"), utc("2024-01-10 00:00")) == (32 * HOUR, 8 * HOUR)


def test_without_holidays_everything_excluded_is_closed_time():
    assert ALWAYS.exclusions(0, DAY) == (0, 0)


# semantics 2.6: DST


@pytest.mark.parametrize(
    ("zone", "day", "following", "hours"),
    [
        ("Europe/Berlin", "2024-03-31", "2024-04-01", 23),
        ("Europe/Berlin", "2024-10-27", "2024-10-28", 25),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-05", 23),  # the day begins at 01:00
        ("America/Sao_Paulo", "2018-02-17", "2018-02-18", 25),  # 23:00 to 24:00 happens twice
        ("Asia/Beirut", "2024-03-31", "2024-04-01", 23),
        ("Asia/Beirut", "2024-10-26", "2024-10-27", 25),
        ("Africa/Cairo", "2024-04-26", "2024-04-27", 23),
        ("Africa/Cairo", "2024-10-31", "2024-11-01", 25),
        ("Australia/Lord_Howe", "2024-10-06", "2024-10-07", 23.5),
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-08", 24.5),
        ("Antarctica/Troll", "2024-03-31", "2024-04-01", 22),
        ("Asia/Kolkata", "2024-03-31", "2024-04-01", 24),
        ("Pacific/Apia", "2011-12-29", "2011-12-31", 24),
    ],
)
def test_a_local_day_has_as_many_hours_as_really_pass(
    zone: str, day: str, following: str, hours: float
):  # semantics 2.6
    one_day = Calendar("day", zone, {}, special={date.fromisoformat(day): (Interval(0, 86_400),)})
    start = at(zone, f"{day} 00:00")
    assert one_day.between(start - 3 * DAY, start + 3 * DAY) == hours * HOUR
    assert one_day.add(start - DAY, int(hours * HOUR)) == at(zone, f"{following} 00:00")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Africa/Cairo", "Pacific/Apia", "Australia/Lord_Howe"])
def test_round_the_clock_is_real_time_in_every_zone(zone: str):
    start = utc("2011-12-25 12:34:56.789")
    non_stop = calendar(NON_STOP, zone)
    # The holiday lies outside: the same hours, but counted day by day.
    counted = calendar(NON_STOP, zone, holidays={date(1999, 9, 9): None})
    for span in (1, DAY, 400 * DAY, 5000 * DAY):
        assert non_stop.between(start, start + span) == counted.between(start, start + span) == span
        assert non_stop.add(start, span) == counted.add(start, span) == start + span
        assert list(non_stop.periods(start, start + span)) == list(counted.periods(start, start + span))


def test_an_opening_that_does_not_exist_moves_forward_by_the_gap():  # semantics 2.6
    berlin = calendar({"sun": ["02:30-06:00"]}, "Europe/Berlin")
    assert berlin.next_open(utc("2024-03-31 00:00")) == at("Europe/Berlin", "2024-03-31 03:30")


def test_an_interval_that_the_gap_empties_is_dropped():  # semantics 2.6
    berlin = calendar({"sun": ["02:30-03:15"]}, "Europe/Berlin")
    assert berlin.between(utc("2024-03-30 12:00"), utc("2024-03-31 12:00")) == 0


def test_two_intervals_pushed_into_each_other_by_the_gap_are_counted_once():  # semantics 2.6
    berlin = calendar({"sun": ["02:00-02:45", "03:00-04:00"]}, "Europe/Berlin")
    assert list(berlin.periods(utc("2024-03-31 00:00"), utc("2024-03-31 12:00"))) == [
        (utc("2024-03-31 01:00"), utc("2024-03-31 02:00"))
    ]


def test_an_interval_pushed_around_a_whole_other_one_keeps_its_end():  # semantics 2.6
    berlin = calendar({"sun": ["02:00-02:45", "03:10-03:20"]}, "Europe/Berlin")
    assert list(berlin.periods(utc("2024-03-31 00:00"), utc("2024-03-31 12:00"))) == [
        (utc("2024-03-31 01:00"), utc("2024-03-31 01:45"))
    ]


def test_an_ambiguous_time_is_the_first_occurrence():  # semantics 2.6
    berlin = calendar({"sun": ["01:00-02:30", "02:30-03:00"]}, "Europe/Berlin")
    assert berlin.add(utc("2024-10-26 22:00"), HOUR + 1) == utc("2024-10-27 00:00") + 1
    assert berlin.between(utc("2024-10-26 23:00"), utc("2024-10-27 00:30")) == 90 * 60_000
    assert berlin.between(utc("2024-10-27 00:30"), utc("2024-10-27 12:00")) == 90 * 60_000


def test_hours_on_a_date_the_zone_skips_are_never_worked():  # Pacific/Apia had no 2011-12-30
    apia = calendar({"fri": ["09:00-17:00"]}, "Pacific/Apia")
    assert apia.between(utc("2011-12-25 00:00"), utc("2012-01-01 00:00")) == 0
    assert apia.next_open(at("Pacific/Apia", "2011-12-29 12:00")) == at("Pacific/Apia", "2012-01-06 09:00")


def test_a_working_date_the_zone_skips_is_no_business_day():
    apia = calendar(OFFICE, "Pacific/Apia")
    assert apia.add_business_days(at("Pacific/Apia", "2011-12-29 10:00"), 1) == at("Pacific/Apia", "2012-01-02 10:00")


def test_hours_that_a_gap_pushes_over_midnight_are_worked_there_once():  # Nuuk goes from 23:00 to 24:00 on a Saturday
    nuuk = calendar({"sat": ["22:00-23:30"], "sun": ["00:00-01:00"]}, "America/Nuuk")
    assert list(nuuk.periods(utc("2024-03-30 12:00"), utc("2024-03-31 12:00"))) == [
        (at("America/Nuuk", "2024-03-30 22:00"), at("America/Nuuk", "2024-03-31 01:00"))
    ]


def test_the_border_between_two_blocks_of_the_calendar_is_no_instant_of_its_own():
    border = 100 << 34
    counted = calendar(NON_STOP, "Europe/Berlin", holidays={date(1999, 9, 9): None})
    asked = [border - 1, border, border + 1]
    assert [counted.next_open(ms) for ms in asked] == asked
    assert [counted.add(border - 5, 5 + ms - border) for ms in asked] == asked
    assert [counted.add(border + 5, ms - border - 5) for ms in asked] == asked
    assert list(counted.periods(border - 5, border + 5)) == [(border - 5, border + 5)]
    assert counted.between(border - 5, border) == counted.between(border, border + 5) == 5


# semantics 2.9: business days


def test_a_business_day_later_is_the_same_local_time_on_the_next_working_date():  # semantics 2.9
    assert calendar(OFFICE).add_business_days(utc("2024-01-05 16:00"), 1) == utc("2024-01-08 16:00")


def test_business_days_keep_the_local_time_over_a_change_of_the_clocks():
    berlin = calendar(OFFICE, "Europe/Berlin")
    assert berlin.add_business_days(at("Europe/Berlin", "2024-03-29 10:00"), 1) == at(
        "Europe/Berlin", "2024-04-01 10:00"
    )


def test_business_days_keep_the_milliseconds():
    assert calendar(OFFICE).add_business_days(utc("2024-01-04 10:00:15.250"), 1) == utc("2024-01-05 10:00:15.250")


def test_business_days_that_end_outside_hours_roll_forward_to_the_next_opening():  # semantics 2.9
    office = calendar(OFFICE)
    assert office.add_business_days(utc("2024-01-04 18:30:15.250"), 1) == utc("2024-01-08 09:00")
    assert office.add_business_days(utc("2024-01-04 17:00"), 1) == utc("2024-01-08 09:00")
    assert office.add_business_days(utc("2024-01-04 07:00"), 1) == utc("2024-01-05 09:00")


def test_business_days_skip_holidays_and_closed_special_dates_but_count_open_ones():
    special = {date(2024, 1, 9): [], date(2024, 1, 13): ["10:00-11:00"]}
    office = calendar(OFFICE, special=special, holidays={date(2024, 1, 8): None})
    assert office.add_business_days(utc("2024-01-05 10:30"), 1) == utc("2024-01-10 10:30")
    assert office.add_business_days(utc("2024-01-05 10:30"), 4) == utc("2024-01-13 10:30")


def test_a_date_that_a_holiday_or_a_gap_leaves_nothing_of_is_no_business_day():
    holidays = {date(2024, 1, 8): ["08:00-12:00", "12:00-18:00"]}
    assert calendar(OFFICE, holidays=holidays).add_business_days(utc("2024-01-05 10:00"), 1) == utc("2024-01-09 10:00")
    sundays = calendar({"sun": ["02:30-03:15"]}, "Europe/Berlin")
    start = at("Europe/Berlin", "2024-03-24 03:00")
    assert sundays.add_business_days(start, 1) == at("Europe/Berlin", "2024-04-07 03:00")


def test_business_days_from_a_closed_date_count_the_working_dates_after_it():
    assert calendar(OFFICE).add_business_days(utc("2024-01-06 11:00"), 1) == utc("2024-01-08 11:00")


def test_no_business_days_at_all_is_the_next_opening():
    assert calendar(OFFICE).add_business_days(utc("2024-01-06 11:00"), 0) == utc("2024-01-08 09:00")


@pytest.mark.parametrize("days", [-1, 5001])
def test_business_days_go_neither_backward_nor_on_for_ever(days: int):
    with pytest.raises(ValueError, match=f"expected 0 to 5000 business days, got {days}"):
        calendar(OFFICE).add_business_days(0, days)


# refusals


def test_a_calendar_tells_every_problem_of_its_definition_at_once():  # semantics 2.8
    with pytest.raises(CalendarError) as refused:
        Calendar(
            "support",
            "Europe/Berln",
            {0: (Interval(1, 7200), Interval(3600, 9000)), 7: ()},
            {date(2024, 1, 1): (Interval(0, 60), Interval(0, 60))},
            {date(2024, 1, 2): ()},
        )
    assert [str(problem) for problem in refused.value.problems] == [
        "support.zone: expected a time zone like 'Europe/Berlin', got 'Europe/Berln' (did you mean 'Europe/Berlin'?)",
        "support.weekly: expected a weekday from 0 (Monday) to 6, got 7",
        "support.weekly.mon: expected intervals that do not overlap, got '00:00:01-02:00 and 01:00-02:30'",
        "support.special.2024-01-01: expected intervals that do not overlap, got '00:00-00:01 and 00:00-00:01'",
        "support.holidays.2024-01-02: expected the hours a holiday takes, or None for the whole date, got ()",
    ]


@pytest.mark.parametrize("zone", ["", "Europe", "../etc/passwd", "/etc/localtime", "\0"])
def test_a_zone_that_is_none_is_refused_whatever_the_file_system_says(zone: str):
    with pytest.raises(CalendarError, match="expected a time zone"):
        Calendar("x", zone, {})


def test_a_calendar_without_open_time_in_the_next_two_years_has_a_problem():  # semantics 2.8
    once = Calendar("once", "UTC", {}, special={date(2024, 1, 8): (Interval(0, 60),)})
    assert once.check(utc("2022-01-09 00:00")) == []
    (problem,) = once.check(utc("2024-01-08 00:01"))
    assert str(problem).startswith("once: expected some open time in the next two years, got 'none'")


@pytest.mark.parametrize("ask", [lambda c: c.add(0, 1), lambda c: c.add(0, -1), lambda c: c.next_open(0)])
def test_asking_a_calendar_that_never_opens_ends_with_an_error(ask):
    with pytest.raises(CalendarError, match="never: expected open time within five years"):
        ask(Calendar("never", "UTC", {}))


def test_business_days_of_a_calendar_that_never_opens_end_with_an_error():
    with pytest.raises(CalendarError, match="never: expected a working date within five years"):
        Calendar("never", "UTC", {}).add_business_days(0, 1)


def test_a_closed_stretch_of_four_years_is_waited_out():
    rare = Calendar("rare", "UTC", {}, {date(year, 2, 29): (Interval(0, 60),) for year in (2020, 2024)})
    assert rare.add(utc("2020-02-29 00:01"), 60_000) == utc("2024-02-29 00:01")
    assert rare.add(utc("2024-02-29 00:01"), -120_000) == utc("2020-02-29 00:00")


def test_an_instant_from_another_age_is_refused_and_not_counted_day_by_day():
    with pytest.raises(CalendarError, match="expected an instant from 1900 to 2200"):
        calendar(OFFICE).between(0, utc("9999-12-31 00:00"))
