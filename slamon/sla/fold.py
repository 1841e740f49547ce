"""The one way a ticket changes: records and time, applied in their order (semantics 2.5, 3, 4.1).

`Fold.record` takes the next record in the order of semantics 3.4, `Fold.time` lets time pass. A late record is not
taken here: its ticket is folded again from its log (`refold`), which leads to the same state by the same steps.
"""

import json
from collections.abc import Iterable
from typing import Final

from slamon.sla import following, notices, returns, starts
from slamon.sla.clock import Clock, Relief, Signal, Stage, end, next_timer, pause, resume, settle
from slamon.sla.conditions import Fields, holds
from slamon.sla.coverage import Cover, Promise, Rules, touches
from slamon.sla.events import ENDINGS, TicketEvent, What
from slamon.sla.explain import body_of, threshold_text
from slamon.sla.frame import About, name_of
from slamon.sla.pauses import pause_reason
from slamon.sla.policy import Objective, ObjectiveKind, Override, Policy, Threshold
from slamon.sla.repeats import is_calm, repeats
from slamon.sla.step import Step, noted
from slamon.sla.ticket import Ticket, View, is_resolved, note
from slamon.sla.written import quoted

# What ends these is a deed of its own, so a reopening takes nothing of it back.
DEEDS: Final = (
    ObjectiveKind.FIRST_RESPONSE,
    ObjectiveKind.NEXT_RESPONSE,
    ObjectiveKind.PERIODIC_UPDATE,
    ObjectiveKind.ACKNOWLEDGE,
    ObjectiveKind.ASSIGN,
)


