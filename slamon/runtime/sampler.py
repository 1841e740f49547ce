"""Asks every 25 ms where the owned source partitions end, and tells when the broker was lost and is back (semantics 4.4)."""

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from slamon.runtime.absence import Absence
from slamon.runtime.offsets import Offsets
from slamon.runtime.proof import SourceProof
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.wall import WallClock

log = structlog.get_logger(__name__)


class Sampler:
    """Feeds each `SourceProof` of `proofs`; `settling` holds while timers have to wait after the broker came back."""

    def __init__(
        self,
        settings: RuntimeSettings,
        offsets: Offsets,
        clock: WallClock,
        proofs: Callable[[], Mapping[TopicPartition, SourceProof]],
        sampled: Callable[[], None],
    ) -> None:
        self._settings, self._offsets, self._clock = settings, offsets, clock
        self._proofs, self._sampled = proofs, sampled
        self._answered = time.monotonic()
        self._absence = Absence(settings.datadir)
        self._lost = self._absence.lasts  # the process before this one lost it
        self._settled_at: float | None = None

    @property
    def settling(self) -> bool:
        """The broker is lost, or came back less than `settle` ago: what producers held back meanwhile may still come."""
        return self._lost or self._settled_at is not None

    @property
    def silent_ms(self) -> int:
        """Since the broker last told where the sources end."""
        return round((time.monotonic() - self._answered) * 1000)

    async def run(self) -> None:
        interval = self._settings.sample_ms / 1000
        while True:
            began = time.monotonic()
            await self._sample()
            self._sampled()
            await asyncio.sleep(max(0.002, interval - (time.monotonic() - began)))

    async def _sample(self) -> None:
        proofs = self._proofs()
        asked = self._clock.now()
        if not proofs:
            self._answered = time.monotonic()
            return
        try:
            ends = await self._offsets.ends(proofs, timeout=self._settings.lost_after_ms / 1000)
        except (KafkaError, TimeoutError) as error:
            self._missed(error)
            await asyncio.sleep(0.2)
            return
        self._heard()
        for partition, end in ends.items():
            proofs[partition].sampled(asked, end)

    def _missed(self, error: Exception) -> None:
        silent_ms = self.silent_ms
        if not self._lost and silent_ms >= self._settings.lost_after_ms:
            self._lost, self._settled_at = True, None
            self._absence.begin()
            log.error("broker_lost", silent_ms=silent_ms, error=f"{type(error).__name__}: {error}")

    def _heard(self) -> None:
        self._answered = time.monotonic()
        if self._lost:
            self._lost = False
            self._settled_at = time.monotonic() + self._settings.settle_ms / 1000
            log.warning("broker_back", timers_wait_ms=self._settings.settle_ms)
        elif self._settled_at is not None and time.monotonic() >= self._settled_at:
            self._settled_at = None
            self._absence.end()
