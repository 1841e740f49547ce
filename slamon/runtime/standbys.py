"""The copies this worker keeps in this generation: begun when Faust has placed them, ended when it revokes."""

import asyncio
from collections.abc import Callable, Iterable

from slamon.runtime.owned import Ground
from slamon.runtime.standby import Standby

END_SECONDS = 2.0


class Standbys:
    """All of a worker; `calm` says whether none of its own partitions is recovering."""

    def __init__(self, calm: Callable[[], bool]) -> None:
        self._calm = calm
        self.kept: dict[int, Standby] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._share = asyncio.Lock()

    def begin(self, ground: Ground, numbers: Iterable[int]) -> None:
        """Follow these partitions from now on."""
        for number in sorted(numbers):
            standby = self.kept[number] = Standby(number, ground, self._share, self._calm)
            self._tasks.append(asyncio.create_task(standby.follow(), name=f"standby-{number}"))

    async def end(self) -> None:
        """Nothing is followed afterwards; the stores stay open for whoever goes on with them."""
        self.kept.clear()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            # One that is late only waits for a connection to close: it touches its store no more.
            await asyncio.wait(tasks, timeout=END_SECONDS)
