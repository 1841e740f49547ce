"""Sums over sliding windows, against a walk from millisecond to millisecond (semantics 5.2, 5.8)."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from slamon.sla.sliding import Rate, Slide, first_negative, first_positive

NOW = 60


@st.composite
def rates(draw: st.DrawFn) -> list[Rate]:
    """Steps over [0, 140), with gaps."""
    edges = sorted(draw(st.sets(st.integers(0, 140), min_size=2, max_size=12)))
    steps = [Rate(a, b, draw(st.integers(-5, 5))) for a, b in pairwise(edges)]
    return [step for step in steps if draw(st.booleans())]


def rate_at(steps: list[Rate], at: int) -> int:
    return next((step.rate for step in steps if step.start <= at < step.end), 0)


def total(steps: list[Rate], span: int, at: int) -> int:
    return sum(rate_at(steps, ms) for ms in range(at - span, at))


def slide(steps: list[Rate], span: int, plus: int) -> Slide:
    return Slide(span, total(steps, span, NOW) + plus, [step for step in steps if step.end > NOW - span])


def ahead(steps: list[Rate]) -> list[Rate]:
    return [step for step in steps if step.end > NOW]


@given(rates(), st.integers(1, 60), st.integers(-30, 30), st.integers(NOW, 140))
def test_a_sum_falls_below_zero_where_a_walk_says_so(steps: list[Rate], span: int, plus: int, limit: int) -> None:
    walked = (at for at in range(NOW, limit + 1) if total(steps, span, at) + plus < 0)
    assert first_negative(ahead(steps), slide(steps, span, plus), NOW, limit) == next(walked, None)


@given(rates(), st.integers(1, 60), st.integers(1, 60), st.integers(-30, 30), st.integers(NOW, 140), st.integers(0, 20))
def test_two_sums_stand_at_zero_where_a_walk_says_so(
    steps: list[Rate], one: int, other: int, plus: int, limit: int, wait: int
) -> None:
    first = NOW + wait
    walked = (
        at
        for at in range(first, limit + 1)
        if total(steps, one, at) + plus >= 0 and total(steps, other, at) + plus >= 0
    )
    slides = (slide(steps, one, plus), slide(steps, other, plus))
    assert first_positive(ahead(steps), slides, NOW, limit, first) == next(walked, None)
