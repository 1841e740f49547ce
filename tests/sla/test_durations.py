"""slamon promises that spans are exact, and that what it writes it can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.sla.calendar import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "span_ms"),
    [
        ("4h", 14_400_000),
        ("1h30m", 5_400_000),
        ("90s", 90_000),
        ("2d", 172_800_000),
        ("1w", 604_800_000),
        ("500ms", 500),
        ("1w2d3h4m5s6ms", 788_645_006),
        (" 1d 2h ", 93_600_000),
        ("0s", 0),
    ],
)
def test_units_are_exact(text: str, span_ms: int):  # semantics 2.9
    assert parse_duration(text) == span_ms


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("4 hours", "did you mean '4h'?"),
        ("30 Minutes", "did you mean '30m'?"),
        ("2months", "whole numbers, units w d h m s ms, largest first"),
        ("90", "add a unit: '90s', m, h, d or w"),
        (90, "add a unit: '90s', m, h, d or w"),
        ("1.5h", "whole numbers, units w d h m s ms, largest first"),
        ("30m1h", "whole numbers, units w d h m s ms, largest first"),
        ("1h1h", "whole numbers, units w d h m s ms, largest first"),
        ("-4h", "whole numbers, units w d h m s ms, largest first"),
        ("", "whole numbers, units w d h m s ms, largest first"),
        ("４h", "whole numbers, units w d h m s ms, largest first"),
        (None, "units are w d h m s ms"),
    ],
)
def test_a_span_that_cannot_be_read_is_refused_with_a_way_out(text, hint: str):
    with pytest.raises(ValueError) as refused:
        parse_duration(text)
    assert str(refused.value) == f"expected a duration like '4h', '30m' or '1h30m', got {text!r} ({hint})"


def test_an_endless_text_is_refused_with_a_short_sentence():
    with pytest.raises(ValueError) as refused:
        parse_duration("9" * 100_000 + "h")
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [(0, "0s"), (5_400_000, "1h30m"), (86_400_000, "1d"), (700_000_500, "8d2h26m40s500ms"), (-900_000, "-15m")],
)
def test_a_span_is_written_as_short_as_it_can_be(span_ms: int, text: str):
    assert format_duration(span_ms) == text


@given(st.integers(0, 10**15))
def test_a_written_span_reads_back_as_itself(span_ms: int):
    assert parse_duration(format_duration(span_ms)) == span_ms
