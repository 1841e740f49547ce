"""What this worker has proven of the input partitions it owns, told every 200 ms to every partition those inputs feed."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from slamon.engine.codec import WATERMARK_HEADER, encode_watermark
from slamon.engine.unit import Watermark
from slamon.runtime.cluster import Cluster, Report, unheard
from slamon.runtime.intake_mapping import Feed

INTERVAL = 0.2
ACK_TIMEOUT = 5.0

# Owned input partition -> S (semantics 4.4), None = owned, not read yet.
Proven = Callable[[], Mapping[TopicPartition, int | None]]


def watermark_producer(cluster: Cluster) -> AIOKafkaProducer:
    """A producer of its own: a watermark that is lost or doubled harms nothing, so it must not disturb the records'."""
    return AIOKafkaProducer(**cluster.client("watermarks"), acks="all", linger_ms=0, request_timeout_ms=5_000)


class Watermarks:
    """Writes from `run` on, in every state of the worker, also while it recovers; without owned inputs nothing."""

    def __init__(
        self,
        cluster: Cluster,
        feeds: Iterable[Feed],
        producer: AIOKafkaProducer,
        partitions: int,
        proven: Proven,
        *,
        worker: str,
        report: Report = unheard,
    ) -> None:
        self._cluster, self._producer, self._partitions = cluster, producer, partitions
        self._proven, self._worker, self._report = proven, worker, report
        self._roles = {feed.topic: feed.role for feed in feeds}

    async def run(self) -> None:
        """Until cancelled. A broker that does not answer is reported and asked again: silence holds facts back by itself."""
        written = True
        while True:
            began = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(ACK_TIMEOUT):
                    await self.write()
                written = True
            except (KafkaError, TimeoutError) as error:
                if written:  # said once for each time it begins
                    self._report("watermark_not_written", {"error": f"{type(error).__name__}: {error}"})
                written = False
            await asyncio.sleep(max(0.01, INTERVAL - (asyncio.get_running_loop().time() - began)))

    async def write(self) -> int:
        """How many watermark records the broker has taken."""
        values = {role: encode_watermark(Watermark(self._worker, told)) for role, told in self._by_role().items()}
        everywhere = [(role, partition) for role in values for partition in range(self._partitions)]
        sent = [await self._send(self._cluster.topic(role), partition, values[role]) for role, partition in everywhere]
        await asyncio.gather(*sent)
        return len(sent)

    async def _send(self, topic: str, partition: int, value: bytes) -> "asyncio.Future[object]":
        sent: asyncio.Future[object] = await self._producer.send(
            topic, value, partition=partition, headers=[WATERMARK_HEADER]
        )
        return sent

    def _by_role(self) -> dict[str, dict[tuple[str, int], int | None]]:
        found: dict[str, dict[tuple[str, int], int | None]] = {}
        for owned, instant in self._proven().items():
            if role := self._roles.get(owned.topic):
                found.setdefault(role, {})[owned.topic, owned.partition] = instant
        return found
