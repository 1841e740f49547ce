"""Where cycles begin: which record starts which objective, and from which instant (semantics 3.2, 3.3, 3.7, 4.8)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from slamon.sla import returns
from slamon.sla.clock import Clock, Stage, aim
from slamon.sla.conditions import Condition, holds, needs_record
from slamon.sla.coverage import Cover, Key, Promise, effective
from slamon.sla.cycles import begin_clock
from slamon.sla.living import live_through
from slamon.sla.policy import Objective, ObjectiveKind
from slamon.sla.ticket import Ticket, View, is_ended, is_resolved

if TYPE_CHECKING:
    from slamon.sla.fold import Fold

ONCE: Final = (ObjectiveKind.FIRST_RESPONSE, ObjectiveKind.ACKNOWLEDGE, ObjectiveKind.ASSIGN, ObjectiveKind.RESOLUTION)


def start_cycles(fold: "Fold", view: View) -> None:
    """Begin every clock whose start this record is, under the version active at the start instant (semantics 3.12)."""
    if fold.ticket.gone is not None or _begins_nothing(fold.ticket, view):
        return
    newest_of = {(clock.slot, clock.objective): clock for clock in fold.ticket.clocks}
    for key, promise in _promises(fold, view).items():
        newest = newest_of.get(key)
        if newest is not None and newest.open:
            continue
        start = start_of(fold, promise, newest, view)
        if start is None or (newest is not None and start < newest.start):
            continue
        if newest is None or start > newest.start:
            _begin_pinned(fold, key, start, view)
        elif newest.ended_at == start == view.at and newest.ended_by in ("stop", "resolve"):
            # A cycle that would begin in the very instant of the one before it is that one: the start is its name.
            returns.take_back(fold, newest, start, "same_instant")


def _begins_nothing(ticket: Ticket, view: View) -> bool:
    """Whether the ticket is known and stays resolved whatever a policy says, so that no cycle can begin (see `start_of`)."""
    if view.first or not is_ended(ticket):
        return False
    return "reset" not in [clock.ended_by for clock in ticket.clocks]


def start_of(fold: "Fold", promise: Promise, newest: Clock | None, view: View) -> int | None:
    """The instant the objective's next cycle begins if this record begins one."""
    ticket, objective = fold.ticket, promise.objective
    if newest is not None and newest.ended_by == "reset" and newest.ended_at == view.at:
        return view.at
    if is_resolved(ticket, promise.policy) and not (
        view.first and (objective.kind in ONCE or objective.kind == ObjectiveKind.CUSTOM)
    ):
        return None
    if newest is not None and _anew(ticket, objective, newest, view):
        return view.at
    if objective.start is not None:
        return view.at if _edge(objective.start, view) else None
    if objective.kind in ONCE:
        return ticket.created_at if newest is None and not _done_before(ticket, objective, view) else None
    return _cycle_start(ticket, objective, newest, view)


def _promises(fold: "Fold", view: View) -> Mapping[Key, Promise]:
    """What is promised now, and what was promised when a ticket was opened that is first told of now."""
    rules, created_at = fold.rules, fold.ticket.created_at
    now: Cover = fold.cover(rules.version_at(view.at), view.at)
    if not view.learned or created_at is None or created_at == view.at:
        return now
    return {**rules.coverage(rules.version_at(created_at)).of(view.after, created_at), **now}


def _begin_pinned(fold: "Fold", key: Key, start: int, view: View) -> None:
    rules, at = fold.rules, view.at
    promise = fold.cover(rules.version_at(start), at).get(key)
    if promise is None or not effective(promise.policy, start):
        return
    if rules.overriding and any(fold.exemption(promise.policy, promise.objective, instant) for instant in (start, at)):
        return
    _begin(fold, promise, start, view)


def _begin(fold: "Fold", promise: Promise, start: int, view: View) -> None:
    ticket, at = fold.ticket, view.at
    told_now = view.learned or start == at
    clock = begin_clock(fold, promise, start, start if told_now else at)
    if start < at and view.first and ticket.partial and is_resolved(ticket, promise.policy):
        # When it was resolved is not known, so neither is the verdict: none is better than a false one.
        fold.cancel(clock, at, "resolve", reason="resolved_before_first_sight")
    elif start < at:
        live_through(fold, clock, view, _until(ticket, promise.objective, clock, view), fires=told_now)
    if clock.open and not told_now and clock.stage is Stage.ACTIVE:
        aim(clock, promise.objective.calendar, at)
    if clock.open:
        _born(fold, clock, view)


def _until(ticket: Ticket, objective: Objective, clock: Clock, view: View) -> int:
    """Up to where the new clock has lived: to what it waited for, if that was seen before its start was."""
    done = returns.done_at(ticket, objective) if view.learned else None
    return view.at if done is None else max(done, clock.start)


def _born(fold: "Fold", clock: Clock, view: View) -> None:
    """The first stage: stopped by the record that created the ticket, or paused (semantics 3.3)."""
    policy, objective = fold.terms(clock)
    if view.learned and fold.stops(policy, objective, None, view):
        fold.stop(clock, view.at)
    elif objective.kind is not ObjectiveKind.RESOLUTION and is_resolved(fold.ticket, policy):
        fold.on_resolve(clock, view.at)
    if clock.open:
        fold.repause(clock, view.at)


def _anew(ticket: Ticket, objective: Objective, newest: Clock, view: View) -> bool:
    """Whether a ticket that is not resolved any more opens a new cycle (semantics 3.7)."""
    if newest.ended_by != "resolve" or objective.on_reopen == "continue":
        return False
    match objective.kind:
        case ObjectiveKind.NEXT_RESPONSE:
            renewed = objective.on_reopen == "new_cycle" or view.customer_wrote
            return renewed and ticket.waiting_since is not None
        case ObjectiveKind.GROUP_OWNERSHIP:
            return objective.on_reopen == "new_cycle" and ticket.group_since is not None
    return objective.on_reopen == "new_cycle"


def _cycle_start(ticket: Ticket, objective: Objective, newest: Clock | None, view: View) -> int | None:
    match objective.kind:
        case ObjectiveKind.PERIODIC_UPDATE:
            return _update_start(ticket, objective, newest, view)
        case ObjectiveKind.NEXT_RESPONSE:
            return ticket.waiting_since
        case ObjectiveKind.GROUP_OWNERSHIP:
            return ticket.group_since
    return None


def _update_start(ticket: Ticket, objective: Objective, newest: Clock | None, view: View) -> int | None:
    if newest is None:
        return ticket.created_at if ticket.updated_at is None else max(ticket.updated_at, ticket.created_at or 0)
    # An update that came with the resolve began no cycle: the reopening does.
    goes_on = newest.ended_at == view.at or objective.on_reopen != "ignore"
    return view.at if newest.ended_by == "stop" and goes_on else None


def _edge(condition: Condition, view: View) -> bool:
    """Whether the record makes a start condition true that was not true before it."""
    if not holds(condition, view.after, view.record, view.before):
        return False
    return view.first or needs_record(condition) or not holds(condition, view.before, view.record, view.before)


def _done_before(ticket: Ticket, objective: Objective, view: View) -> bool:
    """Whether what the objective waits for had already happened when the ticket came under the policy.

    A promise made after the fact is not judged.
    """
    return not view.learned and returns.done_at(ticket, objective) is not None
