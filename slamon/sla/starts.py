"""Where cycles begin: which record starts which objective, and from which instant (semantics 3.2, 3.3, 3.7, 4.8)."""

from typing import TYPE_CHECKING

from slamon.sla.clock import Clock, Stage, aim, begin, clock_id, pause, resume
from slamon.sla.conditions import Condition, holds, needs_record
from slamon.sla.coverage import Promise
from slamon.sla.events import ENDINGS
from slamon.sla.pauses import pause_reason
from slamon.sla.policy import Objective, ObjectiveKind
from slamon.sla.ticket import Ticket, View, is_resolved

if TYPE_CHECKING:
    from slamon.sla.fold import Fold

ONCE = (ObjectiveKind.FIRST_RESPONSE, ObjectiveKind.ACKNOWLEDGE, ObjectiveKind.ASSIGN, ObjectiveKind.RESOLUTION)


def start_cycles(fold: "Fold", view: View) -> None:
    """Begin every clock whose start this record is, under the version active at the start instant (semantics 3.12)."""
    ticket, at = fold.ticket, view.at
    if ticket.gone is not None:
        return
    for key, promise in fold.rules.coverage(fold.rules.version_at(at)).of(view.after, at).items():
        newest = next((c for c in ticket.clocks if (c.slot, c.objective) == key), None)
        if newest is not None and newest.open:
            continue
        start = start_of(fold, promise, newest, view)
        if start is None or (newest is not None and newest.start == start):
            continue
        pinned = fold.rules.coverage(fold.rules.version_at(start)).of(view.after, at).get(key)
        if pinned is not None and not _exempt(fold, pinned, at):
            _begin(fold, pinned, start, view)


def start_of(fold: "Fold", promise: Promise, newest: Clock | None, view: View) -> int | None:
    """The instant the objective's next cycle begins if this record begins one."""
    ticket, objective = fold.ticket, promise.objective
    if newest is not None and newest.ended_by == "reset" and newest.ended_at == view.at:
        return view.at
    if is_resolved(ticket, promise.policy) and not (view.first and objective.kind in (*ONCE, ObjectiveKind.CUSTOM)):
        return None
    if newest is not None and _anew(objective, newest):
        return view.at
    if objective.start is not None:
        return view.at if _edge(objective.start, view) else None
    if objective.kind in ONCE:
        return ticket.created_at if newest is None and not _done_before(ticket, objective, view) else None
    return _cycle_start(ticket, objective, newest, view)


def _anew(objective: Objective, newest: Clock) -> bool:
    """Whether a ticket that is not resolved any more opens a new cycle; message and group cycles have starts of their own."""
    own_start = objective.kind in (ObjectiveKind.NEXT_RESPONSE, ObjectiveKind.GROUP_OWNERSHIP)
    return objective.on_reopen == "new_cycle" and newest.ended_by == "resolve" and not own_start


def _cycle_start(ticket: Ticket, objective: Objective, newest: Clock | None, view: View) -> int | None:
    match objective.kind:
        case ObjectiveKind.PERIODIC_UPDATE:
            if newest is None:
                return (
                    ticket.created_at if ticket.updated_at is None else max(ticket.updated_at, ticket.created_at or 0)
                )
            return view.at if newest.ended_by == "stop" and newest.ended_at == view.at else None
        case ObjectiveKind.NEXT_RESPONSE:
            start = ticket.waiting_since
        case ObjectiveKind.GROUP_OWNERSHIP:
            start = ticket.group_since
        case _:
            return None
    return start


def _edge(condition: Condition, view: View) -> bool:
    """Whether the record makes a start condition true that was not true before it."""
    if not holds(condition, view.after, view.record, view.before):
        return False
    return view.first or needs_record(condition) or not holds(condition, view.before, view.record, view.before)


def _done_before(ticket: Ticket, objective: Objective, view: View) -> bool:
    """Whether what the objective waits for had already happened when the ticket came under the policy.

    A promise made after the fact is not judged.
    """
    if view.learned:
        return False
    done = {
        ObjectiveKind.FIRST_RESPONSE: ticket.replied_at,
        ObjectiveKind.ACKNOWLEDGE: ticket.acknowledged_at,
        ObjectiveKind.ASSIGN: ticket.assigned_at,
    }
    return done.get(objective.kind) is not None


