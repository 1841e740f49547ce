"""Instants on the wire (semantics 2.1)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.sla import instants

MARCH = 1_709_290_800_000  # 2024-03-01T11:00:00Z


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2024-03-01T11:00:00Z", MARCH),
        ("2024-03-01t11:00:00z", MARCH),
        ("2024-03-01 11:00:00Z", MARCH),
        ("2024-03-01T12:30:00+01:30", MARCH),
        ("2024-03-01T03:00:00-08:00", MARCH),
        ("2024-02-29T23:00:00-12:00", MARCH),
        ("2024-03-01T11:00:00.1Z", MARCH + 100),
        ("2024-03-01T11:00:00.123Z", MARCH + 123),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_every_form_of_rfc_3339_is_read_to_the_exact_millisecond(text: str, ms: int) -> None:
    assert instants.parse(text) == ms


def test_what_is_finer_than_a_millisecond_is_cut_off_so_that_no_record_lies_in_the_future() -> None:
    assert instants.parse("2024-03-01T11:00:00.999999999Z") == MARCH + 999


def test_a_leap_second_is_the_first_instant_of_the_next_minute() -> None:
    assert instants.parse("2016-12-31T23:59:60Z") == instants.parse("2017-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-03-01T11:00:00", "it has no offset: append Z for UTC, or +hh:mm"),
        ("2024-03-01 11:00", "it has no offset: append Z for UTC, or +hh:mm"),
        ("2024-03-01", "it has no offset: append Z for UTC, or +hh:mm"),
        ("01/03/2024 11:00", "write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00"),
        ("2024-03-01T24:00:00Z", "write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00"),
        ("2024-03-01T11:00:00+0100", "write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00"),
        ("٢٠٢٤-03-01T11:00:00Z", "write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00"),
        ("2024-03-01T11:00:00Z\n", "write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00"),
        ("", "write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00"),
        ("2023-02-29T11:00:00Z", "day is out of range for month"),
    ],
)
def test_any_other_text_is_refused_with_the_way_out(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as refused:
        instants.parse(text)
    assert str(refused.value) == reason


def test_milliseconds_are_written_only_if_there_are_any() -> None:
    assert instants.render(MARCH) == "2024-03-01T11:00:00Z"
    assert instants.render(MARCH + 7) == "2024-03-01T11:00:00.007Z"
    assert instants.render(-1) == "1969-12-31T23:59:59.999Z"


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_writing_and_reading_gives_the_same_instant_as_the_calendar_of_python(ms: int) -> None:
    text = instants.render(ms)
    assert instants.parse(text) == ms
    assert datetime.fromisoformat(text) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


@given(st.datetimes(min_value=datetime(1971, 1, 2), max_value=datetime(2199, 12, 30)))
def test_a_plausible_date_in_another_unit_is_named_as_that_unit(naive: datetime) -> None:
    micros = (naive - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    assert instants.EARLIEST_MS <= micros // 1000 < instants.LATEST_MS
    assert instants.looks_like(micros // 1_000_000) == "looks like seconds: multiply by 1000"
    assert instants.looks_like(micros) == "looks like microseconds: divide by 1000"
    assert instants.looks_like(micros * 1000) == "looks like nanoseconds: divide by 1000000"
    assert instants.looks_like(0) == ""
