"""When an ended clock comes back: reopened, restored, covered again (semantics 3.2, 3.7)."""

from typing import TYPE_CHECKING

from slamon.sla.clock import Clock, revive
from slamon.sla.conditions import holds
from slamon.sla.coverage import effective
from slamon.sla.events import ENDINGS, Kind
from slamon.sla.following import follow
from slamon.sla.policy import Objective, ObjectiveKind
from slamon.sla.ticket import Ticket, View, is_resolved

if TYPE_CHECKING:
    from slamon.sla.fold import Fold


def come_back(fold: "Fold", view: View) -> None:
    """Make every ended clock active again whose end the record takes back."""
    for clock in list(fold.ticket.clocks):
        reason = None if clock.open else _reason(fold, clock, view)
        if reason is not None:
            take_back(fold, clock, view.at, reason)


def take_back(fold: "Fold", clock: Clock, at: int, reason: str) -> None:
    """Withdraw the clock's end; the time since then was a pause. A ticket that is resolved meanwhile ends it again."""
    fold.step.take_back_end(clock, reason, at)
    revive(clock, fold.terms(clock)[1].calendar, at, reason)
    follow(fold, clock, at)
    if clock.open:
        fold.repause(clock, at)
    if clock.open and is_resolved(fold.ticket, fold.terms(clock)[0]):
        _end_again(fold, clock, at)


def done_at(ticket: Ticket, objective: Objective) -> int | None:
    """When that happened which a built-in objective waits for once, if it did."""
    if objective.stop is not None:
        return None
    match objective.kind:
        case ObjectiveKind.FIRST_RESPONSE:
            return ticket.replied_at
        case ObjectiveKind.ACKNOWLEDGE:
            return ticket.acknowledged_at
        case ObjectiveKind.ASSIGN:
            return ticket.assigned_at
    return None


def _reason(fold: "Fold", clock: Clock, view: View) -> str | None:
    if clock.ended_by == "stop":  # a deed of its own, which nothing takes back
        return None
    ticket = fold.ticket
    policy, objective = fold.terms(clock)
    resolved = clock.ended_by == "resolve"
    if resolved and (objective.on_reopen != "continue" or _still_done(fold, clock, view)):
        return None
    if ticket.gone is not None or not _awaited(ticket, objective, clock) or not _covered(fold, clock, view.at):
        return None
    if clock.ended_by in ENDINGS:
        return "restored" if view.record.kind is Kind.RESTORED else None
    if clock.ended_by == "not_covered":
        return None if is_resolved(ticket, policy) else "covered"
    return "reopened" if resolved else None


def _awaited(ticket: Ticket, objective: Objective, clock: Clock) -> bool:
    """Whether what the clock waited for is still to come: it may have happened, or been overtaken, meanwhile."""
    if objective.start is None and objective.kind is ObjectiveKind.NEXT_RESPONSE:
        return ticket.waiting_since is not None and ticket.waiting_since <= clock.start
    if objective.start is None and objective.kind is ObjectiveKind.GROUP_OWNERSHIP:
        return ticket.group_since is not None and ticket.group_since <= clock.start
    return done_at(ticket, objective) is None


def _covered(fold: "Fold", clock: Clock, at: int) -> bool:
    policy, objective = fold.terms(clock)
    if clock.breached_at is not None or objective.on_change == "freeze":
        return effective(policy, at)
    return fold.promise(clock, at) is not None


def _still_done(fold: "Fold", clock: Clock, view: View) -> bool:
    policy, objective = fold.terms(clock)
    if objective.kind is ObjectiveKind.RESOLUTION and objective.stop is not None:
        return holds(objective.stop, view.after, view.record, view.before)
    return is_resolved(fold.ticket, policy)


def _end_again(fold: "Fold", clock: Clock, at: int) -> None:
    objective = fold.terms(clock)[1]
    if objective.kind is not ObjectiveKind.RESOLUTION:
        fold.on_resolve(clock, at)
    elif objective.stop is None:
        fold.stop(clock, at, "resolve")
