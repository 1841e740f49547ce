"""The whole page for one customer, and the part of it that is one policy."""

from collections.abc import Iterable, Iterator

from slamon.in_words import objectives, services
from slamon.in_words.chosen import Asked, agreements, asked_for, backing, by_objective, exceptions, speaking
from slamon.in_words.conditions import clause, judged
from slamon.in_words.language import listed, moment, sentence, span
from slamon.sla.instants import DAY_MS
from slamon.sla.policy import Agreement, Objective, Override, Policy, PolicySet

SHOWN_WINDOWS = 5
AHEAD_MS = 60 * DAY_MS
KINDS = {"SLA": "towards the customer", "OLA": "between internal teams", "UC": "by a supplier"}
EFFECTS = {"pause": "time is paused", "exempt": "nothing is promised"}


def promises_in_words(policies: PolicySet, customer: str, service: str | None, now: int) -> str | None:
    """Everything that holds for the customer at the instant, as text; None if no policy speaks of it."""
    asked = asked_for(policies, customer, service)
    speakers = speaking(policies, asked)
    if not any(policy.objectives for policy in speakers):
        return None
    of_tickets = [policy for policy in speakers if policy.uptime is None]
    of_services = [policy for policy in speakers if policy.uptime is not None]
    head = f"What {asked.customer} is promised{f' for the service {service}' if service else ''}"
    parts = [
        _headed(head, "=", _contracts(agreements(speakers))),
        _tickets(of_tickets, asked, now),
        *(_services(policy, asked, now) for policy in of_services),
        _backing(policies, speakers),
        _exceptions(exceptions(policies, speakers, asked, now), agreements(speakers)),
        _windows(policies, of_services, asked, now),
    ]
    return "\n".join(part for part in parts if part)


def policy_in_words(policy: Policy, now: int) -> str:
    """One policy by itself."""
    agreement = policy.agreement
    lines = list(_contracts([agreement] if agreement else []))
    if agreement is not None and agreement.customer:
        lines.append(sentence(f"customer: {agreement.customer}"))
    lines += _scope(policy, Asked("", ()))
    if policy.draft:
        lines.append("A draft: it is measured, and promised to nobody.")
    if policy.supports:
        lines.append(f"Stands behind {policy.supports}.")
    if policy.exempt:
        lines.append("Nothing is promised for these, whatever less specific policies say.")
    parts = [_headed(f"{policy.name}, promised {KINDS[policy.kind.value]}", "=", lines)]
    if policy.uptime is not None:
        parts.append(_headed("How time is counted", "-", services.terms(policy.uptime, now)))
    parts += [_promise(policy, objective, now) for objective in policy.objectives]
    return "\n".join(parts)


def _promise(policy: Policy, objective: Objective, now: int) -> str:
    if policy.uptime is not None:
        return _headed(services.title(objective), "-", services.told(objective))
    return _headed(objectives.title(objective), "-", objectives.told(objective, now))


def _contracts(of: Iterable[Agreement]) -> Iterator[str]:
    for one in of:
        by = f" with {one.provider}" if one.provider else ""
        since = f", from {moment(one.effective_from, one.zone)}" if one.effective_from is not None else ""
        until = f", until {moment(one.effective_until, one.zone)}" if one.effective_until is not None else ""
        yield sentence(f"by the agreement {one.name}{by}{since}{until}; its dates are those of {one.zone}")


def _scope(policy: Policy, asked: Asked) -> Iterator[str]:
    if policy.when is not None and judged(policy.when, asked.known) is not True:
        yield sentence(f"holds where {clause(policy.when, asked.known)}")


# -- tickets


def _tickets(speakers: list[Policy], asked: Asked, now: int) -> str:
    parts = []
    for promises in by_objective(speakers, asked).values():
        for policy, objective in promises:
            lines = [*_scope(policy, asked), *objectives.told(objective, now)]
            where = f"{objectives.title(objective)}: policy {policy.name}, level {policy.level.value}"
            parts.append(_headed(where, "-", lines))
        if len(promises) > 1:
            names = listed([policy.name for policy, _ in promises])
            parts.append(f"  Of these the first that fits counts: {names}.\n")
    exempt = [_exempt(policy, asked) for policy in speakers if policy.exempt]
    return "\n".join([*parts, *([_headed("No promise", "-", exempt)] if exempt else [])])


def _exempt(policy: Policy, asked: Asked) -> str:
    where = next(_scope(policy, asked), "For all tickets.").removeprefix("Holds ").removesuffix(".")
    return sentence(f"{where} (policy {policy.name})")


# -- services


def _services(policy: Policy, asked: Asked, now: int) -> str:
    assert policy.uptime is not None
    lines = [*_scope(policy, asked), *services.terms(policy.uptime, now)]
    head = _headed(f"Services: policy {policy.name}, level {policy.level.value}", "-", lines)
    parts = [_headed(services.title(objective), ".", services.told(objective)) for objective in policy.objectives]
    return "\n".join([head, *parts])


# -- around them


def _backing(policies: PolicySet, speakers: list[Policy]) -> str:
    behind = backing(policies, {policy.name for policy in speakers})
    lines = [f"{one.name}, {KINDS[one.kind.value]}, supports {one.supports}." for one in behind]
    return _headed("What stands behind it", "-", lines) if lines else ""


def _exceptions(of: Iterable[Override], contracts: list[Agreement]) -> str:
    zone = contracts[0].zone if contracts else "UTC"
    lines = [_exception(one, zone) for one in of]
    return _headed("Exceptions", "-", lines) if lines else ""


def _exception(one: Override, zone: str) -> str:
    what = EFFECTS.get(one.effect) or _relaxed(one)
    whose = f" for {listed(sorted(one.objectives))}" if one.objectives else ""
    where = f" where {clause(one.when)}" if one.when is not None else ""
    return sentence(
        f"from {moment(one.start, zone)} until {moment(one.end, zone)} ({zone}) {what}{whose}{where}: {one.reason}"
    )


def _relaxed(one: Override) -> str:
    if one.relax_percent is not None:
        return f"targets are {one.relax_percent / 100:g} % of what they are otherwise"
    return f"targets are {span(one.relax_ms or 0)} longer"


def _windows(policies: PolicySet, speakers: list[Policy], asked: Asked, now: int) -> str:
    names = {policy.name for policy in speakers}
    lines = []
    for one in policies.maintenance:
        touches = not one.policies or one.policies & names
        if names and touches and judged(one.when, asked.known) is not False:
            zone = speakers[0].agreement.zone if speakers[0].agreement else "UTC"
            coming = one.windows.between(now, now + AHEAD_MS)[:SHOWN_WINDOWS]
            said = [f"{moment(start, zone)} for {span(end - start)}" for start, end in coming]
            where = f", where {clause(one.when, asked.known)}" if one.when is not None else ""
            if said:
                lines.append(
                    sentence(f"{one.name} ({one.reason or 'no reason given'}){where}: {listed(said)} ({zone})")
                )
    return _headed("Maintenance in the next 60 days", "-", lines) if lines else ""


def _headed(head: str, line: str, lines: Iterable[str]) -> str:
    return "\n".join([head, line * len(head), *(f"  {one}" for one in lines), ""])
