"""How long things that are to be done have stood still. No I/O: the time is an argument."""

from collections.abc import Mapping
from typing import NamedTuple

FROZEN = 5.0  # between two looks a second apart: so much longer, and this process stood still itself


class Stall(NamedTuple):
    """What stands still, and for how many seconds."""

    what: str
    seconds: float


class Patience:
    """Each thing to be done has a mark, which is whatever changes while it is done. Look every second."""

    def __init__(self) -> None:
        self._looked: float | None = None
        self._waited: dict[str, tuple[object, float]] = {}

    def longest(self, to_do: Mapping[str, object], now: float) -> Stall | None:
        """What has stood still longest, None if there is nothing to do; what is not named now begins anew next time.

        A process that was frozen as a whole goes on where it was: that time counts for a few seconds only.
        """
        passed = 0.0 if self._looked is None else min(now - self._looked, FROZEN)
        self._looked = now
        self._waited = {what: (mark, self._so_far(what, mark, passed)) for what, mark in to_do.items()}
        stalls = (Stall(what, seconds) for what, (_, seconds) in self._waited.items())
        return max(stalls, key=lambda stall: stall.seconds, default=None)

    def _so_far(self, what: str, mark: object, passed: float) -> float:
        before = self._waited.get(what)
        return before[1] + passed if before is not None and before[0] == mark else 0.0