def _exempt(fold: "Fold", promise: Promise, at: int) -> bool:
    return any(o.effect == "exempt" for o in fold.overrides_on(promise, at))


def _begin(fold: "Fold", promise: Promise, start: int, view: View) -> None:
    ticket, at = fold.ticket, view.at
    truly = view.learned or start == at
    clock = begin_clock(fold, promise, start, start if truly else at)
    if start < at:
        if not truly:
            _catch_up(fold, clock, view)
        elif view.first and ticket.partial and is_resolved(ticket, promise.policy):
            # When it was resolved is not known, so neither is the verdict: none is better than a false one.
            fold.cancel(clock, at, "resolve", reason="resolved_before_first_sight")
            return
        else:
            _live_through(fold, clock, view)
    if not clock.open:
        return
    _born(fold, clock, promise, start, view)


def _born(fold: "Fold", clock: Clock, promise: Promise, start: int, view: View) -> None:
    """The first stage: stopped by the record that created the ticket, cancelled by it, or paused (semantics 3.3)."""
    at = view.at
    if view.learned and fold.stops(promise.policy, promise.objective, None, view):
        fold.stop(clock, at, "resolve" if is_resolved(fold.ticket, promise.policy) else "stop")
    elif view.first and view.record.kind in ENDINGS:
        fold.cancel(clock, at, view.record.kind.value)
    elif promise.objective.kind is not ObjectiveKind.RESOLUTION and is_resolved(fold.ticket, promise.policy):
        fold.on_resolve(clock, promise.objective, at)
    if clock.open:
        fold.repause(clock, at)


def begin_clock(fold: "Fold", promise: Promise, start: int, since: int) -> Clock:
    """A running clock from `start`, whose target counts from `since`; it takes the place of the cycle before it."""
    ticket = fold.ticket
    key = (promise.slot, promise.objective.name)
    cycle = ticket.cycles[key] = ticket.cycles.get(key, 0) + 1
    clock = Clock(
        clock_id(promise.slot, ticket.subject, promise.objective.name, start),
        promise.slot, promise.objective.name, promise.policy.name, promise.version, start, cycle,
        0, promise.target.text, promise.target_from, since, partial=ticket.partial,
    )  # fmt: skip
    clock.target_ms = fold.target_ms(clock, promise, since)
    ticket.past += [c for c in ticket.clocks if (c.slot, c.objective) == key]
    ticket.clocks = [c for c in ticket.clocks if (c.slot, c.objective) != key]
    ticket.clocks.append(clock)
    begin(clock, promise.objective.calendar, start)
    if clock.partial:
        fold.step.count("partial")
    return clock


def _live_through(fold: "Fold", clock: Clock, view: View) -> None:
    """What happened between the true start and the record that told of it: deadlines, and a reply already seen."""
    ticket = fold.ticket
    _, objective = fold.terms(clock)
    done = {
        ObjectiveKind.FIRST_RESPONSE: ticket.replied_at,
        ObjectiveKind.ACKNOWLEDGE: ticket.acknowledged_at,
        ObjectiveKind.ASSIGN: ticket.assigned_at,
    }.get(objective.kind)
    until = view.at if done is None or objective.stop is not None else max(done, clock.start)
    fold.run(clock, until)
    fold.settle(clock, until, view.before if view.before else view.after)
    if until < view.at:
        fold.stop(clock, until, "stop")


def _catch_up(fold: "Fold", clock: Clock, view: View) -> None:
    """Count the time before the ticket came under this policy as its status history tells; nothing fires in it."""
    _, objective = fold.terms(clock)
    at_start = [m for m in fold.ticket.history if m.at <= clock.start][-1:]
    fields = dict(view.after)
    for moment in (*at_start, *(m for m in fold.ticket.history if clock.start < m.at < view.at)):
        at = max(moment.at, clock.start)
        fold.settle(clock, at, fields)
        fields |= {"status": moment.status, "group": moment.group}
        reason = pause_reason(objective, fields, moment.held)
        if reason is None:
            resume(clock, objective.calendar, at)
        else:
            pause(clock, objective.calendar, at, reason)
    fold.settle(clock, view.at, fields)
    if clock.stage is Stage.ACTIVE:
        aim(clock, objective.calendar, view.at)
