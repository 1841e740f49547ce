"""Where the wall clock becomes instants: the open spans of one date, and of a fixed stretch of time with running sums."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from slamon.sla.hours import DAY_S, Interval

Span = tuple[int, int]  # [opens, closes) in epoch milliseconds

BLOCK_BITS: Final = 34  # a block is 2**34 ms, 199 days: built in about a millisecond, found by a shift
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_BESIDE: Final = 4  # spans from the last instant on: two days of work, which most deadlines are not beyond
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LocalDays:
    """What each local date is open for: holiday before special date before weekly hours (semantics 2.7)."""

    zone: ZoneInfo
    weekly: Mapping[int, Sequence[Interval]]
    special: Mapping[date, Sequence[Interval]]
    holidays: Mapping[date, Sequence[Interval] | None]

    def wall(self, at_ms: int) -> datetime:
        """The zoned wall clock at an instant."""
        return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(self.zone)

    def instant(self, wall: datetime) -> int:
        """The instant of a naive wall time: forward by the gap if it never is, the first one if it is twice (2.6)."""
        # Through UTC, since subtracting two datetimes of one zone ignores DST; fold=0 is exactly the rule above (PEP 495).
        return (wall.replace(tzinfo=self.zone, fold=0) - EPOCH) // _MS

    def open_spans(self, day: date) -> list[Span]:
        """The open spans of one date, ordered and disjoint; none on a date the zone skips."""
        part = self.holidays.get(day, ())
        hours = self.special.get(day, self.weekly.get(day.weekday(), ()))
        if part is None or not hours or self._is_skipped(day):
            return []
        return without(merged(self._spans(day, hours)), merged(self._spans(day, part)))

    def _spans(self, day: date, hours: Sequence[Interval]) -> list[Span]:
        midnight = datetime.combine(day, time())
        ends = ((self._second(midnight, i.opens_s), self._second(midnight, i.closes_s)) for i in hours)
        return [(opens, closes) for opens, closes in ends if opens < closes]

    def _second(self, midnight: datetime, second: int) -> int:
        return self.instant(midnight + (_ONE_DAY if second == DAY_S else timedelta(seconds=second)))

    def _is_skipped(self, day: date) -> bool:
        # Pacific/Apia had no 2011-12-30: moved forward by the gap, its hours would be worked on the 31st.
        midnight = datetime.combine(day, time())
        return self.instant(midnight) == self.instant(midnight + _ONE_DAY)


class Block:
    """The open spans of one stretch of time, with sums: positions are open milliseconds since the block's start."""

    __slots__ = ("_near", "closes", "opens", "sums", "total")

    def __init__(self, spans: Sequence[Span]) -> None:
        self.opens = [opens for opens, _ in spans]
        self.closes = [closes for _, closes in spans]
        self.sums = list(accumulate(closes - opens for opens, closes in spans))
        self.total = self.sums[-1] if spans else 0
        self._near = 0  # where the last instant was found: the next one mostly lies beside it

    def _last_opening(self, at_ms: int) -> int:
        """The index of the last span that opens at or before the instant, -1 before the first one."""
        opens, near = self.opens, self._near
        if near < len(opens) and opens[near] <= at_ms and (near + 1 == len(opens) or at_ms < opens[near + 1]):
            return near
        found = bisect_right(opens, at_ms) - 1
        self._near = max(found, 0)
        return found

    def _first_sum(self, position: int) -> int:
        """The index of the first span by whose end so much was open: mostly where the last instant was found, or beside it."""
        sums, near = self.sums, self._near
        for index in range(near, min(near + _BESIDE, len(sums))):
            if position <= sums[index]:
                if index > near or near == 0 or sums[near - 1] < position:
                    return index
                break
        return bisect_left(sums, position)

    def position(self, at_ms: int) -> int:
        """The open time from the block's start to an instant in it."""
        last = self._last_opening(at_ms)
        if last < 0:
            return 0
        ahead = self.closes[last] - at_ms
        return self.sums[last] - ahead if ahead > 0 else self.sums[last]

    def earliest(self, position: int) -> int:
        """The first instant at a position in (0, total]: a closing, if it is reached right there."""
        last = self._first_sum(position)
        return self.closes[last] - (self.sums[last] - position)

    def latest(self, position: int) -> int:
        """The last instant at a position in [0, total): an opening, if it is reached right there."""
        last = bisect_right(self.sums, position)
        return self.closes[last] - (self.sums[last] - position)

    def next_open(self, at_ms: int) -> int | None:
        """The first open instant at or after `at_ms`, if this block has one."""
        first = bisect_right(self.closes, at_ms)
        return max(self.opens[first], at_ms) if first < len(self.opens) else None

    def spans(self, start_ms: int, end_ms: int) -> list[Span]:
        """The open spans within [start, end), clipped to it."""
        index, found = self._last_opening(start_ms), []
        if index < 0 or self.closes[index] <= start_ms:
            index += 1
        while index < len(self.opens) and self.opens[index] < end_ms:
            found.append((max(self.opens[index], start_ms), min(self.closes[index], end_ms)))
            index += 1
        return found


def build_block(days: LocalDays, index: int) -> Block:
    """The block `[index << BLOCK_BITS, (index + 1) << BLOCK_BITS)`."""
    start, end = index << BLOCK_BITS, (index + 1) << BLOCK_BITS
    # One date more on each side: a gap pushes hours over midnight, and after a fold at midnight it is yesterday again.
    day, last = days.wall(start).date() - _ONE_DAY, days.wall(end).date() + _ONE_DAY
    found: list[Span] = []
    while day <= last:
        found += days.open_spans(day)
        day += _ONE_DAY
    clipped = ((max(opens, start), min(closes, end)) for opens, closes in found)
    return Block(merged((opens, closes) for opens, closes in clipped if opens < closes))


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time as ordered, disjoint spans; a gap can push one span's closing past the next one's opening."""
    joined: list[Span] = []
    for opens, closes in sorted(spans):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of ordered, disjoint spans; taken away as instants, so a holiday can never add open time."""
    left = list(spans)
    for start, end in taken:
        pieces = [piece for opens, closes in left for piece in ((opens, min(closes, start)), (max(opens, end), closes))]
        left = [(opens, closes) for opens, closes in pieces if opens < closes]
    return left
