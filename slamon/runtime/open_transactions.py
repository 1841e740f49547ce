"""Transactions of others that stand open in what is read here: nothing behind their first record can be read, so its deadlines wait."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from slamon.runtime.cluster import Report, unheard
from slamon.runtime.offsets import Offsets
from slamon.runtime.proof import SourceProof
from slamon.runtime.wall import monotonic_ms

MAX_OPEN_MS = 60_000  # architecture 3: longer is a finding
LOOK_EVERY = 5.0

Proofs = Callable[[], Mapping[TopicPartition, SourceProof]]


class OpenTransactions:
    """Of the partitions this worker reads; `run` until cancelled.

    A transaction holds a partition up while the last stable offset stays where it is and records lie behind it. Its age
    counts from when it was first seen: the timestamps of its records are its producer's, and may be of last year.
    """

    def __init__(
        self, stable: Offsets, proofs: Proofs, report: Report = unheard, now: Callable[[], int] = monotonic_ms
    ) -> None:
        self._stable, self._proofs, self._report, self._now = stable, proofs, report, now
        self._since: dict[TopicPartition, tuple[int, int]] = {}  # last stable offset, when it was first seen there
        self._told: set[tuple[TopicPartition, int]] = set()

    def oldest(self) -> dict[str, int]:
        """Topic -> for how many ms its oldest open transaction has stood; topics without one are not named."""
        now, found = self._now(), dict[str, int]()
        for partition, (_, since) in self._since.items():
            found[partition.topic] = max(now - since, found.get(partition.topic, 0))
        return found

    async def run(self) -> None:
        while True:
            with suppress(KafkaError, TimeoutError):  # who reads these partitions tells that the broker is lost
                await self._look()
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        ends = {partition: proof.end for partition, proof in self._proofs().items() if proof.end is not None}
        self.seen(await self._stable.ends(ends) if ends else {}, ends)

    def seen(self, stable: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> None:
        """Ends, and the last stable offsets asked for after them."""
        held = {partition: offset for partition, offset in stable.items() if offset < ends[partition]}
        now = self._now()
        self._since = {each: self._begun(each, offset, now) for each, offset in held.items()}
        self._tell([each for each, (_, since) in self._since.items() if now - since >= MAX_OPEN_MS])

    def _begun(self, partition: TopicPartition, offset: int, now: int) -> tuple[int, int]:
        before = self._since.get(partition)
        return before if before is not None and before[0] == offset else (offset, now)

    def _tell(self, long: Collection[TopicPartition]) -> None:
        """Each transaction once."""
        for partition in long:
            offset, since = self._since[partition]
            if (partition, offset) not in self._told:
                place = {"topic": partition.topic, "partition": partition.partition, "offset": offset}
                self._report("transaction_open", {**place, "seconds": (self._now() - since) // 1000})
        self._told = {(partition, self._since[partition][0]) for partition in long}
