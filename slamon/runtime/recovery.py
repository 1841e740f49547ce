"""The changelog of one partition brought into its store: batched, from where the store stands to the end read after fencing.

Faust's own recovery is not used (recovery ends there when the record at the end arrives, and the end of a transactional
changelog is a marker, so it never does; and it takes 80 microseconds a record: faust.md 0.7, spikes/README.md). Here the
end is reached when the *position* has passed it.
"""

import asyncio
import time
from dataclasses import dataclass

import structlog
from aiokafka import TopicPartition

from slamon.runtime import faultpoints
from slamon.runtime.changelog_reader import ChangelogReader, Pair
from slamon.runtime.directory import reading_from
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.offsets import Offsets
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.store import HeadDue, SlaStore
from slamon.runtime.wall import wall_ms

LOG_EVERY = 5.0
DAY_MS = 86_400_000

log = structlog.get_logger(__name__)


@dataclass
class Progress:
    """How far a recovery is, for metrics: offsets of the changelog, and records a second."""

    start: int = 0
    position: int = 0
    end: int = 0
    records: int = 0
    seconds: float = 0.0
    done: bool = False

    @property
    def remaining(self) -> int:
        return max(0, self.end - self.position)

    @property
    def rate(self) -> float:
        return self.records / self.seconds if self.seconds else 0.0


class Recovery:
    """Of one partition; `run` returns when the store is level with the changelog."""

    def __init__(
        self,
        settings: RuntimeSettings,
        offsets: Offsets,
        store: SlaStore,
        number: int,
        *,
        head_due: HeadDue,
        delete_retention_ms: int = DAY_MS,
    ) -> None:
        self._settings = settings
        self._offsets = offsets
        self._store = store
        self._head_due = head_due
        self._delete_retention_ms = delete_retention_ms
        self._partition = TopicPartition(settings.changelog, number)
        self.progress = Progress()

    async def run(self) -> None:
        """Replay to the end as it is now. Call it after fencing, or an old owner may still write behind that end."""
        began = time.monotonic()
        stamp = wall_ms()
        end = (await self._offsets.ends([self._partition]))[self._partition]
        first = (await self._offsets.beginnings([self._partition]))[self._partition]
        self._check_end(end)
        start = reading_from(self._store, self._partition.partition, (first, end), self._delete_retention_ms)
        self.progress.start, self.progress.position, self.progress.end = start, start, end
        if start < end:
            await self._read(start, end, began)
        await self._derive_timers()
        self._store.set_offset(max(end, self._store.offset), stamp)
        self.progress.seconds, self.progress.done = time.monotonic() - began, True
        log.info("partition_recovered", **self._facts())
        faultpoints.reach("recovered")

    def _check_end(self, end: int) -> None:
        store = self._store
        if store.offset > end:
            raise WorkerMustEnd(
                f"{self._partition.topic}[{self._partition.partition}]: expected an end at or behind offset {store.offset}, "
                f"up to which {store.path} was written, got {end}: the changelog lost records or was made again "
                f"(hint: restore it; deleting the directory accepts what the changelog holds now as the truth)"
            )

    async def _read(self, start: int, end: int, began: float) -> None:
        reader = ChangelogReader(self._settings, self._partition.partition)
        try:
            await reader.start()
            told = time.monotonic()
            async for pairs, position in reader.pieces(start, end):
                self._take(pairs, position)
                self.progress.seconds = time.monotonic() - began
                if time.monotonic() - told > LOG_EVERY:
                    told = time.monotonic()
                    log.info("partition_recovering", **self._facts())
                await asyncio.sleep(0)
        finally:
            await reader.stop()

    def _take(self, pairs: list[Pair], position: int) -> None:
        faultpoints.reach("recovering")
        if pairs:
            self._store.replay(dict(pairs), self._head_due, position)
        self.progress.position = position
        self.progress.records += len(pairs)

    async def _derive_timers(self) -> None:
        if not self._store.timers_stand:
            for _ in self._store.derive_timers(self._head_due):
                await asyncio.sleep(0)

    def _facts(self) -> dict[str, int]:
        progress = self.progress
        return {
            "partition": self._partition.partition,
            "records": progress.records,
            "remaining": progress.remaining,
            "records_per_second": round(progress.rate),
        }
