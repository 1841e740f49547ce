"""What befalls a simulated service: when, for how long, and which of its monitors see it."""

import math
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

MONITORS = ("eu", "us", "asia")
SPREAD = 0.6  # sigma of the lognormal
OUTAGE, FLAP = 10.0, 2.0  # seconds at speed 1 that half of them last less than


class Trouble(NamedTuple):
    """From `after` seconds on for `lasts` seconds these monitors say `state`."""

    after: float
    lasts: float
    state: str = "down"
    monitors: Sequence[str] = MONITORS

    @property
    def end(self) -> float:
        return self.after + self.lasts


def troubles(draw: Random, plot: Sequence[Trouble], often: float, speed: float) -> Iterator[Trouble]:
    """Those of the plot, then others without end, `often` a second, one after the other."""
    yield from plot
    now = max((trouble.end for trouble in plot), default=0.0)
    while often > 0:
        now += draw.expovariate(often * speed)
        for trouble in draw.choices(list(KINDS), list(KINDS.values()))[0](draw, speed):
            yield trouble._replace(after=now + trouble.after)
            last = trouble.end
        now += last


def _lasting(draw: Random, median: float, speed: float) -> float:
    return draw.lognormvariate(math.log(median / speed), SPREAD)


def _outage(draw: Random, speed: float) -> Iterator[Trouble]:
    yield Trouble(0, _lasting(draw, OUTAGE, speed))


def _slow(draw: Random, speed: float) -> Iterator[Trouble]:
    yield Trouble(0, _lasting(draw, OUTAGE, speed), "degraded")


def _mistaken(draw: Random, speed: float) -> Iterator[Trouble]:
    """One monitor alone cannot reach it."""
    yield Trouble(0, _lasting(draw, OUTAGE, speed), monitors=(draw.choice(MONITORS),))


def _flapping(draw: Random, speed: float) -> Iterator[Trouble]:
    now = 0.0
    for _ in range(draw.randint(3, 6)):
        yield (trouble := Trouble(now, _lasting(draw, FLAP, speed)))
        now = trouble.end + _lasting(draw, FLAP, speed)


KINDS: dict[Callable[[Random, float], Iterator[Trouble]], int] = {_outage: 4, _flapping: 2, _mistaken: 3, _slow: 2}
