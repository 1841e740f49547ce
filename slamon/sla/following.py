"""How an open clock follows its ticket and its rules: priorities, policies, versions, agreements, overrides (semantics 3.6, 3.11, 3.12)."""

from typing import TYPE_CHECKING

from slamon.sla.calendar import Calendar
from slamon.sla.clock import Clock, need_of, retarget, span_of
from slamon.sla.coverage import Promise, effective
from slamon.sla.cycles import begin_clock, target_ms
from slamon.sla.events import What
from slamon.sla.policy import Objective, Policy, Threshold

if TYPE_CHECKING:
    from slamon.sla.fold import Fold


def turn(fold: "Fold", clock: Clock, at: int) -> None:
    """An edge of the rules: a version that takes open clocks over, an agreement or an override that begins or ends."""
    if clock.breached_at is None and any(a.to_open and a.at == at for a in fold.rules.book.activations[1:]):
        _move_over(fold, clock, at)
    if clock.open:
        follow(fold, clock, at)


def follow(fold: "Fold", clock: Clock, at: int) -> None:
    """Give the settled clock the promise that the ticket's fields select now; a breached one keeps what it has."""
    policy, objective = fold.terms(clock)
    promise = fold.promise(clock, at)
    stays = clock.breached_at is not None or objective.on_change == "freeze"
    exempt = fold.exemption(policy, objective, at)
    if exempt is None and promise is not None and not stays:
        exempt = fold.exemption(promise.policy, promise.objective, at)
    if exempt is not None:
        fold.cancel(clock, at, f"override {exempt.name}")
    elif not effective(policy, at) and (stays or promise is None):
        fold.cancel(clock, at, "agreement_ended")
    elif stays:
        _relax(fold, clock, policy, objective, at)
    elif promise is None:
        fold.cancel(clock, at, "not_covered")
    elif promise.objective is objective and promise.target_from == clock.target_from and not fold.rules.overriding:
        return  # nothing is another
    elif objective.on_change == "restart" and clock.start < at and _differs(clock, objective, promise):
        _restart(fold, clock, at)
    else:
        _carry(fold, clock, promise, at)


def _move_over(fold: "Fold", clock: Clock, at: int) -> None:
    """Take the clock over to the version active at the instant, by the carry rule (semantics 3.12)."""
    version = fold.rules.version_at(at)
    promise = fold.rules.coverage(version).of(fold.ticket.fields, at).get((clock.slot, clock.objective))
    if promise is None:
        fold.cancel(clock, at, "removed", reason="not_covered")
    else:
        _carry(fold, clock, promise, at)


def _differs(clock: Clock, objective: Objective, promise: Promise) -> bool:
    """Whether the promise is another one in itself; what overrides did to the old one does not count."""
    other = promise.objective
    if not _same_hours(objective.calendar, other.calendar):
        return True
    return span_of(promise.target, other.calendar, clock.start) != clock.unrelaxed_ms


def _same_hours(one: Calendar, other: Calendar) -> bool:
    if one is other:
        return True
    return (one.zone, one.weekly, one.special, one.holidays) == (
        other.zone,
        other.weekly,
        other.special,
        other.holidays,
    )


def _restart(fold: "Fold", clock: Clock, at: int) -> None:
    """End the cycle and begin the next, pinned to the version of its own start."""
    fold.cancel(clock, at, "restarted")
    cover = fold.rules.coverage(fold.rules.version_at(at)).of(fold.ticket.fields, at)
    promise = cover.get((clock.slot, clock.objective))
    if promise is not None and fold.exemption(promise.policy, promise.objective, at) is None:
        fold.repause(begin_clock(fold, promise, at, at), at)


def _relax(fold: "Fold", clock: Clock, policy: Policy, objective: Objective, at: int) -> None:
    """A frozen clock changes by overrides only, a breached one by nothing."""
    if clock.breached_at is None and target_ms(fold, clock, policy, objective, at) != clock.target_ms:
        _aim(fold, clock, objective, at)


def _carry(fold: "Fold", clock: Clock, promise: Promise, at: int) -> None:
    """The same clock under the promise, with its elapsed time and its pauses."""
    before, now = fold.terms(clock)[1], promise.objective
    clock.policy, clock.version, clock.terms = promise.policy.name, promise.version, None
    clock.target_text, clock.target_from = promise.target.text, promise.target_from
    clock.unrelaxed_ms = span_of(promise.target, now.calendar, clock.start)
    same = now.thresholds == before.thresholds and _same_hours(before.calendar, now.calendar)
    if not same or target_ms(fold, clock, promise.policy, now, at) != clock.target_ms:
        _aim(fold, clock, now, at)


def _aim(fold: "Fold", clock: Clock, objective: Objective, at: int) -> None:
    """Count to the new target from here on, and clear the warnings that no longer hold (semantics 3.6, 3.8)."""
    policy = fold.terms(clock)[0]
    target = target_ms(fold, clock, policy, objective, at)
    retarget(clock, objective.calendar, target, at)
    by_name = {threshold.name: threshold for threshold in objective.thresholds}
    for name in list(clock.raised):
        threshold = by_name.get(name)
        if threshold is None or need_of(threshold, target) > clock.elapsed_ms:
            del clock.raised[name]
            told = threshold or Threshold(name)
            fold.tell(clock, What.CLEARED, at, told, "new_target")
