"""Windows of planned maintenance, single and recurring, as spans of instants: remembered in blocks, merged when they meet."""

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

from slamon.policy_file.recurrence import Recurrence, parts
from slamon.sla.instants import DAY_MS, EARLIEST_MS, LATEST_MS
from slamon.sla.open_time import Span, merged

LONGEST_UNBROKEN_MS = 31 * DAY_MS
_LOOKED_THROUGH_MS = 400 * DAY_MS
_BLOCK_BITS = 32  # a block is 2**32 ms, 50 days: the few that lie around the present answer nearly every question
_MAX_BLOCKS = 512
_FIRST, _LAST = EARLIEST_MS >> _BLOCK_BITS, LATEST_MS >> _BLOCK_BITS


class PlannedWindows:
    """Single windows and recurrences together; `content` is the same for the same windows (`sla.uptime_terms.Windows`)."""

    __slots__ = ("_beginnings", "_reach", "_recurring", "_single", "_whole", "content")

    def __init__(self, single: Iterable[Span], recurring: Iterable[Recurrence]) -> None:
        self._single = merged(single)
        self._recurring = tuple(recurring)
        self._reach = max(
            [end - start for start, end in self._single] + [r.lasts_ms for r in self._recurring], default=0
        )
        self._beginnings: dict[int, list[Span]] = {}
        self._whole: dict[int, tuple[Span, ...]] = {}
        self.content = _content(self._single, self._recurring)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlannedWindows) and self.content == other.content

    def __hash__(self) -> int:
        return hash(self.content)

    def __repr__(self) -> str:
        return f"PlannedWindows({self.content!r})"

    def between(self, start_ms: int, end_ms: int) -> Sequence[Span]:
        """Every window that overlaps [start, end), whole, ordered, disjoint; windows that meet are one."""
        found: list[Span] = []
        if start_ms < end_ms:
            for index in range(max(_FIRST, start_ms >> _BLOCK_BITS), min(_LAST, end_ms - 1 >> _BLOCK_BITS) + 1):
                near = self._overlapping(index)
                found += [w for w in near if w[0] < end_ms and start_ms < w[1] and w not in found[-1:]]
        return tuple(found)

    def _overlapping(self, index: int) -> tuple[Span, ...]:
        """The whole windows that overlap the block."""
        known = self._whole.get(index)
        if known is None:
            if len(self._whole) >= _MAX_BLOCKS:
                self._whole.clear()
            known = self._whole[index] = self._joined(index << _BLOCK_BITS, (index + 1) << _BLOCK_BITS)
        return known

    def _joined(self, start: int, end: int) -> tuple[Span, ...]:
        low, high, step = start - self._reach >> _BLOCK_BITS, end - 1 >> _BLOCK_BITS, 1
        while True:
            begun = [w for index in range(max(low, _FIRST), min(high, _LAST) + 1) for w in self._beginning(index)]
            inside = [w for w in merged(begun) if w[0] < end and start < w[1]]
            # What begins before the blocks looked at ends before this; what begins after them, not before that.
            early = bool(inside) and low > _FIRST and inside[0][0] < (low << _BLOCK_BITS) + self._reach
            late = bool(inside) and high < _LAST and inside[-1][1] >= (high + 1) << _BLOCK_BITS
            if not early and not late:
                return tuple(inside)
            low, high, step = low - step * early, high + step * late, 2 * step

    def _beginning(self, index: int) -> list[Span]:
        """The windows that begin in the block, in any order."""
        known = self._beginnings.get(index)
        if known is None:
            if len(self._beginnings) >= _MAX_BLOCKS:
                self._beginnings.clear()
            start, end = index << _BLOCK_BITS, (index + 1) << _BLOCK_BITS
            single = self._single[bisect_left(self._single, (start,)) : bisect_left(self._single, (end,))]
            known = single + [window for r in self._recurring for window in r.beginning(start, end)]
            self._beginnings[index] = known
        return known


def longest_unbroken(recurring: Iterable[Recurrence]) -> int:
    """How long the recurring windows go on without a break, as far as some more than a year shows."""
    begun = [(first, each) for each in recurring if (first := each.first()) is not None]
    start = max((first for first, _ in begun), default=0)
    own = [span for first, each in begun for span in each.beginning(first, first + _LOOKED_THROUGH_MS)]
    together = [span for _, each in begun for span in each.beginning(start, start + _LOOKED_THROUGH_MS)]
    return max((end - start for start, end in merged(own + together)), default=0)


def _content(single: Sequence[Span], recurring: Sequence[Recurrence]) -> str:
    rules = sorted((_sorted(r.rule), _text(r.starts), r.lasts_ms, r.zone.key) for r in recurring)
    said = json.dumps([list(single), rules], separators=(",", ":"))
    return blake2b(said.encode(), digest_size=8).hexdigest()


def _sorted(rule: str) -> str:
    return ";".join(f"{name}={value}" for name, value in sorted(parts(rule).items()))


def _text(wall: datetime) -> str:
    return wall.isoformat()