class Fold:
    """Applies records and time to one ticket; what that asserts and takes back gathers in `step`."""

    def __init__(self, rules: Rules, ticket: Ticket) -> None:
        self.rules = rules
        self.ticket = ticket
        self.step = Step()
        self._covered: tuple[str, Fields, int, Cover] | None = None  # the last answer of `cover`, and to what
        self._about: About | None = None  # of the ticket as the last fact told of it

    @property
    def state(self) -> Ticket:
        return self.ticket

    # -- the two entrances -------------------------------------------------------------------------------------

    def record(self, record: TicketEvent) -> None:
        """Apply the next record: everything due before it first, then the record (semantics 2.5)."""
        ticket = self.ticket
        if ticket.last is None:
            ticket.considered = record.at
        considered = ticket.considered
        self._edges(record.at)
        if record.at > ticket.quiet or ticket.considered != considered or ticket.under != self.rules.mark:
            self._timers(record.at)
        if ticket.last is not None and repeats(
            self.rules, record, ticket.under, ticket.last, ticket.source, ticket.created_at, ticket.fields
        ):
            ticket.last = record.order
            return
        view = note(ticket, record)
        ticket.quiet = -1
        for clock in list(ticket.clocks):
            if clock.open:
                self._touch(clock, view)
        returns.come_back(self, view)
        starts.start_cycles(self, view)
        notices.notice(self, view)
        ticket.under = self.rules.mark if self.rules.mark is not None and is_calm(self) else None

    def time(self, before: int) -> None:
        """Let everything happen that time alone brings before the instant."""
        self._edges(before - 1)
        self._timers(before)
        self.ticket.quiet = -1
        self.ticket.ticked = max(self.ticket.ticked, before)

    def next_instant(self) -> int | None:
        """The next instant at which time alone changes the ticket."""
        open_clocks = [clock for clock in self.ticket.clocks if clock.open]
        if not open_clocks:
            return None
        first = self.rules.next_edge(self.ticket.considered)
        for clock in open_clocks:
            timer = next_timer(clock, self.terms(clock)[1])
            if timer is not None and (first is None or timer[0] < first):
                first = timer[0]
        return first

    # -- time --------------------------------------------------------------------------------------------------

    def _timers(self, before: int) -> None:
        for clock in self.ticket.clocks:
            if clock.open:
                self.run(clock, before)

    def run(self, clock: Clock, before: int) -> None:
        """Fire the clock's thresholds and its breach that lie before the instant, each stamped with its own."""
        objective = self.terms(clock)[1]
        while (timer := next_timer(clock, objective)) is not None and timer[0] < before:
            at, threshold = timer
            self.ticket.fired = max(self.ticket.fired, at)
            if threshold is None:
                self._breach(clock, at)
            else:
                clock.raised[threshold.name] = at
                self.tell(clock, What.WARNING, at, threshold)

    def _breach(self, clock: Clock, at: int) -> None:
        clock.breached_at = at
        self.tell(clock, What.BREACH, at)

    def _edges(self, upto: int) -> None:
        ticket = self.ticket
        while (edge := self.rules.next_edge(ticket.considered)) is not None and edge <= upto:
            self._timers(edge)
            for clock in ticket.clocks:
                if clock.open:
                    self.settle(clock, edge, ticket.fields)
                    following.turn(self, clock, edge)
                if clock.open:
                    self.repause(clock, edge)
            ticket.considered = edge
            ticket.fired = max(ticket.fired, edge)

    # -- one record, one clock ---------------------------------------------------------------------------------

    def _touch(self, clock: Clock, view: View) -> None:
        """Stop, cancel, pause, resume, change, reset: in this order (semantics 3.4)."""
        at = view.at
        policy, objective = self.terms(clock)
        self.settle(clock, at, view.before)
        if self.stops(policy, objective, clock, view):
            self.stop(clock, at)
        elif view.record.kind in ENDINGS:
            self.cancel(clock, at, view.record.kind.value)
        elif objective.cancel is not None and holds(objective.cancel, view.after, view.record, view.before):
            self.cancel(clock, at, "cancel")
        elif objective.kind is not ObjectiveKind.RESOLUTION and is_resolved(self.ticket, policy):
            self.on_resolve(clock, at)
        if clock.open:
            self.repause(clock, at)
            following.follow(self, clock, at)
        if clock.open and self.terms(clock)[1] is not objective:
            self.repause(clock, at)
        if clock.open and clock.breached_at is None and clock.start < at and _resets(objective, view):
            self.cancel(clock, at, "reset")

    def on_resolve(self, clock: Clock, at: int) -> None:
        """End a settled clock that waited for something else when the ticket was resolved."""
        objective = self.terms(clock)[1]
        if objective.on_resolve == "met":
            self.stop(clock, at, "resolve")
        elif objective.on_resolve == "cancel":
            self.cancel(clock, at, "resolve", reason="resolved_without")

    def stops(self, policy: Policy, objective: Objective, clock: Clock | None, view: View) -> bool:
        """Whether the record is what the objective waits for (semantics 3.2)."""
        if objective.stop is not None:
            return holds(objective.stop, view.after, view.record, view.before)
        match objective.kind:
            case ObjectiveKind.FIRST_RESPONSE | ObjectiveKind.NEXT_RESPONSE:
                return view.agent_replied
            case ObjectiveKind.PERIODIC_UPDATE:
                return view.agent_replied and clock is not None and clock.start < view.at
            case ObjectiveKind.ACKNOWLEDGE:
                return view.acknowledged
            case ObjectiveKind.ASSIGN:
                return view.assigned
            case ObjectiveKind.RESOLUTION:
                return is_resolved(self.ticket, policy)
            case ObjectiveKind.GROUP_OWNERSHIP:
                handed_over = view.regrouped and clock is not None and clock.start < view.at
                return handed_over or is_resolved(self.ticket, policy)
        return False

    def stop(self, clock: Clock, at: int, by: str | None = None) -> None:
        """End a settled clock with a verdict: met if and only if it stops at or before `due_at` (semantics 2.4)."""
        policy, objective = self.terms(clock)
        if clock.stage is Stage.ACTIVE and clock.breached_at is None and clock.due_at is not None and clock.due_at < at:
            self._breach(clock, max(clock.due_at, clock.since))  # overtaken in this very instant
        end(clock, Signal.STOP, at, by or self._ended_by(policy, objective))
        what = What.MET if clock.stage is Stage.MET else What.MISSED
        if what is What.MET:
            self._clear(clock, objective, at, "met")
        self.tell(clock, what, at)

    def _ended_by(self, policy: Policy, objective: Objective) -> str:
        """Whether a stop is the resolve, which a reopening takes back (semantics 3.7), or a deed of its own."""
        if objective.kind is ObjectiveKind.RESOLUTION:
            return "resolve"
        deed = objective.kind in DEEDS and objective.stop is None
        return "resolve" if not deed and is_resolved(self.ticket, policy) else "stop"

    def cancel(self, clock: Clock, at: int, by: str, reason: str | None = None) -> None:
        """End a settled clock without a verdict; a breach already reached stands."""
        objective = self.terms(clock)[1]
        end(clock, Signal.CANCEL, at, by)
        self._clear(clock, objective, at, "cancelled")
        self.tell(clock, What.CANCELLED, at, reason=reason or by)

    def _clear(self, clock: Clock, objective: Objective, at: int, reason: str) -> None:
        by_name = {threshold.name: threshold for threshold in objective.thresholds}
        for name in list(clock.raised):
            del clock.raised[name]
            threshold = by_name.get(name) or Threshold(name)
            self.tell(clock, What.CLEARED, at, threshold, reason)

    # -- pauses ------------------------------------------------------------------------------------------------

    def repause(self, clock: Clock, at: int) -> None:
        """Pause or resume a settled clock as the ticket's fields and the overrides in force say."""
        objective = self.terms(clock)[1]
        self.hold(clock, at, pause_reason(objective, self.ticket.fields, self.ticket.held))

    def hold(self, clock: Clock, at: int, reason: str | None) -> None:
        """Pause a settled clock for the reason, or an override's; resume it if there is neither."""
        objective = self.terms(clock)[1]
        reason = self._override_pause(clock, at) or reason
        if reason is None:
            resume(clock, objective.calendar, at)
        elif pause(clock, objective.calendar, at, reason) and clock.breached_at is None:
            self._clear(clock, objective, at, "paused")

    def _override_pause(self, clock: Clock, at: int) -> str | None:
        if not self.rules.overriding:
            return None
        for override in self.overrides_on(*self.terms(clock), at):
            if override.effect == "pause":
                clock.overrides[override.name] = Relief(f"pause: {override.reason}")
                return f"override {override.name}"
        return None

    def tell(
        self, clock: Clock, what: What, at: int, threshold: Threshold | None = None, reason: str | None = None
    ) -> None:
        """Assert a fact of the clock, told as it stands at the instant."""
        ticket, fields = self.ticket, self.ticket.fields
        name = None if threshold is None else threshold.name
        if not noted(clock, what, at, name):
            return
        policy, objective = self.terms(clock)
        about = self._about
        if about is None or about.of is not fields or about.source != ticket.source:
            about = self._about = About(ticket.subject, ticket.source, fields)
        more = "" if threshold is None else threshold_text(threshold)
        if reason is not None:
            more += f',"reason":{quoted(reason)}'
        text = body_of(what.value, clock, policy, objective, about, at, more)
        labels = (clock.policy, clock.objective, about.priority, policy.kind.value)
        if about.has_floats:
            self.step.add(clock, what, ticket.subject, at, name, labels, None, json.loads(text))
        else:
            self.step.add(clock, what, ticket.subject, at, name, labels, text)

    # -- looking things up -------------------------------------------------------------------------------------

    def terms(self, clock: Clock) -> tuple[Policy, Objective]:
        """The policy and objective the clock runs under."""
        if clock.terms is None:
            clock.terms = self.rules.terms(clock.version, clock.policy, clock.objective)
        return clock.terms

    def cover(self, version: str, at: int) -> Cover:
        """What the version promises to the ticket as it is now."""
        fields, known = self.ticket.fields, self._covered
        if known is not None and known[2] == at and known[1] is fields and known[0] == version:
            return known[3]
        found = self.rules.coverage(version).of(fields, at)
        self._covered = (version, fields, at, found)
        return found

    def promise(self, clock: Clock, at: int) -> Promise | None:
        """What the clock's version promises now in its slot."""
        return self.cover(clock.version, at).get((clock.slot, clock.objective))

    def overrides_on(self, policy: Policy, objective: Objective, at: int) -> list[Override]:
        """The overrides in force at the instant that speak of this objective to this ticket."""
        if not self.rules.overriding:
            return []
        return [o for o in self.rules.overrides(at) if touches(o, policy, objective, self.ticket.fields)]

    def exemption(self, policy: Policy, objective: Objective, at: int) -> Override | None:
        """The override that exempts the objective at the instant, if one does."""
        if not self.rules.overriding:
            return None
        return next((o for o in self.overrides_on(policy, objective, at) if o.effect == "exempt"), None)

    def settle(self, clock: Clock, at: int, fields: Fields) -> None:
        """Account the clock's time up to the instant to the status and group of these fields."""
        calendar = self.terms(clock)[1].calendar
        settle(clock, calendar, at, name_of(fields, "status"), name_of(fields, "group"))


def _resets(objective: Objective, view: View) -> bool:
    return objective.reset is not None and holds(objective.reset, view.after, view.record, view.before)


def refold(rules: Rules, subject: str, records: Iterable[TicketEvent], ticked: int) -> Fold:
    """The ticket worked out again from all its records, with time passed as far as ticks had let it."""
    fold = Fold(rules, Ticket(subject))
    for record in sorted(records, key=lambda record: record.order):
        fold.record(record)
    if ticked >= 0:
        fold.time(ticked)
    return fold
