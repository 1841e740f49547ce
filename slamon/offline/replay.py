"""Recorded tickets and services through one partition in virtual time: first every record, then everything that time brought."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import orjson

from slamon.engine.limits import Limits
from slamon.engine.subjects import SERVICES, TICKETS
from slamon.engine.unit import Outgoing
from slamon.offline.files import Bad, Row
from slamon.offline.intake import Canonical, Intake
from slamon.offline.machine import Delivered, Machine
from slamon.sla.clock import Clock
from slamon.sla.events import What
from slamon.sla.instants import parse
from slamon.sla.policy import Activation, PolicyBook, PolicySet
from slamon.sla.service import Service
from slamon.sla.ticket import Ticket

BATCH = 1000
MANY = 10_000
WHATS = [what.value for what in What]
Look = Callable[[Row, list[Canonical]], None]
Subject = Ticket | Service
FOR_EVER = 200 * 365 * 86_400_000
PATIENT = Limits(max_lateness_ms=FOR_EVER, retention_ms=FOR_EVER, max_future_ms=FOR_EVER)


@dataclass(frozen=True, slots=True)
class Left:
    """A fact that left: when, of what kind of subject, whose, what, and the bytes of its record."""

    at: int
    kind: str
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
            kind = event["type"].split(".")[2]  # io.slamon.KIND.WHAT.v1
            self.left.append(Left(parse(event["time"]), kind, event["subject"], event["data"]["what"], value))

    def ordered(self) -> list[Left]:
        """By instant, then by subject; one subject's facts of one instant in the order people tell them."""
        return sorted(self.left, key=lambda one: (one.at, one.subject, one.kind, WHATS.index(one.what)))


class Replay:
    """One replay: `take` the rows, then `finish`; of `only` one ticket or service, if it is named."""

    def __init__(
        self,
        policies: PolicySet,
        until: int | None,
        bad: Callable[[Bad], None],
        look: Look | None = None,
        only: str | None = None,
    ) -> None:
        self.facts = Facts()
        self.machine = Machine(PolicyBook((Activation(0, policies),)), PATIENT, self.facts)
        self.until, self._bad, self._look = until, bad, look
        self._only = None if only is None else only.encode()
        self.others: set[str] = set()  # some of the subjects that were passed over
        self.rows = self.records = self.beyond = self.refused = 0
        self.last: int | None = None
        self._batches: dict[str, list[Delivered]] = {kind.name: [] for kind in (TICKETS, SERVICES)}
        self._places: dict[int, str] = {}  # of the records in the batches, by offset
        self._offset = 0

    def take(self, row: Row | Bad, intake: Intake) -> None:
        """Apply the records of a row; what can not be understood is told to `bad`."""
        self.rows += 1
        if isinstance(row, Bad):
            self._refuse(row)
            return
        made = intake.take(row)
        if made.bad is not None:
            self._refuse(made.bad)
        if self._look is not None:
            self._look(row, made.records)
        for record in made.records:
            self._put(record, row.place)

    def _put(self, record: Canonical, place: str) -> None:
        at = parse(orjson.loads(record.value)["at"])
        if self.until is not None and at > self.until:
            self.beyond += 1
            return
        self.last = at if self.last is None else max(self.last, at)
        if self._only not in (None, record.key):
            self._pass_over(record.key.decode())
            return
        batch = self._batches[record.kind.name]
        batch.append(Delivered(self._offset, at, record.key, record.value))
        self._places[self._offset] = place
        self._offset += 1
        if len(batch) >= BATCH:
            self._apply()

    def _pass_over(self, subject: str) -> None:
        if len(self.others) < MANY:
            self.others.add(subject)

    def finish(self) -> int | None:
        """Let time pass up to the end, inclusive; the end, or None if there was no record."""
        self._apply()
        end = self.until if self.until is not None else self.last
        if end is not None and self.records:
            self.machine.tick(end + 1)
        return end

    def clocks(self) -> Iterator[tuple[Subject, Clock]]:
        """Every clock of every ticket and service, earlier cycles first; statements are no clocks."""
        subjects: tuple[Iterable[Subject], ...] = (self.machine.tickets(), self.machine.services())
        for subject in chain.from_iterable(subjects):
            for clock in (*subject.past, *subject.clocks):
                if clock.objective:
                    yield subject, clock

    def _apply(self) -> None:
        for kind in (TICKETS, SERVICES):
            batch, self._batches[kind.name] = self._batches[kind.name], []
            if batch:
                self.machine.take_batch(batch, kind)
                self.records += len(batch) - len(self.facts.refused)
                self._refuse_letters()
        self._places.clear()

    def _refuse_letters(self) -> None:
        for letter in self.facts.refused:
            told = dict(letter.headers)
            place = self._places[int(told["source_offset"])]
            self._refuse(Bad(place, told["reason"].decode(), told["message"].decode()))
        self.facts.refused.clear()

    def _refuse(self, bad: Bad) -> None:
        self.refused += 1
        self._bad(bad)
