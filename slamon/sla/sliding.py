"""When a sum over a window that slides with time changes its sign: exact, piece by piece (semantics 5.2, 5.8).

A rate is a step function of time; the sum of a window at t is its integral over [t - span, t] plus a constant. Rates
come as streams, so that no more of a long past is looked at than the window passes until then.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

NEVER: Final = 2**62


class Rate(NamedTuple):
    """So much a millisecond in [start, end)."""

    start: int
    end: int
    rate: int


class Slide(NamedTuple):
    """A window of this length, its sum now, and the rates from its start on."""

    span: int
    value: int
    trail: Iterable[Rate]


def first_negative(lead: Iterable[Rate], slide: Slide, at: int, limit: int) -> int | None:
    """The first millisecond from `at` to `limit` at which the sum is below zero."""
    return _walk(lead, (slide,), at, limit, at, _first_below)


def first_positive(
    lead: Iterable[Rate], slides: Sequence[Slide], at: int, limit: int, not_before: int = 0
) -> int | None:
    """The first millisecond from `at`, and from `not_before`, to `limit` at which no window's sum is below zero."""
    return _walk(lead, slides, at, limit, not_before, _first_above)


Solve = Callable[[Sequence[int], Sequence[int], int, int], int | None]


def _first_below(values: Sequence[int], slopes: Sequence[int], least: int, length: int) -> int | None:
    """The first step in [least, length] with a value below zero; `least` is where the walk began."""
    if values[0] < 0:
        return least
    if slopes[0] >= 0:
        return None
    step = values[0] // -slopes[0] + 1
    return step if step <= length else None


def _first_above(values: Sequence[int], slopes: Sequence[int], least: int, length: int) -> int | None:
    """The first step in [least, length] with no value below zero."""
    first, last = least, length
    for value, slope in zip(values, slopes, strict=True):
        if value < 0:
            if slope <= 0:
                return None
            first = max(first, -(value // slope))
        elif slope < 0:
            last = min(last, value // -slope)
    return first if first <= last else None


def _walk(
    lead: Iterable[Rate], slides: Sequence[Slide], at: int, limit: int, not_before: int, solve: Solve
) -> int | None:
    front, backs = _Cursor(lead), [_Cursor(slide.trail) for slide in slides]
    values = [slide.value for slide in slides]
    while True:
        rate, end = front.at(at)
        trails = []
        end = min(end, limit)
        for slide, back in zip(slides, backs, strict=True):
            trail, until = back.at(at - slide.span)
            trails.append(trail)
            end = min(end, until + slide.span)
        slopes = [rate - trail for trail in trails]
        found = solve(values, slopes, max(0, not_before - at), end - at)
        if found is not None:
            return at + found
        if end >= limit:
            return None
        values = [value + slope * (end - at) for value, slope in zip(values, slopes, strict=True)]
        at = end


class _Cursor:
    """Reads a stream of rates forward; where it has none the rate is zero."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates: Iterator[Rate] = iter(rates)
        self._piece: Rate | None = next(self._rates, None)

    def at(self, at: int) -> tuple[int, int]:
        """The rate from the instant on, and until when it holds."""
        while self._piece is not None and self._piece.end <= at:
            self._piece = next(self._rates, None)
        piece = self._piece
        if piece is None:
            return 0, NEVER
        return (piece.rate, piece.end) if piece.start <= at else (0, piece.start)
