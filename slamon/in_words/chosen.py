"""Which policies speak of a customer, and in which order they count (semantics 3.9)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from slamon.in_words.conditions import Known, judged
from slamon.sla.coverage import SPECIFICITY
from slamon.sla.events import Value
from slamon.sla.policy import Agreement, Objective, Override, Policy, PolicyKind, PolicySet


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom: the customer by any of its names, and if only one is meant, the service."""

    customer: str
    names: tuple[str, ...]
    service: str | None = None

    @property
    def known(self) -> Known:
        """What conditions can be held against."""
        held: dict[str, tuple[Value, ...]] = {"customer": self.names}
        return held if self.service is None else {**held, "service": (self.service,)}


def asked_for(policies: PolicySet, customer: str, service: str | None) -> Asked:
    """The customer by what is typed: a ticket's field, the name of an agreement, or its party."""
    mine = [one for one in policies.agreements.values() if _is(one, customer)]
    names = dict.fromkeys([customer, *(name for one in mine for name in (one.name, one.customer) if name)])
    shown = next((one.customer for one in mine if one.customer), customer)
    return Asked(shown, tuple(names), service)


def known_customers(policies: PolicySet) -> list[str]:
    """The parties of the agreements."""
    return sorted({one.customer or one.name for one in policies.agreements.values()})


def agreements(policies: list[Policy]) -> list[Agreement]:
    """Those the policies belong to, each once."""
    return list({one.agreement.name: one.agreement for one in policies if one.agreement}.values())


def speaking(policies: PolicySet, asked: Asked) -> list[Policy]:
    """The SLA policies in force that may cover the customer, the most specific first."""
    found = [
        policy
        for policy in policies.policies
        if policy.kind is PolicyKind.SLA and not policy.draft and _covers(policy, asked)
    ]
    return sorted(found, key=lambda policy: (SPECIFICITY[policy.level], policy.rank, policy.name))


def backing(policies: PolicySet, names: set[str]) -> list[Policy]:
    """The OLAs and UCs behind policies of these names."""
    return [policy for policy in policies.policies if policy.supports in names and not policy.draft]


def by_objective(speakers: list[Policy], asked: Asked) -> Mapping[str, list[tuple[Policy, Objective]]]:
    """The promises of each objective in the order they count, up to the first that always covers the customer."""
    found: dict[str, list[tuple[Policy, Objective]]] = {}
    settled: set[str] = set()
    for policy in speakers:
        for objective in policy.objectives:
            if objective.name in settled:
                continue
            found.setdefault(objective.name, []).append((policy, objective))
            if judged(policy.when, asked.known) is True and objective.targets.default is not None:
                settled.add(objective.name)
        if policy.exempt and judged(policy.when, asked.known) is True:
            break
    return found


def exceptions(policies: PolicySet, speakers: list[Policy], asked: Asked, now: int) -> Iterator[Override]:
    """Those that are not over and may touch the customer."""
    names = {policy.name for policy in speakers}
    for one in sorted(policies.overrides, key=lambda override: override.start):
        touches = not one.policies or one.policies & names
        if one.end > now and touches and judged(one.when, asked.known) is not False:
            yield one


def _covers(policy: Policy, asked: Asked) -> bool:
    if judged(policy.when, asked.known) is False:
        return False
    # A ticket has one customer, whom conditions tell. A service has many: each agreement speaks for its own.
    return policy.uptime is None or policy.agreement is None or any(_is(policy.agreement, name) for name in asked.names)


def _is(agreement: Agreement, customer: str) -> bool:
    return customer.casefold() in {agreement.name.casefold(), (agreement.customer or "").casefold()}
