"""The one way a ticket changes: records and time, applied in their order (semantics 2.5, 3, 4.1).

`Fold.record` takes the next record in the order of semantics 3.4, `Fold.time` lets time pass. A late record is not
taken here: its ticket is folded again from its log (`refold`), which leads to the same state by the same steps.
"""

from collections.abc import Iterable

from slamon.sla import starts
from slamon.sla.clock import (
    Clock,
    Relief,
    Signal,
    Stage,
    end,
    need_of,
    next_timer,
    pause,
    resume,
    retarget,
    revive,
    settle,
    span_of,
)
from slamon.sla.conditions import Fields, holds
from slamon.sla.coverage import SLA, Promise, Rules, effective, touches
from slamon.sla.events import ENDINGS, Kind, TicketEvent, What
from slamon.sla.explain import name_of
from slamon.sla.pauses import pause_reason
from slamon.sla.policy import Objective, ObjectiveKind, Override, Policy, Threshold
from slamon.sla.step import Step
from slamon.sla.ticket import Ticket, View, is_resolved, note


class Fold:
    """Applies records and time to one ticket; what that asserts and takes back gathers in `step`."""

    def __init__(self, rules: Rules, ticket: Ticket) -> None:
        self.rules = rules
        self.ticket = ticket
        self.step = Step()

    # -- the two entrances -------------------------------------------------------------------------------------

    def record(self, record: TicketEvent) -> None:
        """Apply the next record: everything due before it first, then the record (semantics 2.5)."""
        ticket = self.ticket
        if ticket.last is None:
            ticket.considered = record.at
        self._edges(record.at)
        self._timers(record.at)
        view = note(ticket, record)
        for clock in list(ticket.clocks):
            if clock.open:
                self._touch(clock, view)
        self._revive(view)
        starts.start_cycles(self, view)
        if view.first:
            self._notice_uncovered(view)
        if "status" in record.fields or "priority" in record.fields:
            self._notice_unknown(view)

    def time(self, before: int) -> None:
        """Let everything happen that time alone brings before the instant."""
        self._edges(before - 1)
        self._timers(before)
        self.ticket.ticked = max(self.ticket.ticked, before)

    def next_instant(self) -> int | None:
        """The next instant at which time alone changes the ticket."""
        open_clocks = [clock for clock in self.ticket.clocks if clock.open]
        if not open_clocks:
            return None
        timers = [next_timer(clock, self.terms(clock)[1]) for clock in open_clocks]
        instants = [timer[0] for timer in timers if timer is not None]
        edge = self.rules.next_edge(self.ticket.considered)
        if edge is not None:
            instants.append(edge)
        return min(instants, default=None)

    # -- time --------------------------------------------------------------------------------------------------

    def _timers(self, before: int) -> None:
        for clock in self.ticket.clocks:
            if clock.open:
                self.run(clock, before)

    def run(self, clock: Clock, before: int) -> None:
        """Fire the clock's thresholds and its breach that lie before the instant, each stamped with its own."""
        policy, objective = self.terms(clock)
        while (timer := next_timer(clock, objective)) is not None and timer[0] < before:
            at, threshold = timer
            self.ticket.fired = max(self.ticket.fired, at)
            if threshold is None:
                self._breach(clock, policy, objective, at)
            else:
                clock.raised[threshold.name] = at
                self.step.assert_(self.ticket, clock, policy, objective, What.WARNING, at, threshold)

    def _breach(self, clock: Clock, policy: Policy, objective: Objective, at: int) -> None:
        clock.breached_at = at
        self.step.assert_(self.ticket, clock, policy, objective, What.BREACH, at)

    def _edges(self, upto: int) -> None:
        ticket = self.ticket
        while (edge := self.rules.next_edge(ticket.considered)) is not None and edge <= upto:
            self._timers(edge)
            for clock in ticket.clocks:
                if clock.open:
                    self._reconsider(clock, edge)
            ticket.considered = edge
            ticket.fired = max(ticket.fired, edge)

    def _reconsider(self, clock: Clock, at: int) -> None:
        self.settle(clock, at, self.ticket.fields)
        for activation in self.rules.book.activations[1:]:
            if activation.at == at and activation.to_open:
                clock.version = activation.policies.version
        self._follow(clock, at)
        if clock.open:
            self.repause(clock, at)

    # -- one record, one clock ---------------------------------------------------------------------------------

    def _touch(self, clock: Clock, view: View) -> None:
        """Stop, cancel, pause, resume, change, reset: in this order (semantics 3.4)."""
        at = view.at
        policy, objective = self.terms(clock)
        self.settle(clock, at, view.before)
        if self.stops(policy, objective, clock, view):
            self.stop(clock, at, "resolve" if is_resolved(self.ticket, policy) else "stop")
        elif view.record.kind in ENDINGS:
            self.cancel(clock, at, view.record.kind.value)
        elif objective.cancel is not None and holds(objective.cancel, view.after, view.record, view.before):
            self.cancel(clock, at, "cancel")
        elif objective.kind is not ObjectiveKind.RESOLUTION and is_resolved(self.ticket, policy):
            self.on_resolve(clock, objective, at)
        if clock.open:
            self.repause(clock, at)
            self._follow(clock, at)
        if clock.open and self.terms(clock)[1] is not objective:
            self.repause(clock, at)
        if clock.open and clock.breached_at is None and objective.reset is not None and clock.start < at:
            if holds(objective.reset, view.after, view.record, view.before):
                self.cancel(clock, at, "reset")

    def on_resolve(self, clock: Clock, objective: Objective, at: int) -> None:
        """End a settled clock that waited for something else when the ticket was resolved."""
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

    def stop(self, clock: Clock, at: int, by: str) -> None:
        """End a settled clock with a verdict: met if and only if it stops at or before `due_at` (semantics 2.4)."""
        policy, objective = self.terms(clock)
        if clock.stage is Stage.ACTIVE and clock.breached_at is None and clock.due_at is not None and clock.due_at < at:
            self._breach(clock, policy, objective, max(clock.due_at, clock.since))  # overtaken in this very instant
        end(clock, Signal.STOP, at, by)
        what = What.MET if clock.stage is Stage.MET else What.MISSED
        if what is What.MET:
            self._clear(clock, policy, objective, at, "met")
        self.step.assert_(self.ticket, clock, policy, objective, what, at)

    def cancel(self, clock: Clock, at: int, by: str, reason: str | None = None) -> None:
        """End a settled clock without a verdict; a breach already reached stands."""
        policy, objective = self.terms(clock)
        end(clock, Signal.CANCEL, at, by)
        self._clear(clock, policy, objective, at, "cancelled")
        self.step.assert_(self.ticket, clock, policy, objective, What.CANCELLED, at, reason=reason or by)

    def _clear(self, clock: Clock, policy: Policy, objective: Objective, at: int, reason: str) -> None:
        by_name = {threshold.name: threshold for threshold in objective.thresholds}
        for name in list(clock.raised):
            del clock.raised[name]
            threshold = by_name.get(name) or Threshold(name)
            self.step.assert_(self.ticket, clock, policy, objective, What.CLEARED, at, threshold, reason)

    # -- pauses ------------------------------------------------------------------------------------------------

    def repause(self, clock: Clock, at: int) -> None:
        """Pause or resume a settled clock as the ticket's fields and the overrides in force say."""
        policy, objective = self.terms(clock)
        reason = self._override_pause(clock, at) or pause_reason(objective, self.ticket.fields, self.ticket.held)
        if reason is None:
            resume(clock, objective.calendar, at)
        elif pause(clock, objective.calendar, at, reason) and clock.breached_at is None:
            self._clear(clock, policy, objective, at, "paused")

    def _override_pause(self, clock: Clock, at: int) -> str | None:
        for override in self._touching(clock, at) if self.rules.overriding else ():
            if override.effect == "pause":
                clock.overrides[override.name] = Relief(f"pause: {override.reason}")
                return f"override {override.name}"
        return None

    # -- changes of priority, policy, version, override --------------------------------------------------------

    def _follow(self, clock: Clock, at: int) -> None:
        """Give the settled clock the promise that the ticket's fields select now (semantics 3.6)."""
        exempt = next((o for o in self._touching(clock, at) if o.effect == "exempt"), None)
        if exempt is not None:
            self.cancel(clock, at, f"override {exempt.name}")
            return
        objective = self.terms(clock)[1]
        if clock.breached_at is not None or objective.on_change == "freeze":
            return
        promise = self.promise(clock, at)
        if promise is None:
            self._uncover(clock, at)
            return
        target_ms = self.target_ms(clock, promise, at)
        if target_ms == clock.target_ms and promise.objective.calendar is objective.calendar:
            clock.policy = promise.policy.name
            clock.target_text, clock.target_from = promise.target.text, promise.target_from
        elif promise.objective.on_change == "restart" and clock.start < at:
            self.cancel(clock, at, "restarted")
            self.repause(starts.begin_clock(self, promise, at, at), at)
        elif promise.objective.on_change != "freeze":
            self._retarget(clock, promise, target_ms, at)

    def _retarget(self, clock: Clock, promise: Promise, target_ms: int, at: int) -> None:
        clock.policy, clock.target_text, clock.target_from = (
            promise.policy.name,
            promise.target.text,
            promise.target_from,
        )
        retarget(clock, promise.objective.calendar, target_ms, at)
        by_name = {threshold.name: threshold for threshold in promise.objective.thresholds}
        for name in list(clock.raised):
            threshold = by_name.get(name)
            if threshold is None or need_of(threshold, target_ms) > clock.elapsed_ms:
                del clock.raised[name]
                self.step.assert_(
                    self.ticket, clock, promise.policy, promise.objective, What.CLEARED, at,
                    threshold or Threshold(name), "new_target",
                )  # fmt: skip

    def _uncover(self, clock: Clock, at: int) -> None:
        policy, _ = self.terms(clock)
        self.cancel(clock, at, "not_covered" if effective(policy, at) else "agreement_ended")

    def target_ms(self, clock: Clock, promise: Promise, at: int) -> int:
        """The promise's target for this clock, with every override that has ever relaxed it (semantics 3.11)."""
        for override in self._touching(clock, at, promise):
            if override.effect == "relax" and override.name not in clock.overrides:
                text = f"relax: {override.reason}"
                clock.overrides[override.name] = Relief(text, override.relax_percent, override.relax_ms)
        target = clock.unrelaxed_ms = span_of(promise.target, promise.objective.calendar, clock.start)
        for relief in clock.overrides.values():
            if relief.percent is not None:
                target = -(-target * relief.percent // 10_000)
            target += relief.ms or 0
        return target

    def _touching(self, clock: Clock, at: int, promise: Promise | None = None) -> list[Override]:
        promise = promise or self.promise(clock, at)
        return [] if promise is None else self.overrides_on(promise, at)

    def overrides_on(self, promise: Promise, at: int) -> list[Override]:
        """The overrides in force at the instant that speak of this promise to this ticket."""
        return [o for o in self.rules.overrides(at) if touches(o, promise, self.ticket.fields)]

    # -- coming back -------------------------------------------------------------------------------------------

    def _revive(self, view: View) -> None:
        for clock in self.ticket.clocks:
            reason = None if clock.open else self._comes_back(clock, view)
            if reason is not None:
                self._take_back(clock, view.at, reason)

    def _comes_back(self, clock: Clock, view: View) -> str | None:
        ticket = self.ticket
        policy, objective = self.terms(clock)
        if ticket.gone is not None or clock.ended_at is None or self.promise(clock, view.at) is None:
            return None
        if clock.ended_by in ENDINGS:
            return "restored" if view.record.kind is Kind.RESTORED else None
        if clock.ended_by == "not_covered":
            return None if is_resolved(ticket, policy) else "covered"
        if clock.ended_by != "resolve" or objective.on_reopen != "continue" or self._still_done(clock, view):
            return None
        if objective.kind is ObjectiveKind.GROUP_OWNERSHIP and ticket.group_since != clock.start:
            return None
        if objective.kind is ObjectiveKind.NEXT_RESPONSE and ticket.waiting_since != clock.start:
            return None
        return "reopened"

    def _still_done(self, clock: Clock, view: View) -> bool:
        policy, objective = self.terms(clock)
        if objective.kind is ObjectiveKind.RESOLUTION and objective.stop is not None:
            return holds(objective.stop, view.after, view.record, view.before)
        return is_resolved(self.ticket, policy)

    def _take_back(self, clock: Clock, at: int, reason: str) -> None:
        self.step.take_back_end(clock, reason, at)
        revive(clock, self.terms(clock)[1].calendar, at, reason)
        self._follow(clock, at)
        if clock.open:
            self.repause(clock, at)

    # -- looking things up -------------------------------------------------------------------------------------

    def terms(self, clock: Clock) -> tuple[Policy, Objective]:
        """The policy and objective the clock runs under."""
        return self.rules.coverage(clock.version).objectives[clock.policy, clock.objective]

    def promise(self, clock: Clock, at: int) -> Promise | None:
        """What the clock's version promises now in its slot."""
        return self.rules.coverage(clock.version).of(self.ticket.fields, at).get((clock.slot, clock.objective))

    def settle(self, clock: Clock, at: int, fields: Fields) -> None:
        """Account the clock's time up to the instant to the status and group of these fields."""
        calendar = self.terms(clock)[1].calendar
        settle(clock, calendar, at, name_of(fields, "status"), name_of(fields, "group"))

    # -- what operators must see -------------------------------------------------------------------------------

    def _notice_uncovered(self, view: View) -> None:
        coverage = self.rules.coverage(self.rules.version_at(view.at))
        if not any(slot == SLA for slot, _ in coverage.of(view.after, view.at)):
            if not coverage.exempted(view.after, view.at):
                self.step.count("uncovered")

    def _notice_unknown(self, view: View) -> None:
        coverage = self.rules.coverage(self.rules.version_at(view.at))
        for name, known in coverage.known_values.items():
            value = name_of(view.after, name)
            if name in view.record.fields and value and value.casefold() not in known:
                self.step.count("unknown_value", name)


def refold(rules: Rules, subject: str, records: Iterable[TicketEvent], ticked: int) -> Fold:
    """The ticket worked out again from all its records, with time passed as far as ticks had let it."""
    fold = Fold(rules, Ticket(subject))
    for record in sorted(records, key=lambda record: record.order):
        fold.record(record)
    if ticked >= 0:
        fold.time(ticked)
    return fold
