"""Work beside deciding gives the loop away after a millisecond, for nineteen."""

import pytest

from slamon.service import slices
from slamon.service.slices import Slices


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now, slept = 100.0, []

        def monotonic(self) -> float:
            return self.now

        async def sleep(self, seconds: float) -> None:
            self.now += seconds
            self.slept.append(seconds)

    clock = Clock()
    monkeypatch.setattr(slices, "time", clock)
    monkeypatch.setattr(slices, "asyncio", clock)
    return clock


async def test_a_slice_is_over_after_a_millisecond_and_others_have_most_of_the_time(clock):
    work, paused = Slices(), []
    for _ in range(8):
        clock.now += 0.0003
        paused.append(await work.pause())
    assert paused == [False, False, False, True] * 2
    assert clock.slept == pytest.approx([0.0012 * 19] * 2)


async def test_a_step_that_took_long_is_followed_by_a_pause_as_long_as_it_should_be(clock):
    work = Slices()
    clock.now += 0.5
    assert await work.pause()
    assert clock.slept == pytest.approx([9.5])
