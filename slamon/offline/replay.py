"""Recorded tickets through one partition in virtual time: first every record, then everything that time brought."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from slamon.engine.limits import Limits
from slamon.engine.unit import Outgoing
from slamon.offline.files import Bad, Row
from slamon.offline.intake import Intake
from slamon.offline.machine import Delivered, Machine
from slamon.sla.clock import Clock
from slamon.sla.events import What
from slamon.sla.instants import parse
from slamon.sla.policy import Activation, PolicyBook, PolicySet
from slamon.sla.ticket import Ticket

BATCH = 1000
MANY = 10_000
WHATS = [what.value for what in What]
Look = Callable[[Row, list[tuple[bytes, bytes]]], None]
FOR_EVER = 200 * 365 * 86_400_000
PATIENT = Limits(max_lateness_ms=FOR_EVER, retention_ms=FOR_EVER, max_future_ms=FOR_EVER)


@dataclass(frozen=True, slots=True)
class Left:
    """A fact that left: when, whose, what, and the bytes of its record."""

    at: int
    subject: str
    what: str
    value: bytes


@dataclass(slots=True)
class Facts:
    """Hears what leaves the partition. Every record was applied before, so nothing is ever corrected."""

    left: list[Left] = field(default_factory=list)
    refused: list[Outgoing] = field(default_factory=list)

    def hear(self, outgoing: Iterable[Outgoing]) -> None:
        """Take in what left."""
        for record in outgoing:
            if record.topic == "deadletter":
                self.refused.append(record)
                continue
            event = orjson.loads(record.value)
            value = bytes(memoryview(record.value))  # orjson's own keep a buffer several times their length
            self.left.append(Left(parse(event["time"]), event["subject"], event["data"]["what"], value))

    def ordered(self) -> list[Left]:
        """By instant, then by ticket; one ticket's facts of one instant in the order people tell them."""
        return sorted(self.left, key=lambda one: (one.at, one.subject, WHATS.index(one.what)))


class Replay:
    """One replay: `take` the rows, then `finish`; of `only` one ticket, if it is named."""

    def __init__(
        self,
        policies: PolicySet,
        intake: Intake,
        until: int | None,
        bad: Callable[[Bad], None],
        look: Look | None = None,
        only: str | None = None,
    ) -> None:
        self.facts = Facts()
        self.machine = Machine(PolicyBook((Activation(0, policies),)), PATIENT, self.facts)
        self.intake, self.until, self._bad, self._look = intake, until, bad, look
        self._only = None if only is None else only.encode()
        self.others: set[str] = set()  # some of the tickets that were passed over
        self.rows = self.records = self.beyond = self.refused = 0
        self.last: int | None = None
        self._batch: list[Delivered] = []
        self._places: list[str] = []

    def take(self, row: Row | Bad) -> None:
        """Apply the records of a row; what can not be understood is told to `bad`."""
        self.rows += 1
        made = row if isinstance(row, Bad) else self.intake.records(row)
        if isinstance(made, Bad):
            self._refuse(made)
            return
        if self._look is not None and isinstance(row, Row):
            self._look(row, made)
        for key, value in made:
            at = parse(orjson.loads(value)["at"])
            if self.until is not None and at > self.until:
                self.beyond += 1
                continue
            self.last = at if self.last is None else max(self.last, at)
            if self._only not in (None, key):
                self._pass_over(key.decode())
                continue
            self._batch.append(Delivered(self.machine.offset + len(self._batch), at, key, value))
            self._places.append(row.place)
        if len(self._batch) >= BATCH:
            self._apply()

    def _pass_over(self, ticket: str) -> None:
        if len(self.others) < MANY:
            self.others.add(ticket)

    def finish(self) -> int | None:
        """Let time pass up to the end, inclusive; the end, or None if there was no record."""
        self._apply()
        end = self.until if self.until is not None else self.last
        if end is not None and self.records:
            self.machine.tick(end + 1)
        return end

    def clocks(self) -> Iterator[tuple[Ticket, Clock]]:
        """Every clock of every ticket, earlier cycles first."""
        for ticket in self.machine.tickets():
            for clock in (*ticket.past, *ticket.clocks):
                yield ticket, clock

    def _apply(self) -> None:
        batch, self._batch = self._batch, []
        places, self._places = self._places, []
        if not batch:
            return
        self.machine.take_batch(batch)
        self.records += len(batch) - len(self.facts.refused)
        for letter in self.facts.refused:
            told = dict(letter.headers)
            place = places[int(told["source_offset"]) - batch[0].offset]
            self._refuse(Bad(place, told["reason"].decode(), told["message"].decode()))
        self.facts.refused.clear()

    def _refuse(self, bad: Bad) -> None:
        self.refused += 1
        self._bad(bad)
