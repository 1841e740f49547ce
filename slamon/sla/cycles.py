"""A cycle comes into being: its clock, and the target it has under the overrides that touch it (semantics 3.11, 4.5)."""

from typing import TYPE_CHECKING

from slamon.sla.clock import LONGEST_MS, Clock, Relief, begin, clock_id, span_of
from slamon.sla.coverage import Promise
from slamon.sla.policy import Objective, Policy

if TYPE_CHECKING:
    from slamon.sla.fold import Fold


def begin_clock(fold: "Fold", promise: Promise, start: int, since: int) -> Clock:
    """A running clock from `start`, whose target counts from `since`; it takes the place of the cycle before it."""
    ticket, objective = fold.ticket, promise.objective
    key = (promise.slot, objective.name)
    cycle = ticket.cycles[key] = ticket.cycles.get(key, 0) + 1
    clock = Clock(
        clock_id(promise.slot, ticket.subject, objective.name, start),
        promise.slot, objective.name, promise.policy.name, promise.version, start, cycle,
        0, promise.target.text, promise.target_from, since, partial=ticket.partial,
    )  # fmt: skip
    clock.terms = (promise.policy, objective)
    clock.unrelaxed_ms = span_of(promise.target, objective.calendar, start)
    clock.target_ms = target_ms(fold, clock, promise.policy, objective, since)
    if cycle > 1:
        ticket.past += [c for c in ticket.clocks if (c.slot, c.objective) == key]
        ticket.clocks = [c for c in ticket.clocks if (c.slot, c.objective) != key]
    ticket.clocks.append(clock)
    begin(clock, objective.calendar, start)
    if clock.partial:
        fold.step.count("partial")
    return clock


def target_ms(fold: "Fold", clock: Clock, policy: Policy, objective: Objective, at: int) -> int:
    """The clock's target with every override that has ever relaxed it (semantics 3.11); `unrelaxed_ms` is its own."""
    for override in fold.overrides_on(policy, objective, at):
        if override.effect == "relax" and override.name not in clock.overrides:
            text = f"relax: {override.reason}"
            clock.overrides[override.name] = Relief(text, override.relax_percent, override.relax_ms)
    target = clock.unrelaxed_ms or clock.target_ms
    for relief in clock.overrides.values():
        if relief.percent is not None:
            target = -(-target * relief.percent // 10_000)
        target += relief.ms or 0
    return min(max(target, 1), LONGEST_MS)
