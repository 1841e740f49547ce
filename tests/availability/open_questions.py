"""Where the judge and the machine are known to differ: each is a defect or a question, shown in `test_disagreements.py`.

Random histories that may touch one are left aside until it is settled; then its line goes.
"""

from collections.abc import Sequence
from dataclasses import replace

from slamon.sla.calendar import ALWAYS
from slamon.sla.events import ServiceEvent, State
from slamon.sla.policy import Objective, ObjectiveKind, Policy, Threshold
from slamon.sla.uptime_terms import Maintenance

History = tuple[Policy, list[ServiceEvent]]


def settled(policy: Policy, told: Sequence[ServiceEvent]) -> History:
    """The promises and the history without what is easily left out of them."""
    ours = policy.agreement.customer
    heard = [replace(one, customer=None) if one.customer == ours else one for one in told]
    states: dict[int, State | None] = {}
    records = [one for one in heard if one.state is None or states.setdefault(one.at, one.state) is one.state]
    first = min(one.at for one in records)
    agreement = policy.agreement
    if agreement.effective_from is not None and agreement.effective_from >= first:
        agreement = replace(agreement, effective_from=None)
    objectives = tuple(replace(one, thresholds=_thresholds(policy, one)) for one in policy.objectives)
    return replace(policy, agreement=agreement, objectives=objectives), records


def apart(policy: Policy, plans: Sequence[Maintenance], told: Sequence[ServiceEvent]) -> bool:
    """Whether a history touches something unsettled all the same."""
    return _at_an_edge(policy, told) or _before_the_first_record(policy, plans, told) or _half_a_failure(policy)


def differ(figure: str, degraded: int) -> bool:
    """Whether a figure of statements is unsettled: downtime is weighted to the judge, and is not to the machine."""
    return degraded == 5_000 and figure in ("downtime_seconds", "mtbf_seconds")


def _at_an_edge(policy: Policy, told: Sequence[ServiceEvent]) -> bool:
    instants = {one.at for one in told}
    signed = policy.agreement.effective_from if policy.agreement else None
    ended = policy.agreement.effective_until if policy.agreement else None
    cut = policy.uptime.min_outage_ms and ended is not None
    return bool(cut or instants & {signed, ended})


def _before_the_first_record(policy: Policy, plans: Sequence[Maintenance], told: Sequence[ServiceEvent]) -> bool:
    first = min(one.at for one in told)
    windows = [span for plan in plans for span in plan.windows.spans]
    announced = [one for one in told if one.announced and one.announced.start < one.at]
    mode = policy.uptime.maintenance
    return (mode != "exclude" and any(start < first for start, _ in windows)) or bool(announced)


def _thresholds(policy: Policy, objective: Objective) -> tuple[Threshold, ...]:
    terms = policy.uptime
    kind, target = objective.kind, objective.targets.default
    nothing = objective.period.span_ms and (target.down_ppb == 0 or terms.hours is not ALWAYS)
    if nothing or kind is ObjectiveKind.MTTR:
        return ()
    shares = not terms.min_outage_ms
    return tuple(
        one
        for one in objective.thresholds
        if one.burn or (shares and one.percent is not None) or (one.offset_ms or 0) > 0
    )


def _half_a_failure(policy: Policy) -> bool:
    kinds = {one.kind for one in policy.objectives}
    return policy.uptime.degraded == 5_000 and ObjectiveKind.MTBF in kinds
