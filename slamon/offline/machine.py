"""One partition without Kafka: records and ticks go in, what left is heard by a `World`. Time is what its caller says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

from slamon.engine.codec import encode_service, encode_ticket
from slamon.engine.limits import Limits
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.engine.state import decode_clock
from slamon.engine.subjects import SERVICES, TICKETS, Subjects
from slamon.engine.unit import Outgoing, Unit
from slamon.offline.world import World
from slamon.sla.events import ServiceEvent, TicketEvent
from slamon.sla.policy import PolicyBook
from slamon.sla.service import Service
from slamon.sla.ticket import Ticket

TOPICS = {TICKETS.name: "slamon.tickets", SERVICES.name: "slamon.uptime"}


@dataclass(frozen=True, slots=True)
class Delivered:
    """A record as Kafka would deliver it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = field(default=())


class Ear(Protocol):
    """Hears what leaves the partition."""

    def hear(self, outgoing: Iterable[Outgoing]) -> None: ...


class Machine:
    """A partition over a store in memory; every unit is applied before the next one is asked for."""

    def __init__(self, book: PolicyBook, limits: Limits, ear: Ear | None = None) -> None:
        self.book, self.limits = book, limits
        self.store = MemoryStore()
        self.world = World()
        self._ear: Ear = ear or self.world
        self.offset = 0
        self.counts: dict[tuple[str, tuple[str, ...]], int] = {}
        self.rebuild()

    def rebuild(self) -> None:
        """Forget everything but the store, as a restart does."""
        self.partition = Partition(0, 1, self.store, self.book, self.limits)

    def deliver(
        self, stamped: Iterable[tuple[TicketEvent | ServiceEvent, int]], now: int, partition_time: int | None = None,
        *, caught_up: bool = True,
    ) -> None:  # fmt: skip
        """Apply the records, each with Kafka's timestamp; those of one kind that follow each other as one batch."""
        for kind, batch in groupby(stamped, key=lambda one: SERVICES if isinstance(one[0], ServiceEvent) else TICKETS):
            records = []
            for event, timestamp in batch:
                value = encode_service(event) if isinstance(event, ServiceEvent) else encode_ticket(event)
                records.append(Delivered(self.offset, timestamp, event.subject.encode(), value))
                self.offset += 1
            self._take(self.partition.on_batch(TOPICS[kind.name], records, now, partition_time, caught_up))

    def take_batch(self, batch: Sequence[Delivered], kind: Subjects = TICKETS) -> None:
        """Apply records of a kind as they are, before the partition has caught up: none is too late, and no fact leaves."""
        self.offset += len(batch)
        self._take(self.partition.on_batch(TOPICS[kind.name], batch, batch[-1].timestamp, None, caught_up=False))

    def tick(self, partition_time: int) -> None:
        """Let partition time pass: everything due before the instant happens, and facts leave."""
        more = True
        while more:
            unit = self.partition.on_tick(partition_time, now=partition_time)
            self._take(unit)
            more = unit.more

    def tickets(self) -> Iterable[Ticket]:
        """Every ticket that is known, with its earlier cycles, by id."""
        return self._all(TICKETS)

    def services(self) -> Iterable[Service]:
        """Every service that is known, with its earlier cycles, by id."""
        return self._all(SERVICES)

    def ticket(self, subject: str) -> Ticket | None:
        """The ticket of that id, or None if it is not known."""
        found: Ticket | None = self._one(TICKETS, subject)
        return found

    def service(self, subject: str) -> Service | None:
        """The service of that id, or None if it is not known."""
        found: Service | None = self._one(SERVICES, subject)
        return found

    def _all(self, kind: Subjects) -> Iterator[Any]:
        for _, value in self.store.scan(kind.letters.head):
            yield self._whole(kind, value)

    def _one(self, kind: Subjects, subject: str) -> Any:
        value = self.store.get(kind.letters.head_key(subject))
        return None if value is None else self._whole(kind, value)

    def _whole(self, kind: Subjects, head: bytes) -> Any:
        state = kind.decode_head(head)
        state.past = [decode_clock(clock) for _, clock in self.store.scan(kind.letters.clocks(state.subject))]
        return state

    def _take(self, unit: Unit) -> None:
        self.store.apply(unit)
        self._ear.hear(unit.outgoing)
        for name, count in unit.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
