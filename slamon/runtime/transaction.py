"""One transactional producer for one owned partition: take its id, write a unit all or nothing, never write as a ghost.

`transactional_id` is <group>-<partition>: InitProducerId by a new owner makes the broker abort what the old one left
open and refuse it from then on. Everything goes to partition number p of its topic. Once anything fails, nothing is
tried again: the process ends, and the changelog tells the next owner what was committed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import repeat
from typing import Any

from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaError,
    ProducerFenced,
)

from slamon.engine.unit import Outgoing
from slamon.runtime import faultpoints
from slamon.runtime.errors import Fenced, OutcomeUnknown, WorkerMustEnd, in_words
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.straight_producer import StraightProducer

BATCH_BYTES = 900_000  # below the broker's default max.message.bytes of 1,048,588, framing included
RETRY_MS = 15  # default 100: p99 of a commit would be 140 ms, since markers take a moment (architecture.md 3)
FENCED_OFF = (ProducerFenced, InvalidProducerEpoch, InvalidProducerIdMapping)  # not this worker any more

StillOurs = Callable[[], Awaitable[None]]  # returns once the coordinator has answered for this member
Headers = list[tuple[str, bytes]]
Row = tuple[bytes | None, bytes | None, Headers]
NO_HEADERS: Headers = []


class PartitionWriter:
    """What may write to partition `number` of the changelog and the output topics, once `fence` has returned."""

    def __init__(self, settings: RuntimeSettings, number: int, still_ours: StillOurs) -> None:
        self._settings = settings
        self._still_ours = still_ours
        self.number = number
        self.transactional_id = f"{settings.group}-{number}"
        self._producer: StraightProducer | None = None
        self._used_at = 0.0

    async def fence(self) -> None:
        """Shut every earlier owner out (InitProducerId).

        Only with the coordinator's word that we are still of this generation: a worker that slept through a rebalance
        would shut the new owner out.
        """
        await self.close()
        await self._still_ours()
        faultpoints.reach("fencing")
        producer = StraightProducer(
            **self._settings.client(f"writer-{self.number}"),
            transactional_id=self.transactional_id,
            transaction_timeout_ms=self._settings.transaction_timeout_ms,
            retry_backoff_ms=RETRY_MS,
            max_batch_size=BATCH_BYTES,
            linger_ms=0,
            acks="all",
            request_timeout_ms=self._settings.transaction_timeout_ms,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer
        self._used_at = time.monotonic()
        faultpoints.reach("fenced")

    async def commit(self, writes: Mapping[bytes, bytes | None], outgoing: Iterable[Outgoing]) -> int | None:
        """The changelog offset behind the last of `writes` (None without any), everything committed.

        Raises `Fenced` when another owner took over, `OutcomeUnknown` when no answer came in time.
        """
        if time.monotonic() - self._used_at > self._settings.renew_id_after:
            await self.fence()
        if self._producer is None:
            raise WorkerMustEnd(f"partition {self.number}: expected a fenced producer before a commit, got none", 70)
        # The broker gives up after transaction_timeout_ms; by twice that it has answered or will not.
        limit = 2 * self._settings.transaction_timeout_ms / 1000
        try:
            async with asyncio.timeout(limit):
                end = await self._transact(self._producer, self._rows(writes, outgoing))
        except FENCED_OFF as error:
            raise Fenced(self._fenced_sentence(error)) from error
        except TimeoutError as error:
            raise OutcomeUnknown(
                f"partition {self.number}: expected the end of a transaction of {self.transactional_id} within "
                f"{limit:.0f} s, got no answer: only the changelog knows whether it was committed, so the worker ends"
            ) from error
        except KafkaError as error:
            raise OutcomeUnknown(
                f"partition {self.number}: expected a transaction of {self.transactional_id} to commit, "
                f"got {type(error).__name__}: {error}; the worker ends and the changelog tells at the next start"
            ) from error
        self._used_at = time.monotonic()
        return end

    def _fenced_sentence(self, error: Exception) -> str:
        return (
            f"partition {self.number}: the broker takes nothing from this worker as {self.transactional_id} any more "
            f"({type(error).__name__}): another worker has taken it over, or a transaction was open for longer than "
            f"{self._settings.transaction_timeout_ms / 1000:g} s; nothing of this unit stands and this worker ends"
        )

    def _rows(self, writes: Mapping[bytes, bytes | None], outgoing: Iterable[Outgoing]) -> dict[str, Iterable[Row]]:
        """By topic; those of the changelog come one by one, since a tuple kept of each took as long as the batches."""
        sent: dict[str, list[Row]] = {}
        for out in outgoing:
            sent.setdefault(self._settings.topic(out.topic), []).append((out.key, out.value, out.headers))
        changes = zip(writes, writes.values(), repeat(NO_HEADERS), strict=False)
        return {self._settings.changelog: changes, **sent} if writes else {**sent}

    async def _transact(self, producer: StraightProducer, rows: Mapping[str, Iterable[Row]]) -> int | None:
        faultpoints.reach("before_transaction")
        await producer.begin_transaction()
        sent = [
            (topic, *last) for topic, of_topic in rows.items() for last in await self._send(producer, topic, of_topic)
        ]
        faultpoints.reach("in_transaction")
        await producer.deliver()
        end = await self._taken(sent)
        if rows.keys() - {self._settings.changelog}:
            faultpoints.reach("facts_sent")
        faultpoints.reach("before_commit")
        await producer.commit_transaction()
        return end

    async def _taken(self, sent: Iterable[tuple[str, Any, int]]) -> int | None:
        """The changelog offset behind the last record, once the broker has every batch.

        To be asked before the commit: aiokafka commits what was taken though the broker refused the rest for good.
        """
        end = None
        for topic, future, count in sent:
            base = await self._offset_of(topic, future)
            if topic == self._settings.changelog:
                end = base + count
        return end

    async def _offset_of(self, topic: str, future: "asyncio.Future[Any]") -> int:
        try:
            return int((await future).offset)
        except FENCED_OFF:
            raise
        except KafkaError as error:
            raise WorkerMustEnd(
                f"partition {self.number}: expected {topic} to take its part of a unit, got {in_words(error)}; "
                f"nothing of the unit is committed and the worker ends (hint: `slamon doctor` looks at topics and rights)"
            ) from error

    async def _send(self, producer: StraightProducer, topic: str, rows: Iterable[Row]) -> list[tuple[Any, int]]:
        sent = []
        batch = producer.create_batch()
        for key, value, headers in rows:
            if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                sent.append((await producer.send_batch(batch, topic, partition=self.number), batch.record_count()))
                await asyncio.sleep(0)  # filling a batch of 900 kB takes some milliseconds
                batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None, headers=headers)
        sent.append((await producer.send_batch(batch, topic, partition=self.number), batch.record_count()))
        return sent

    async def close(self) -> None:
        """Let the connections go; an open transaction is left to the broker's time-out or the next owner."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(2):
                await producer.stop()
        except (KafkaError, TimeoutError):
            return  # fenced or cut off: there is nothing left to say to the broker
