"""One partition without Kafka: records and ticks go in, what left is heard by a `World`. Time is what its caller says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from slamon.engine.codec import encode_ticket
from slamon.engine.keys import TICKET
from slamon.engine.limits import Limits
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.engine.state import decode_clock, decode_head
from slamon.engine.unit import Outgoing, Unit
from slamon.offline.world import World
from slamon.sla.events import TicketEvent
from slamon.sla.policy import PolicyBook
from slamon.sla.ticket import Ticket

TOPIC = "slamon.tickets"


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
        self, stamped: Iterable[tuple[TicketEvent, int]], now: int, partition_time: int | None = None,
        *, caught_up: bool = True,
    ) -> None:  # fmt: skip
        """Apply the records, each with Kafka's timestamp, as one batch."""
        batch = []
        for event, timestamp in stamped:
            batch.append(Delivered(self.offset, timestamp, event.ticket.encode(), encode_ticket(event)))
            self.offset += 1
        self._take(self.partition.on_batch(TOPIC, batch, now, partition_time, caught_up))

    def take_batch(self, batch: Sequence[Delivered]) -> None:
        """Apply records as they are, before the partition has caught up: none is too late, and no fact leaves."""
        self.offset += len(batch)
        self._take(self.partition.on_batch(TOPIC, batch, batch[-1].timestamp, None, caught_up=False))

    def tick(self, partition_time: int) -> None:
        """Let partition time pass: everything due before the instant happens, and facts leave."""
        more = True
        while more:
            unit = self.partition.on_tick(partition_time, now=partition_time)
            self._take(unit)
            more = unit.more

    def tickets(self) -> Iterable[Ticket]:
        """Every ticket that is known, with its earlier cycles, by id."""
        for _, value in self.store.scan(TICKET.head):
            ticket = decode_head(value)
            ticket.past = [decode_clock(clock) for _, clock in self.store.scan(TICKET.clocks(ticket.subject))]
            yield ticket

    def ticket(self, subject: str) -> Ticket | None:
        """The ticket of that id, or None if it is not known."""
        value = self.store.get(TICKET.head_key(subject))
        if value is None:
            return None
        ticket = decode_head(value)
        ticket.past = [decode_clock(clock) for _, clock in self.store.scan(TICKET.clocks(subject))]
        return ticket

    def _take(self, unit: Unit) -> None:
        self.store.apply(unit)
        self._ear.hear(unit.outgoing)
        for name, count in unit.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
