"""The committed records of one changelog partition as bare (key, value) pairs, in pieces.

An AIOKafkaConsumer makes an object of eleven fields of every record, which costs more than everything else in a recovery
together. This asks for the same bytes and keeps two fields. The parsing (batches, aborted transactions, markers) is
aiokafka's own.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import structlog
from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.settings import RuntimeSettings

RETRY_SECONDS = 0.1
GIVE_UP_AFTER = 300  # tries: half a minute of nothing but errors

Pair = tuple[bytes, bytes | None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Manner:
    """How the broker is asked: it answers with `min_bytes`, or with what it has after `wait_ms`. `piece` is records a slice."""

    wait_ms: int
    min_bytes: int
    max_bytes: int
    piece: int


HURRIED = Manner(wait_ms=100, min_bytes=1, max_bytes=8 << 20, piece=2_000)  # a slice is 5 ms to parse and 5 to write
# Few large answers cost less than many small ones, and nobody waits for a copy.
PATIENT = Manner(wait_ms=1_000, min_bytes=256 << 10, max_bytes=2 << 20, piece=2_000)


class BareRecords(PartitionRecords):  # type: ignore[misc]
    """Yields pairs; `next_fetch_offset` is the position."""

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Pair:
        return record.key, record.value


class ChangelogReader:
    """Of one partition; between `start` and `stop` it may be read once. `end` is the last stable offset last heard of."""

    def __init__(self, settings: RuntimeSettings, number: int, manner: Manner = HURRIED) -> None:
        self.end = 0
        self._manner = manner
        self._partition = TopicPartition(settings.changelog, number)
        self._client = AIOKafkaClient(**settings.client(f"recovery-{number}"))
        self._failures = 0

    async def start(self) -> None:
        await self._client.bootstrap()
        await self._client.set_topics([self._partition.topic])

    async def stop(self) -> None:
        await self._client.close()

    async def pieces(self, start: int, end: int | None = None) -> AsyncIterator[tuple[list[Pair], int]]:
        """Pairs and the position behind them, until the position has reached `end` (None: for ever); a piece may hold no pairs."""
        position, piece = start, self._manner.piece
        while end is None or position < end:
            records = await self._fetch(position)
            if records is None:
                continue
            while (
                len(pairs := list(islice(records, piece))) == piece
            ):  # aiokafka's iterator may not be asked again at its end
                yield pairs, records.next_fetch_offset
            position = records.next_fetch_offset
            yield pairs, position

    async def _fetch(self, position: int) -> BareRecords | None:
        """None when it has to be asked again."""
        leader = self._client.cluster.leader_for_partition(self._partition)
        if leader is None or leader == -1:
            return await self._later("no leader")
        topic, number = self._partition
        how = self._manner
        request = FetchRequest(
            how.wait_ms,
            how.min_bytes,
            2 * how.max_bytes,
            READ_COMMITTED,
            [(topic, [(number, position, how.max_bytes)])],
        )
        try:
            response = await self._client.send(leader, request)
        except errors.KafkaError as error:
            return await self._later(repr(error))
        ((_, ((_, code, _, *rest),)),) = response.topics
        if code != errors.NoError.errno:
            return await self._refused(errors.for_code(code), position)
        self._failures = 0
        self.end = rest[0]
        # As in aiokafka's fetcher: from version 11 on a preferred replica stands between the aborted and the records.
        aborted = rest[2] if response.API_VERSION >= 11 else rest[-2]
        memory = MemoryRecords(rest[-1])
        return BareRecords(self._partition, memory, aborted, position, None, None, False, READ_COMMITTED)

    async def _refused(self, error: type[Exception], position: int) -> None:
        if error is errors.OffsetOutOfRangeError:
            raise WorkerMustEnd(
                f"{self._partition.topic}[{self._partition.partition}]: expected records at offset {position}, got "
                f"{error.__name__}: the changelog was cut while it was read (hint: its cleanup.policy must be compact)"
            )
        await self._later(error.__name__)

    async def _later(self, why: str) -> None:
        self._failures += 1
        log.warning("changelog_asked_again", partition=self._partition.partition, reason=why)
        if self._failures > GIVE_UP_AFTER:
            raise WorkerMustEnd(f"{self._partition}: expected to read the changelog, got {why} for too long")
        self._client.force_metadata_update()
        await asyncio.sleep(RETRY_SECONDS)
