"""The copy of a partition that another worker owns: its changelog is followed into a store here, so that taking it over is quick.

It reads committed records and writes its own directory, nothing else: it takes no producer id, sends nothing and has no
group offset. Promotion is the end of following; FENCING and RECOVERING come after it as for every partition and find
the directory nearly level.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

import structlog
from aiokafka import TopicPartition

from slamon.runtime.changelog_reader import PATIENT, ChangelogReader, Pair
from slamon.runtime.directory import reading_from
from slamon.runtime.owned import Ground
from slamon.runtime.store import SlaStore

AGAIN_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Standby:
    """Of one partition in one assignment. `lag`, `level` and `store` are for metrics.

    `share` is held by one standby of a worker at a time: together they get half of the event loop at most.
    `calm` says whether none of the worker's own partitions is recovering: the copies wait for them.
    """

    def __init__(self, number: int, ground: Ground, share: asyncio.Lock, calm: Callable[[], bool]) -> None:
        self.number = number
        self.store: SlaStore | None = None
        self._ground, self._share, self._calm = ground, share, calm
        self._partition = TopicPartition(ground.settings.changelog, number)
        self._position: int | None = None
        self._end = 0
        self._told = False

    @property
    def lag(self) -> int | None:
        """Records (and markers) of the changelog that are not here yet; None before the first answer of a broker."""
        return None if self._position is None else max(0, self._end - self._position)

    @property
    def level(self) -> bool:
        """Whether everything is here that was committed when the broker last answered."""
        return self.lag == 0 and self.store is not None

    async def follow(self) -> None:
        """Until cancelled. What goes wrong is logged and begun again: no partition that is owned here shall end with a copy."""
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - see above
                log.error("standby_failed", partition=self.number, reason=f"{type(error).__name__}: {error}")
            self.store = self._position = None
            with contextlib.suppress(Exception):
                self._ground.stores.close(self.number)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _wait_for_calm(self) -> None:
        while not self._calm():  # noqa: ASYNC110 - states of many partitions, asked only while they recover
            await asyncio.sleep(0.05)

    async def _follow(self) -> None:
        await self._wait_for_calm()
        ground = self._ground
        end = (await ground.offsets.ends([self._partition]))[self._partition]
        first = (await ground.offsets.beginnings([self._partition]))[self._partition]
        store = ground.stores.open(self.number)
        start = reading_from(store, self.number, (first, end), ground.delete_retention_ms)
        if store.timers_stand:
            store.drop_timers()  # to keep them, each record would cost a look at the one it replaces
        self.store, self._position, self._end = store, start, end
        log.info("standby_following", partition=self.number, offset=start, remaining=self.lag)
        reader = ChangelogReader(ground.settings, self.number, PATIENT)
        try:
            await reader.start()
            async for pairs, position in reader.pieces(start):
                await self._take(store, pairs, position)
                self._position, self._end = position, reader.end
                if position >= reader.end:
                    self._reached(store)
        finally:
            await reader.stop()

    async def _take(self, store: SlaStore, pairs: list[Pair], position: int) -> None:
        if not pairs:
            return
        await self._wait_for_calm()
        async with self._share:
            async with self._ground.turn:
                began = time.monotonic()
                store.replay(dict(pairs), self._ground.hooks.head_due, position)
                took = time.monotonic() - began
            await asyncio.sleep(took)

    def _reached(self, store: SlaStore) -> None:
        """Level with the changelog: note the instant, now and then, and see that it comes to the disk, since there is no log."""
        if not self._told:
            self._told = True
            log.info("standby_level", partition=self.number, offset=store.offset)
        now = self._ground.clock.now()
        if store.stamp is None or now - store.stamp > self._ground.settings.stamp_every * 1000:
            store.set_offset(store.offset, now)
            store.begin_flush()
