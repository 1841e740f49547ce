"""What the runtime asks of the rooms around it, so that it knows nothing of policies, sources and metrics."""

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from faust.types import TP

from slamon.engine.position import digest_of
from slamon.engine.unit import Origin, Record, Store, Unit, Watermark
from slamon.runtime.store import HeadDue


class Position(Protocol):
    """engine.partition.Applied: the last record of a source that was applied."""

    next_offset: int
    timestamp: int
    digest: str


Silent = tuple[Container[Origin], Container[Origin]]


class Decider(Protocol):
    """engine.partition.Partition, as far as the runtime calls it."""

    def applied(self) -> Mapping[str, Any]: ...
    def on_batch(
        self, topic: str, records: Sequence[Record], now: int, partition_time: int | None, caught_up: bool
    ) -> Unit: ...
    def on_tick(
        self,
        partition_time: int,
        now: int,
        behind: bool = False,
        silent: Container[Origin] = frozenset(),
        held: Container[Origin] = frozenset(),
    ) -> Unit: ...
    def next_due(self, before: int) -> int | None: ...


class Time(Protocol):
    """engine.partition_time.PartitionTime, as far as the runtime calls it."""

    def own(self, instant: int) -> None: ...
    def heard(self, watermark: Watermark, now: int) -> None: ...
    def entered(self, now: int) -> None: ...
    def value(self, now: int) -> tuple[int | None, bool]: ...


async def _nothing() -> None:
    return None


async def _no_intake(_tp: TP, _records: Sequence[Record]) -> None:
    return None


@dataclass(slots=True)
class Hooks:
    """`decider`, `time` and `head_due` come from the engine; the rest has answers for a runtime that stands alone.

    `decider` gets a Store that already shows what was decided and not yet committed, so it needs no word of commits.
    `digest` gives what `Applied.digest` would be of a record (None: not compared). `may_decide` is False while the policies are not current
    (architecture.md 6); `before_catching_up` returns when they were read to their end; `intake` returns when everything
    it made of the records is acked; `silent` gives the origins unheard for too long, and those of them whose facts wait.
    """

    decider: Callable[[int, Store], Decider]
    time: Callable[[frozenset[tuple[str, int]]], Time]
    head_due: HeadDue
    digest: Callable[[Record], str] | None = digest_of
    intake: Callable[[TP, Sequence[Record]], Awaitable[None]] = _no_intake
    before_catching_up: Callable[[], Awaitable[None]] = _nothing
    may_decide: Callable[[], bool] = lambda: True
    silent: Callable[[], Silent] = lambda: (frozenset(), frozenset())
    on_unit: Callable[[int, Unit], None] = lambda _number, _unit: None
    on_gap: Callable[[str, int, int], None] = lambda _topic, _number, _records: None
