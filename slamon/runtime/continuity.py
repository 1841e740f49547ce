"""Whether a source is still the one that was read: same topic, nothing missing (architecture.md 3, `applied`)."""

from collections.abc import Callable
from dataclasses import dataclass

from aiokafka import TopicPartition

from slamon.engine.unit import Record
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.hooks import Position
from slamon.runtime.offsets import Offsets


@dataclass(frozen=True, slots=True)
class Start:
    """Where to read a source from; `gap` records before it are gone for ever."""

    offset: int
    gap: int


async def start_of(
    offsets: Offsets,
    source: TopicPartition,
    applied: Position | None,
    held: tuple[int, int],
    digest: Callable[[Record], str] | None,
) -> Start:
    """`held` is the log's (first offset, end). Raises `WorkerMustEnd` when the topic is not the one that was applied."""
    first, end = held
    if applied is None:
        return Start(first, 0)
    if applied.next_offset > end:
        raise WorkerMustEnd(_recreated(source, f"{applied.next_offset} records applied", f"an end at {end}"))
    if applied.next_offset < first:
        return Start(first, first - applied.next_offset)
    last = applied.next_offset - 1
    if digest is not None and first <= last:
        await _same_record(offsets, source, last, applied, digest)
    return Start(applied.next_offset, 0)


async def _same_record(
    offsets: Offsets, source: TopicPartition, last: int, applied: Position, digest: Callable[[Record], str]
) -> None:
    record = await offsets.record_at(source, last)
    if record is not None and (record.timestamp != applied.timestamp or digest(record) != applied.digest):
        raise WorkerMustEnd(
            _recreated(source, f"the record applied last at offset {last} (digest {applied.digest})", digest(record))
        )


def _recreated(source: TopicPartition, expected: str, got: str) -> str:
    return (
        f"{source.topic}[{source.partition}]: expected {expected}, got {got}: the topic was deleted and made again "
        f"(hint: restore it, or start anew under another prefix; the state here belongs to the old topic)"
    )
