"""The worker's two clocks: wall time for instants, monotonic time for spans. The only place of the runtime that reads them."""

import time

from slamon.runtime.errors import WorkerMustEnd

MAX_JUMP_MS = 5_000


def wall_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Milliseconds since some instant; they never go back."""
    return time.monotonic_ns() // 1_000_000


class WallClock:
    """The wall clock, watched against the monotonic one (semantics 4.4).

    The comparison is renewed every minute: slow discipline by NTP is not a jump, however far it gets in a year.
    """

    def __init__(self) -> None:
        self._renew(wall_ms(), monotonic_ms())

    def _renew(self, wall: int, monotonic: int) -> None:
        self._wall, self._monotonic = wall, monotonic

    def now(self) -> int:
        """Epoch milliseconds; raises `WorkerMustEnd` when the wall clock has jumped."""
        return self.check(wall_ms(), monotonic_ms())

    def check(self, wall: int, monotonic: int) -> int:
        """`wall`, if it moved as the monotonic clock did."""
        jump = (wall - self._wall) - (monotonic - self._monotonic)
        if abs(jump) > MAX_JUMP_MS:
            raise WorkerMustEnd(
                f"expected the wall clock to move as the monotonic one does, got a jump of {jump / 1000:+.1f} s: "
                f"no deadline can be judged by it, so the worker ends (hint: look at NTP and at suspended machines)",
            )
        if monotonic - self._monotonic > 60_000:
            self._renew(wall, monotonic)
        return wall
