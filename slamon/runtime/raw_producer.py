"""Records as their senders posted them, into the topics of inputs; returns once every replica in sync has each of them."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from slamon.runtime.cluster import Cluster
from slamon.runtime.errors import WorkerMustEnd, in_words

ACK_SECONDS = 10.0
STOP_SECONDS = 2.0
ROOM = 128 * 1024  # for key, headers and framing beside the value


class NotTaken(Exception):
    """The broker has not acked the record; it may still get it, so whoever sends it again risks a repetition, no loss."""


class TooLargeForTopic(Exception):
    """The topic takes no record of this size, whenever it is sent."""


class RawRecord(NamedTuple):
    """One record for `topic`, with the wall clock of its arrival."""

    topic: str
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]
    timestamp: int


MakeProducer = Callable[[], AIOKafkaProducer]


class RawProducer:
    """An idempotent producer that is replaced once it is spoilt; `open` and `close` are called once each."""

    def __init__(
        self, cluster: Cluster, max_record: int, seconds: float = ACK_SECONDS, make: MakeProducer | None = None
    ) -> None:
        self._make = make or (lambda: _producer(cluster, max_record, seconds))
        self._seconds = seconds
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._stopping: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Raises WorkerMustEnd if the broker gives no producer id."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._started()
        except (KafkaError, TimeoutError) as error:
            raise WorkerMustEnd(f"ingest: expected a broker to produce to, got {in_words(error)}") from error

    async def put(self, record: RawRecord) -> None:
        """Return once the record is acked; raises NotTaken or TooLargeForTopic."""
        try:
            async with asyncio.timeout(self._seconds):
                producer = await self._started()
                await self._put(producer, record)
        except MessageSizeTooLargeError as error:
            raise TooLargeForTopic(record.topic) from error
        except TimeoutError as error:
            raise NotTaken(f"no ack within {self._seconds:g} s") from error
        except KafkaError as error:
            raise NotTaken(in_words(error)) from error

    async def _put(self, producer: AIOKafkaProducer, record: RawRecord) -> None:
        try:
            acked = await producer.send(
                record.topic, record.value, record.key, timestamp_ms=record.timestamp, headers=record.headers
            )
            await acked
        except KafkaError as error:
            # What was refused for good has used up a sequence number: the broker would refuse all that follows.
            if not error.retriable and not isinstance(error, KafkaTimeoutError | KafkaConnectionError):
                self._replace(producer)
            raise

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = self._make()
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    def _replace(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
            task = asyncio.create_task(producer.stop(), name="raw-producer-stop")
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)

    async def close(self) -> None:
        """Let what is under way be acked, for a moment."""
        if self._producer is not None:
            self._replace(self._producer)
        if self._stopping:
            _, late = await asyncio.wait(self._stopping, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()


def _producer(cluster: Cluster, max_record: int, seconds: float) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        **cluster.client("ingest"),
        enable_idempotence=True,
        acks="all",
        max_request_size=max_record + ROOM,
        linger_ms=0,
        request_timeout_ms=int(seconds * 1000),
    )
