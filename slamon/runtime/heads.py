"""What slamon holds of every ticket, read from the changelog as it was committed: whoever owns a partition, or nobody."""

from collections.abc import AsyncIterator

from aiokafka import TopicPartition

from slamon.engine.keys import TICKET
from slamon.runtime.changelog_reader import ChangelogReader
from slamon.runtime.offsets import Offsets
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.topics import partition_counts


class NoChangelog(Exception):
    """There is no such topic, or it has another number of partitions than the settings say."""


async def ticket_heads(settings: RuntimeSettings) -> AsyncIterator[list[bytes]]:
    """The newest head of each ticket, partition by partition, up to what was committed when this began.

    Raises NoChangelog and KafkaError.
    """
    await _check(settings)
    offsets = Offsets(settings)
    await offsets.start()
    try:
        partitions = [TopicPartition(settings.changelog, number) for number in range(settings.partitions)]
        first, end = await offsets.beginnings(partitions), await offsets.ends(partitions)
    finally:
        await offsets.stop()
    for partition in partitions:
        yield await _heads(settings, partition.partition, first[partition], end[partition])


async def _check(settings: RuntimeSettings) -> None:
    count = (await partition_counts(settings)).get(settings.changelog)
    if count is None:
        raise NoChangelog(f"topic {settings.changelog} does not exist (hint: `slamon topics create` makes it)")
    if count != settings.partitions:
        raise NoChangelog(
            f"{settings.changelog}: expected {settings.partitions} partitions as in the settings, got {count}"
        )


async def _heads(settings: RuntimeSettings, number: int, first: int, end: int) -> list[bytes]:
    """In the order of the tickets' names."""
    found: dict[bytes, bytes] = {}
    reader = ChangelogReader(settings, number)
    await reader.start()
    try:
        async for pairs, _ in reader.pieces(first, end):
            for key, value in pairs:
                if key[:1] != TICKET.head:
                    continue
                if value is None:
                    found.pop(key, None)
                else:
                    found[key] = value
    finally:
        await reader.stop()
    return [found[key] for key in sorted(found)]
