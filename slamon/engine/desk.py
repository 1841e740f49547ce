"""The tickets of one unit on the table: loaded once, changed by records and time, written back once."""

from slamon.engine.codec import (
    clock_prefix,
    fact_prefix,
    head_key,
    log_key,
    log_prefix,
)
from slamon.engine.ledger import Known, Ledger
from slamon.engine.limits import Limits
from slamon.engine.overlay import Overlay
from slamon.engine.position import OpenKey, Position
from slamon.engine.state import decode_clock, decode_head, decode_record, encode_clock, encode_head, encode_record
from slamon.engine.unit import Store, Unit
from slamon.sla.clock import Clock
from slamon.sla.coverage import Rules
from slamon.sla.events import InvalidRecord, TicketEvent
from slamon.sla.fold import Fold, refold
from slamon.sla.step import Step, standing
from slamon.sla.ticket import Ticket


class Desk:
    """Works on the tickets of one unit; `flush` writes what changed."""

    def __init__(
        self, store: Store, rules: Rules, limits: Limits, source: str, position: Position, caught_up: bool
    ) -> None:
        self.overlay = Overlay(store)
        self.unit: Unit = self.overlay.unit
        self.ledger = Ledger(self.overlay, source)
        self.rules = rules
        self.limits = limits
        self.position = position
        self.position_changed = False
        self.caught_up = caught_up
        self._folds: dict[str, Fold] = {}
        self._late: dict[str, None] = {}  # tickets to fold again once all records of the unit are in their logs
        self._opened: dict[str, list[OpenKey]] = {}

    # -- records -----------------------------------------------------------------------------------------------

    def take(self, event: TicketEvent, arrived: int, present: int | None) -> None:
        """Apply one record to its ticket, in its place (semantics 4.2, 4.3).

        `arrived` is Kafka's timestamp of it, `present` is partition time, if proven.
        """
        key, told = log_key(event.ticket, event.id), encode_record(event)
        if self._repeated(event, key, told):
            return
        fold = self._fold(event.ticket)
        ticket = fold.ticket
        if self.caught_up:
            self._refuse_too_late(ticket, event)
            if ticket.last is None and present is not None and event.at < present - self.limits.retention_ms:
                self.unit.counts["forgotten", ()] += 1
                return
        self.overlay.put(key, told)
        ticket.heard = max(ticket.heard, arrived)
        in_place = _in_place(ticket, event)
        if in_place and event.ticket not in self._late:
            fold.record(event)
            self._keep(fold)
            return
        self.unit.counts["late", ()] += not in_place
        self._late[event.ticket] = None
        ticket.last = max(event.order, ticket.last or event.order)

    def _repeated(self, event: TicketEvent, key: bytes, told: bytes) -> bool:
        known = self.overlay.get(key)
        if known is None:
            return False
        if known != told:
            raise InvalidRecord(
                "id_reused",
                f"id: expected a new id for new content, got {event.id!r} of ticket {event.ticket!r} again (the first is kept)",
            )
        self.unit.counts["duplicate", ()] += 1
        return True

    def _refuse_too_late(self, ticket: Ticket, event: TicketEvent) -> None:
        if ticket.last is not None and event.at < ticket.last[0] - self.limits.max_lateness_ms:
            raise InvalidRecord(
                "too_late",
                f"at: expected at most {self.limits.max_lateness_ms // 1000} s behind the ticket's newest record,"
                f" got {(ticket.last[0] - event.at) // 1000} s",
            )

    def _refold(self, subject: str) -> None:
        """Work the ticket out again from its log, and tell what that changes."""
        ticket = self._folds[subject].ticket
        ticket.past = self._past(subject)
        stood = standing(ticket)
        records = [decode_record(value) for _, value in self.overlay.scan(log_prefix(subject))]
        fold = refold(self.rules, subject, records, ticket.ticked)
        fold.ticket.heard = ticket.heard
        known = Known(subject, fold.ticket.source, ticket.heard)
        for fact in fold.step.added.values():
            if fact.id in stood:
                self.ledger.refresh(known, fact)
            else:
                self.ledger.assert_(known, fact, "late_record")
        for gone in stood.values():
            if gone.id not in fold.step.added:
                self.ledger.withdraw(known, gone)
        self.unit.counts["partial", ()] += max(0, _partial(fold.ticket) - _partial(ticket))
        for key, _ in self.overlay.scan(clock_prefix(subject)):
            self.overlay.put(key, None)
        fold.step = Step()
        self._put_past(fold.ticket)
        self._folds[subject] = fold

    # -- time --------------------------------------------------------------------------------------------------

    def pass_time(self, subject: str, before: int) -> None:
        """Let everything happen to the ticket that time brings before the instant; drop it when it is old enough."""
        fold = self._fold(subject)
        if fold.ticket.last is None:
            return
        fold.time(before)
        self._keep(fold)
        if self._forgettable(fold.ticket, before):
            self._forget(subject)

    def _forgettable(self, ticket: Ticket, before: int) -> bool:
        return (
            self._forget_at(ticket) < before
            and not any(clock.open for clock in ticket.clocks)
            and not self.ledger.waiting(fact_prefix(ticket.subject))
        )

    def _forget_at(self, ticket: Ticket) -> int:
        assert ticket.last is not None
        return ticket.last[0] + self.limits.retention_ms

    def _forget(self, subject: str) -> None:
        self._count_open(subject, Ticket(subject))
        self.ledger.forget(fact_prefix(subject))
        for prefix in (clock_prefix(subject), log_prefix(subject)):
            for key, _ in self.overlay.scan(prefix):
                self.overlay.put(key, None)
        self.overlay.put(head_key(subject), None)
        del self._folds[subject]
        self.unit.counts["forgotten", ()] += 1

    # -- loading and writing -----------------------------------------------------------------------------------

    def _fold(self, subject: str) -> Fold:
        fold = self._folds.get(subject)
        if fold is None:
            value = self.overlay.get(head_key(subject))
            ticket = Ticket(subject) if value is None else decode_head(value)
            fold = self._folds[subject] = Fold(self.rules, ticket)
            self._opened[subject] = open_clocks(ticket)
        return fold

    def _keep(self, fold: Fold) -> None:
        """Hand the step's facts to the ledger and its counts to the unit."""
        step = fold.step
        if not (step.added or step.withdrawn or step.counted or fold.ticket.past):
            return
        fold.step = Step()
        known = Known(fold.ticket.subject, fold.ticket.source, fold.ticket.heard)
        for gone in step.withdrawn:
            self.ledger.withdraw(known, gone)
        for fact in step.added.values():
            self.ledger.assert_(known, fact, "true_again")
        self.unit.counts.update(step.counted)
        self._put_past(fold.ticket)

    def flush(self) -> None:
        """Write the heads of all tickets on the table, each under the next instant to look at it."""
        for subject in self._late:
            self._refold(subject)
        self._late = {}
        for subject, fold in self._folds.items():
            ticket = fold.ticket
            if ticket.last is None:
                continue
            is_open = self._count_open(subject, ticket)
            look_at = fold.next_instant() if is_open else self._forget_at(ticket)
            self.overlay.put(head_key(subject), encode_head(ticket, look_at))

    def _count_open(self, subject: str, ticket: Ticket) -> bool:
        """Whether the ticket has open clocks, once they are counted as they stand."""
        now_open = open_clocks(ticket)
        before = self._opened.get(subject, [])
        if now_open != before:
            self.position.moved(before, now_open)
            self._opened[subject] = now_open
            self.position_changed = True
        return bool(now_open)

    def _put_past(self, ticket: Ticket) -> None:
        for clock in ticket.past:
            self.overlay.put(clock_prefix(ticket.subject) + clock.id.encode(), encode_clock(clock))
        ticket.past = []

    def _past(self, subject: str) -> list[Clock]:
        return [decode_clock(value) for _, value in self.overlay.scan(clock_prefix(subject))]


def _in_place(ticket: Ticket, event: TicketEvent) -> bool:
    """Whether the record comes after everything that has happened to the ticket."""
    return ticket.last is None or (event.order > ticket.last and event.at > ticket.fired)


def open_clocks(ticket: Ticket) -> list[OpenKey]:
    """(policy, objective, priority, stage) of each of the ticket's open clocks."""
    priority = str(ticket.fields.get("priority") or "")
    return [(clock.policy, clock.objective, priority, clock.stage) for clock in ticket.clocks if clock.open]


def _partial(ticket: Ticket) -> int:
    return sum(clock.partial for clock in (*ticket.past, *ticket.clocks))
