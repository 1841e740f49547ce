"""When a sum over a window that slides with time changes its sign: exact, piece by piece (semantics 5.2, 5.8).

A rate is a step function of time; the sum of a window at t is its integral over [t - span, t] plus a constant.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Rate(NamedTuple):
    """So much a millisecond in [start, end)."""

    start: int
    end: int
    rate: int


class Window(NamedTuple):
    """A window of this length, and what is added to its sum."""

    span: int
    plus: int = 0


def total(rates: Sequence[Rate], window: Window, at: int) -> int:
    """The window's sum at the instant; where no rate is given it is zero."""
    first = at - window.span
    return window.plus + sum(
        (min(piece.end, at) - max(piece.start, first)) * piece.rate
        for piece in rates
        if piece.start < at and piece.end > first
    )


def first_negative(rates: Sequence[Rate], window: Window, at: int, limit: int) -> int | None:
    """The first millisecond from `at` to `limit` at which the sum is below zero."""
    return _walk(rates, (window,), at, limit, _first_below)


def first_positive(rates: Sequence[Rate], windows: Sequence[Window], at: int, limit: int) -> int | None:
    """The first millisecond from `at` to `limit` at which no window's sum is below zero."""
    return _walk(rates, windows, at, limit, _first_above)


def _first_below(values: Sequence[int], slopes: Sequence[int], length: int) -> int | None:
    """The first step in [0, length] with a value below zero."""
    if values[0] < 0:
        return 0
    if slopes[0] >= 0:
        return None
    step = values[0] // -slopes[0] + 1
    return step if step <= length else None


def _first_above(values: Sequence[int], slopes: Sequence[int], length: int) -> int | None:
    """The first step in [0, length] with no value below zero."""
    first, last = 0, length
    for value, slope in zip(values, slopes, strict=True):
        if value < 0:
            if slope <= 0:
                return None
            first = max(first, -(value // slope))
        elif slope < 0:
            last = min(last, value // -slope)
    return first if first <= last else None


Solve = Callable[[Sequence[int], Sequence[int], int], int | None]


def _walk(rates: Sequence[Rate], windows: Sequence[Window], at: int, limit: int, solve: Solve) -> int | None:
    starts = [piece.start for piece in rates]
    values = [total(rates, window, at) for window in windows]
    while True:
        lead, lead_end = _rate(rates, starts, at)
        trails = [_rate(rates, starts, at - window.span) for window in windows]
        end = min(limit, lead_end, *(until + window.span for (_, until), window in zip(trails, windows, strict=True)))
        slopes = [lead - trail for trail, _ in trails]
        found = solve(values, slopes, end - at)
        if found is not None:
            return at + found
        if end >= limit:
            return None
        values = [value + slope * (end - at) for value, slope in zip(values, slopes, strict=True)]
        at = end


def _rate(rates: Sequence[Rate], starts: Sequence[int], at: int) -> tuple[int, int]:
    """The rate from the instant on, and until when it holds."""
    index = bisect_right(starts, at) - 1
    if index >= 0 and at < rates[index].end:
        return rates[index].rate, rates[index].end
    following = rates[index + 1].start if index + 1 < len(rates) else 2**62
    return 0, following
