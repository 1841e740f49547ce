"""What a read_committed reader finds after a run: facts, dead letters, state, positions."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError

from slamon.engine.codec import is_watermark
from slamon.engine.keys import APPLIED
from slamon.engine.position import decode_position
from slamon.engine.unit import Outgoing
from slamon.offline.world import World
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topics import admin_client
from tests.chaos.fleet import PARTITIONS

FACTS = ("warnings", "breaches", "outcomes")


@dataclass
class Outputs:
    """The outputs of a run as far as they were read; `read` goes on to their present ends."""

    bootstrap: str
    prefix: str
    records: dict[str, list[ConsumerRecord]] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    present: Callable[[bytes], bytes] = lambda value: value  # rows of other versions as this one writes them
    _consumer: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, isolation_level="read_committed", auto_offset_reset="earliest",
            enable_auto_commit=False, request_timeout_ms=30_000,
        )  # fmt: skip
        await self._consumer.start()
        roles = (*FACTS, "deadletter", "changelog")
        self._consumer.assign([TopicPartition(self.prefix + role, n) for role in roles for n in range(PARTITIONS)])

    async def read(self, quiet: float = 0.4) -> None:
        """Until nothing has come for a moment at the ends."""
        assert self._consumer is not None
        partitions = list(self._consumer.assignment())
        ends = await self._consumer.end_offsets(partitions)
        while [each for each in partitions if await self._consumer.position(each) < ends[each]]:
            for tp, found in (await self._consumer.getmany(timeout_ms=int(quiet * 1000))).items():
                self.records.setdefault(tp.topic.removeprefix(self.prefix), []).extend(found)

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    def count(self) -> int:
        """How many facts and dead letters were read."""
        return sum(len(self.records.get(role, ())) for role in (*FACTS, "deadletter"))

    def world(self) -> World:
        """What stands after every fact and correction; topic by topic, since corrections follow their fact there."""
        world = World()
        self.orphans = []
        for role in FACTS:
            for record in self.records.get(role, ()):
                try:
                    world.hear([Outgoing(role, record.key, record.value, [])])
                except KeyError as unknown:
                    self.orphans.append(f"correction of a fact that was never told: {unknown}")
        return world

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        return [(role, orjson.loads(record.value)) for role in FACTS for record in self.records.get(role, ())]

    def repeated(self) -> list[str]:
        """Facts that stand in a topic more than once, facts in several topics, dead letters of one record."""
        events = self.events()
        told = Counter((role, event["id"]) for role, event in events)
        facts = Counter(event["id"] for _, event in events if event["data"]["what"] != "correction")
        letters = Counter(self.letters())
        return [
            f"{what}: {count} times"
            for counter in (told, facts, letters)
            for what, count in counter.items()
            if count > 1
        ]

    def letters(self) -> list[tuple[str, str, str]]:
        """(topic, partition, offset) of the records in the dead letter."""
        found = []
        for record in self.records.get("deadletter", ()):
            headers = {name: value.decode() for name, value in record.headers}
            found.append(
                (
                    headers["source_topic"].removeprefix(self.prefix),
                    headers["source_partition"],
                    headers["source_offset"],
                )
            )
        return found

    def state(self) -> dict[bytes, bytes]:
        """The changelog compacted, all partitions; without positions."""
        rows: dict[bytes, bytes] = {}
        for record in self.records.get("changelog", ()):
            if record.key == APPLIED:
                continue
            if record.value is None:
                rows.pop(record.key, None)
            else:
                rows[record.key] = self.present(record.value)
        return rows

    def applied(self) -> dict[tuple[str, int], int]:
        """Next offset by (topic, partition), as the changelog has it."""
        found: dict[tuple[str, int], int] = {}
        for record in self.records.get("changelog", ()):
            if record.key == APPLIED:
                for topic, applied in decode_position(self.present(record.value)).applied.items():
                    found[topic, record.partition] = applied.next_offset
        return found


async def committed(cluster: KafkaCluster, group: str) -> dict[tuple[str, int], int]:
    """The group's offsets; a broker of its own may not have a coordinator yet."""
    admin = admin_client(cluster.bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    offsets = await admin.list_consumer_group_offsets(group)
                except GroupCoordinatorNotAvailableError:
                    await asyncio.sleep(0.3)
                else:
                    return {(tp.topic, tp.partition): meta.offset for tp, meta in offsets.items()}
    finally:
        await admin.close()


async def ends_of(cluster: KafkaCluster, topics: Mapping[str, int]) -> dict[tuple[str, int], int]:
    """Where each partition of topics with so many of them ends now, for who reads committed records alone."""
    consumer = AIOKafkaConsumer(**cluster.client("chaos"), isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        every = [TopicPartition(topic, number) for topic, count in topics.items() for number in range(count)]
        return {(tp.topic, tp.partition): end for tp, end in (await consumer.end_offsets(every)).items()}
    finally:
        await consumer.stop()


async def records_between(cluster: KafkaCluster, topic: str, number: int, first: int, end: int) -> int:
    """How many records that change something lie there: no watermarks, and none that stood before."""
    consumer = AIOKafkaConsumer(**cluster.client("chaos"), isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([tp := TopicPartition(topic, number)])
        await consumer.seek_to_beginning(tp)
        seen, new = set(), 0
        while await consumer.position(tp) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if is_watermark(record.headers) or record.offset >= end:
                        continue
                    told = (record.key, record.value)
                    new += record.offset >= first and told not in seen
                    seen.add(told)
        return new
    finally:
        await consumer.stop()


async def quietly(*closing: Any) -> None:
    """Close what may hang on a broker that is gone."""
    await asyncio.wait([asyncio.ensure_future(one) for one in closing], timeout=5)


def shown(things: Iterable[Any], most: int = 5) -> str:
    found: Sequence[str] = [str(thing) for thing in things]
    return "; ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")
