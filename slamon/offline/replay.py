"""Recorded tickets and services in virtual time: first every record, then everything that time brought.

Tickets are folded at once. Services go through one partition, as on Kafka; so do tickets where that is asked for.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from slamon.engine.limits import Limits
from slamon.engine.subjects import SERVICES, TICKETS
from slamon.offline.files import Bad, Row
from slamon.offline.intake import Canonical, Intake
from slamon.offline.left import Facts
from slamon.offline.machine import Delivered, Machine
from slamon.offline.tickets import Tickets
from slamon.sla.clock import Clock
from slamon.sla.coverage import Rules
from slamon.sla.events import InvalidRecord, TicketEvent
from slamon.sla.policy import Activation, PolicyBook, PolicySet
from slamon.sla.service import Service
from slamon.sla.ticket import Ticket

BATCH = 1000
MANY = 10_000
Look = Callable[[Row, list[Canonical]], None]
Subject = Ticket | Service
FOR_EVER = 200 * 365 * 86_400_000
PATIENT = Limits(max_lateness_ms=FOR_EVER, retention_ms=FOR_EVER, max_future_ms=FOR_EVER)


class Replay:
    """One replay: `take` the rows, then `finish`; of `only` one ticket or service, if it is named.

    Not `at_once`, tickets go through the machine as well: it leads to the same, and leaves a store to look into.
    """

    def __init__(
        self,
        policies: PolicySet,
        until: int | None,
        bad: Callable[[Bad], None],
        look: Look | None = None,
        only: str | None = None,
        *,
        at_once: bool = True,
    ) -> None:
        self.facts = Facts()
        self.machine = Machine(PolicyBook((Activation(0, policies),)), PATIENT, self.facts)
        self._tickets = Tickets(self.rules, self.machine.partition.source) if at_once else None
        self.until, self._bad, self._look, self._only = until, bad, look, only
        self.others: set[str] = set()  # some of the subjects that were passed over
        self.rows = self.records = self.beyond = self.refused = 0
        self.last: int | None = None
        self._batches: dict[str, list[tuple[Canonical, str]]] = {kind.name: [] for kind in (TICKETS, SERVICES)}

    @property
    def rules(self) -> Rules:
        """The policies, made quick to ask."""
        return self.machine.partition.rules

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
        if self.until is not None and record.at > self.until:
            self.beyond += 1
            return
        self.last = record.at if self.last is None else max(self.last, record.at)
        if self._only not in (None, record.subject):
            self._pass_over(record.subject)
            return
        batch = self._batches[record.kind.name]
        batch.append((record, place))
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
            if self._tickets is not None:
                self.facts.left += self._tickets.fold(end + 1)
            self.machine.tick(end + 1)
        return end

    def tickets(self) -> Iterable[Ticket]:
        """Every ticket, with its earlier cycles, by id."""
        return self.machine.tickets() if self._tickets is None else self._tickets.folded

    def services(self) -> Iterable[Service]:
        """Every service, with its earlier cycles, by id."""
        return self.machine.services()

    def clocks(self) -> Iterator[tuple[Subject, Clock]]:
        """Every clock of every ticket and service, earlier cycles first; statements are no clocks."""
        subjects: tuple[Iterable[Subject], ...] = (self.tickets(), self.services())
        for subject in chain.from_iterable(subjects):
            for clock in (*subject.past, *subject.clocks):
                if clock.objective:
                    yield subject, clock

    def _apply(self) -> None:
        for kind in (TICKETS, SERVICES):
            batch, self._batches[kind.name] = self._batches[kind.name], []
            if batch and kind is TICKETS and self._tickets is not None:
                self._keep(self._tickets, batch)
            elif batch:
                self._through_machine(batch)

    def _keep(self, tickets: Tickets, batch: list[tuple[Canonical, str]]) -> None:
        for record, place in batch:
            try:
                event = record.event()
                assert isinstance(event, TicketEvent)
                tickets.take(event)
                self.records += 1
            except InvalidRecord as error:
                self._refuse(Bad(place, error.reason, str(error)))

    def _through_machine(self, batch: list[tuple[Canonical, str]]) -> None:
        first = self.machine.offset
        delivered = [
            Delivered(first + number, record.at, record.subject.encode(), record.value)
            for number, (record, _) in enumerate(batch)
        ]
        self.machine.take_batch(delivered, batch[0][0].kind)
        self.records += len(batch) - len(self.facts.refused)
        for letter in self.facts.refused:
            told = dict(letter.headers)
            _, place = batch[int(told["source_offset"]) - first]
            self._refuse(Bad(place, told["reason"].decode(), told["message"].decode()))
        self.facts.refused.clear()

    def _refuse(self, bad: Bad) -> None:
        self.refused += 1
        self._bad(bad)
