"""What a person is told about a clock of a service, as plain JSON values: every outage, what counted and what did not (semantics 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slamon.sla import budget
from slamon.sla.accounts import Account, Stretch, advance
from slamon.sla.clock import Clock, Stage, clock_id, digest
from slamon.sla.counting import observed
from slamon.sla.events import What
from slamon.sla.explain import instant, seconds
from slamon.sla.frame import CONTEXT
from slamon.sla.policy import Objective, ObjectiveKind, Policy
from slamon.sla.uptime_terms import WEIGHT_ONE

if TYPE_CHECKING:
    from slamon.sla.service_clocks import ServiceClocks


def describe(fold: "ServiceClocks", clock: Clock, at: int) -> dict[str, Any]:
    """The clock as it stands at the instant: identity, verdict, figures of its period, context and explanation."""
    policy, objective = fold.terms(clock)
    account = fold.account(clock)
    told = _identity(fold, clock, policy, at) | {
        "objective": clock.objective,
        "objective_kind": objective.kind.value,
        "target": _target(clock, objective),
    }
    if account is None:
        return told | {"explanation": {"calendar": objective.calendar.name, "zone": objective.calendar.zone}}
    seen = _up_to(fold, account, at)
    figures = _figures(fold, seen, policy, objective)
    told |= figures | _budget(fold, seen, clock, policy, objective, figures)
    return told | {"explanation": _explanation(seen, clock, policy, objective, at)}


def state(fold: "ServiceClocks", account: Account, clocks: Sequence[Clock], at: int) -> None:
    """Assert the statement of a period that has ended, as the only fact of a clock of its own (semantics 5.9)."""
    if not clocks:
        return
    first = clocks[0]
    made = Clock(
        clock_id(account.slot, fold.service.subject, f"statement/{account.policy}/{account.period}", account.start),
        account.slot, "", account.policy, account.version, account.start, first.cycle, 0, "", "", account.start,
        stage=Stage.MET if all(clock.stage is Stage.MET for clock in clocks) else Stage.MISSED, ended_at=at,
        ended_by="period",
    )  # fmt: skip
    told = _statement(fold, account, clocks, made, at)
    # Its figures are part of its name: a late record that changes them withdraws the statement that was told.
    body = {"what": What.STATEMENT.value, "source": fold.service.source, **told}
    fold.step.assert_(fold.service, made, What.STATEMENT, at, None, None, lambda: body, variant=digest(repr(told)))
    fold.service.past.append(made)


def _statement(
    fold: "ServiceClocks", account: Account, clocks: Sequence[Clock], made: Clock, at: int
) -> dict[str, Any]:
    policy, objective = fold.terms(clocks[0])
    verdicts = [
        {
            "objective": clock.objective, "objective_kind": fold.terms(clock)[1].kind.value, "clock_id": clock.id,
            "target": _target(clock, fold.terms(clock)[1]), "stage": clock.stage.value, "breached_at": instant(clock.breached_at),
        }
        for clock in clocks
    ]  # fmt: skip
    told = _identity(fold, made, policy, at) | {"objective": None, "objective_kind": None, "target": None}
    told |= _figures(fold, account, policy, objective) | {"objectives": verdicts}
    return told | {"explanation": _explanation(account, made, policy, objective, at)}


def _identity(fold: "ServiceClocks", clock: Clock, policy: Policy, at: int) -> dict[str, Any]:
    service = fold.service
    seen = observed(service, policy, at)
    told: dict[str, Any] = {
        "subject": service.subject,
        "clock_id": clock.id,
        "slot": clock.slot,
        "policy": clock.policy,
        "policy_kind": policy.kind.value,
        "version": clock.version,
        "agreement": policy.agreement.name if policy.agreement else None,
        "cycle": clock.cycle,
        "cycle_start": instant(clock.start),
        "stage": clock.stage.value,
        "due_at": instant(clock.due_at),
        "breached_at": instant(clock.breached_at),
        "ended_at": instant(clock.ended_at),
        "ended_by": clock.ended_by,
        "state": "no_data" if seen is None else seen.value,
        "context": {name: service.fields.get(name) for name in CONTEXT},
        "links": dict(policy.links),
    }
    return told if policy.supports is None else told | {"supports": policy.supports}


def _target(clock: Clock, objective: Objective) -> dict[str, Any]:
    told: dict[str, Any] = {"text": clock.target_text, "from": clock.target_from, "since": instant(clock.since)}
    match objective.kind:
        case ObjectiveKind.AVAILABILITY:
            return told | {"ratio": 1 - clock.target_ms / budget.BILLION}
        case ObjectiveKind.OUTAGES:
            return told | {"count": clock.target_ms}
    return told | {"seconds": seconds(clock.target_ms)}


def _up_to(fold: "ServiceClocks", account: Account, at: int) -> Account:
    """The account with the time up to the instant in it."""
    if account.mark >= at or account.closed:
        return account
    terms = fold.policy(account).uptime
    assert terms is not None
    told = {name: list(stretches) for name, stretches in account.told.items()}
    outage = None if account.outage is None else replace(account.outage, pieces=list(account.outage.pieces))
    seen = replace(account, told=told, outage=outage, history=account.history.copy())
    advance(seen, terms.hours, terms.min_outage_ms, at)
    return seen


def _figures(fold: "ServiceClocks", account: Account, policy: Policy, objective: Objective) -> dict[str, Any]:
    period, terms = objective.period, policy.uptime
    assert period is not None
    assert terms is not None
    begun, served, excluded, unknown, weighted = _sums(fold, account, policy, objective)
    counted = served - excluded
    return {
        "period": {"text": period.text, "from": instant(begun), "until": instant(account.end), "zone": period.zone},
        "service_seconds": seconds(served),
        "excluded_seconds": seconds(excluded),
        "unknown_seconds": seconds(unknown),
        "downtime_seconds": seconds(weighted // WEIGHT_ONE),
        "availability": None if counted <= 0 else 1 - weighted / WEIGHT_ONE / counted,
        "outages": account.outages,
        "longest_outage_seconds": seconds(account.longest_ms),
        "mttr_seconds": _mttr(account),
        "mtbf_seconds": _mean(max(0, counted - weighted // WEIGHT_ONE), account.outages),
    }


def _sums(
    fold: "ServiceClocks", account: Account, policy: Policy, objective: Objective
) -> tuple[int, int, int, int, int]:
    """(start, service time so far, excluded, unknown, weighted downtime) of the period, or of a rolling window as it is now."""
    terms, period = policy.uptime, objective.period
    assert terms is not None
    assert period is not None
    if account.end is not None or period.span_ms is None:
        hours = fold.policy(account).uptime or terms
        served = account.service_ms - hours.hours.between(account.mark, account.end or account.mark)
        return account.start, served, account.excluded_ms, account.unknown_ms, account.weighted
    agreed = policy.agreement.effective_from if policy.agreement is not None else None
    begun = max(account.mark - period.span_ms, account.mark - period.span_ms if agreed is None else agreed)
    sums = account.history.sums(begun, terms.hours)
    served = terms.hours.between(begun, account.mark)
    return begun, served, sums.excluded, sums.unknown, sums.weighted


def _budget(
    fold: "ServiceClocks",
    account: Account,
    clock: Clock,
    policy: Policy,
    objective: Objective,
    figures: Mapping[str, Any],
) -> dict[str, Any]:
    """The budget of an availability objective, in seconds of whole downtime."""
    if objective.kind is not ObjectiveKind.AVAILABILITY:
        return {}
    terms = policy.uptime
    assert terms is not None
    if account.end is None:
        _, served, excluded, _, used = _sums(fold, account, policy, objective)
        served -= excluded
    else:
        served, used = budget.served_ms(account, terms, fold.windows(account)), account.weighted
    allowed = budget.budget(clock, served)
    return {
        "budget": {
            "seconds": allowed / WEIGHT_ONE / 1000,
            "used_seconds": used / WEIGHT_ONE / 1000,
            "remaining_seconds": (allowed - used) / WEIGHT_ONE / 1000,
            "used_ratio": None if allowed == 0 else used / allowed,
        }
    }


def _explanation(account: Account, clock: Clock, policy: Policy, objective: Objective, at: int) -> dict[str, Any]:
    terms = policy.uptime
    assert terms is not None
    outages = list(account.told["outages"])
    running = account.outage
    if running is not None:
        outages.append(Stretch(running.start, at, running.ms, running.counted, running.reason))
    told: dict[str, Any] = {
        "calendar": terms.hours.name,
        "zone": terms.hours.zone,
        "outages": [
            {"from": instant(o.start), "until": instant(o.end), "seconds": seconds(o.ms), "counted": o.counted, "why": o.reason}
            for o in outages
        ],
        "excluded": [_stretch(stretch) for stretch in account.told["excluded"]],
        "unknown": [_stretch(stretch) for stretch in account.told["unknown"]],
        "thresholds": {name: instant(fired) for what, name, fired in clock.facts if what == What.WARNING},
        "not_known": [f"{seconds(account.unknown_ms)} s without data"] if account.unknown_ms else [],
    }  # fmt: skip
    if account.left_out:
        told |= {"older": {"stretches": account.left_out}, "truncated": True}
    return told


def _stretch(stretch: Stretch) -> dict[str, Any]:
    return {
        "from": instant(stretch.start), "until": instant(stretch.end), "seconds": seconds(stretch.ms), "reason": stretch.reason,
    }  # fmt: skip


def _mttr(account: Account) -> int | float | None:
    """The mean over the outages that count, the one that is going on with what it has lasted."""
    outage = account.outage
    if outage is None or not outage.counted:
        return _mean(account.repaired_ms, account.repairs)
    return _mean(account.repaired_ms + outage.ms, account.repairs + 1)


def _mean(total: int, count: int) -> int | float | None:
    return None if count == 0 else total / count / 1000
