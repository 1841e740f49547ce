"""slamon promises that hours are read like this, and refused with a sentence that helps."""

from datetime import date

import pytest

from slamon.sla.calendar import CalendarError, Interval, parse_holidays, parse_hours, parse_special, parse_weekly

H = 3600
MORNING = Interval(9 * H, 12 * H)
NIGHT_INTO_TUESDAY = (
    "tue: expected intervals that do not overlap, got '00:00-06:00 and 05:00-09:00'"
    " (an overnight shift goes on until its end on the following day)"
)


def test_hours_are_one_interval_of_the_wall_clock():
    assert parse_hours("09:00-12:00") == (MORNING,)
    assert parse_hours("00:00 - 24:00") == (Interval(0, 24 * H),)
    assert parse_hours("09:00:01-09:00:02") == (Interval(9 * H + 1, 9 * H + 2),)


def test_an_overnight_shift_is_split_at_midnight():  # semantics 2.2
    assert parse_hours("22:00-06:00") == (Interval(22 * H, 24 * H), Interval(0, 6 * H))
    assert parse_hours("22:00-00:00") == (Interval(22 * H, 24 * H),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("09:00", "expected hours like '09:00-17:00', got '09:00'"),
        (None, "expected hours like '09:00-17:00', got None"),
        ("24:00-06:00", "expected 24:00 only as an end, got '24:00-06:00' (a day begins at '00:00')"),
        (
            "09:00-09:00",
            "expected hours that start and end at different times, got '09:00-09:00' (a whole day is '00:00-24:00')",
        ),
        *(
            (text, f"expected times as HH:MM or HH:MM:SS from 00:00 to 24:00, like '09:00-17:00', got '{text}'")
            for text in ("9-17", "09:60-10:00", "09:00-24:01", "09:00-25:00", "09:00-12:00-14:00", "９:00-17:00")
        ),
    ],
)
def test_hours_that_cannot_be_read_are_refused_with_what_was_expected(text, sentence: str):
    with pytest.raises(ValueError) as refused:
        parse_hours(text)
    assert str(refused.value) == sentence


def test_ranges_of_days_may_go_over_the_weekend():
    assert list(parse_weekly({"fri-mon": ["09:00-12:00"]})) == [0, 4, 5, 6]


def test_days_may_be_written_in_full_and_in_any_case():
    assert parse_weekly({"Monday": ["09:00-12:00"]}) == parse_weekly({"MON": ["09:00-12:00"]}) == {0: (MORNING,)}


def test_a_day_named_twice_has_the_hours_of_both():
    week = parse_weekly({"mon-tue": ["13:00-14:00"], "mon": ["09:00-12:00"]})
    assert week == {0: (MORNING, Interval(13 * H, 14 * H)), 1: (Interval(13 * H, 14 * H),)}


def test_the_night_from_sunday_to_monday_belongs_to_both():
    assert parse_weekly({"sun": ["22:00-06:00"]}) == {0: (Interval(0, 6 * H),), 6: (Interval(22 * H, 24 * H),)}


def test_every_problem_of_a_week_is_told_at_once():  # semantics 2.8
    hours = {
        "mon": ["22:00-06:00"],
        "tue": ["05:00-09:00"],
        "someday": ["09:00-17:00"],
        "wed": ["x"],
        "thu": "09:00-17:00",
    }
    with pytest.raises(CalendarError) as refused:
        parse_weekly(hours)
    assert [str(problem) for problem in refused.value.problems] == [
        "expected a day or a range of days like 'mon' or 'mon-fri', got 'someday'",
        "wed[0]: expected hours like '09:00-17:00', got 'x'",
        "thu: expected a list of hours, got '09:00-17:00' (write ['09:00-17:00'])",
        NIGHT_INTO_TUESDAY,
    ]


def test_the_morning_of_a_special_night_joins_the_following_special_date():
    special = {date(2024, 1, 8): ["22:00-10:00"], date(2024, 1, 9): ["09:00-12:00"]}
    assert parse_special(special, {})[date(2024, 1, 9)] == (Interval(0, 12 * H),)


def test_overlapping_hours_of_a_special_date_are_refused():
    with pytest.raises(CalendarError, match=r"^2024-01-08: expected intervals that do not overlap"):
        parse_special({date(2024, 1, 8): ["09:00-12:00", "11:00-13:00"]}, {})


def test_a_holiday_of_a_whole_date_stays_whole_whatever_night_runs_into_it():
    taken = parse_holidays({date(2024, 12, 31): ["18:00-08:00"], date(2025, 1, 1): None})
    assert taken == {date(2024, 12, 31): (Interval(18 * H, 24 * H),), date(2025, 1, 1): None}


def test_a_night_at_the_end_of_all_dates_has_no_morning():
    assert parse_special({date.max: ["22:00-06:00"]}, {}) == {date.max: (Interval(22 * H, 24 * H),)}


@pytest.mark.parametrize("ends", [(5, 5), (6, 5), (-1, 5), (0, 86_401)])
def test_an_interval_lies_inside_one_day_and_ends_after_it_starts(ends: tuple[int, int]):
    with pytest.raises(ValueError, match="expected an interval inside one day"):
        Interval(*ends)
