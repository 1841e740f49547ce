"""Which policy promises what to a ticket: levels, ranks, exemptions, agreements, versions, overrides (semantics 3.9-3.12)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from slamon.sla.clock import DRAFT, digest
from slamon.sla.conditions import Field, Fields, holds, leaves
from slamon.sla.policy import Level, Objective, Override, Policy, PolicyBook, PolicyKind, PolicySet, Target

SLA: Final = "sla"
SPECIFICITY: Final = {Level.CUSTOMER: 0, Level.SERVICE: 1, Level.CORPORATE: 2}
Key = tuple[str, str]  # slot, objective


@dataclass(frozen=True, slots=True)
class Promise:
    """One objective of one policy, with the target that the ticket's fields select."""

    slot: str
    version: str
    policy: Policy
    objective: Objective
    target: Target
    target_from: str


Cover = Mapping[Key, Promise]


def slot_of(policy: Policy) -> str:
    """The slot a policy's clocks live in: the SLA itself, a draft of its own, or the OLA or UC (semantics 4.5).

    A ticket has one customer. A service has many, so each agreement that promises it has an SLA of its own.
    """
    if policy.draft:
        return DRAFT + policy.name
    if policy.kind is PolicyKind.SLA:
        shared = policy.uptime is not None and policy.agreement is not None
        return f"{SLA}/{policy.agreement.name}" if shared and policy.agreement else SLA
    return policy.name if policy.name != SLA else f"{policy.kind.value}/{policy.name}"  # no name holds a slash


def effective(policy: Policy, at: int) -> bool:
    """Whether the policy's agreement is in force at the instant; a policy without one always is."""
    agreement = policy.agreement
    if agreement is None:
        return True
    begun = agreement.effective_from is None or agreement.effective_from <= at
    return begun and (agreement.effective_until is None or at < agreement.effective_until)


def target_for(objective: Objective, fields: Fields) -> tuple[Target, str] | None:
    """The target the fields select and where it came from, or None: then the objective promises nothing."""
    targets = objective.targets
    value = fields.get(targets.field)
    found = None if value is None else targets.by_value.get(str(value).casefold())
    if found is not None:
        return found, f"{targets.field}={value}"
    return None if targets.default is None else (targets.default, "default")


def cover(policies: Iterable[Policy], version: str, fields: Fields, at: int) -> dict[Key, Promise]:
    """Every promise made to a subject with these fields: per slot and objective the most specific policy's."""
    promises: dict[Key, Promise] = {}
    closed: set[str] = set()  # slots that an exemption has closed for everything less specific
    for policy in sorted(policies, key=lambda p: (SPECIFICITY[p.level], p.rank, p.name)):
        slot = slot_of(policy)
        if slot in closed or not effective(policy, at):
            continue
        if policy.when is not None and not holds(policy.when, fields):
            continue
        if policy.exempt:
            closed.add(slot)
            continue
        for promise in _promises(policy, slot, version, fields):
            promises.setdefault((slot, promise.objective.name), promise)
    return promises


def _promises(policy: Policy, slot: str, version: str, fields: Fields) -> Iterator[Promise]:
    for objective in policy.objectives:
        found = target_for(objective, fields)
        if found is not None:
            yield Promise(slot, version, policy, objective, *found)


class Coverage:
    """`cover` of one version, for tickets or for services, remembered by the values its conditions look at."""

    def __init__(self, policies: PolicySet, *, services: bool = False) -> None:
        self.version = policies.version
        self.policies = tuple(p for p in policies.policies if (p.uptime is not None) is services)
        self.fields = tuple(sorted(_looked_at(self.policies)))
        self._edges = _agreement_edges(self.policies)
        self._known: dict[tuple[object, ...], dict[Key, Promise]] = {}
        self.objectives = {(p.name, o.name): (p, o) for p in self.policies for o in p.objectives}
        self.by_name = {policy.name: policy for policy in self.policies}
        self.known_values = _known_values(self.policies)

    def of(self, fields: Fields, at: int) -> Cover:
        """The promises made at the instant; do not change the mapping."""
        looked_at: list[object] = [fields.get(name) for name in self.fields]
        looked_at.append(bisect_right(self._edges, at) if self._edges else 0)
        key = tuple(looked_at)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > 10_000:  # values come from outside: bounded, and rebuilt when it ever fills
                self._known.clear()
            found = self._known[key] = cover(self.policies, self.version, fields, at)
        return found

    def exempted(self, fields: Fields, at: int) -> bool:
        """Whether a policy says "no SLA" to such a ticket, so that it is not merely forgotten."""
        return any(
            policy.exempt
            and not policy.draft
            and effective(policy, at)
            and (policy.when is None or holds(policy.when, fields))
            for policy in self.policies
        )


def _known_values(policies: Iterable[Policy]) -> dict[str, frozenset[str]]:
    """Values the policies know, casefolded, for the fields whose values they enumerate."""
    statuses = [policy.statuses for policy in policies if policy.statuses.known]
    known = {"status": frozenset().union(*(s.resolved | s.closed | s.known for s in statuses))} if statuses else {}
    targets = [o.targets for policy in policies for o in policy.objectives if o.targets.by_value]
    for name in {t.field for t in targets if t.default is None}:
        known[name] = frozenset(value for t in targets if t.field == name for value in t.by_value)
    return known


def _looked_at(policies: Iterable[Policy]) -> Iterator[str]:
    for policy in policies:
        if policy.when is not None:
            yield from (leaf.name for leaf in leaves(policy.when) if isinstance(leaf, Field))
        yield from (objective.targets.field for objective in policy.objectives)


def _agreement_edges(policies: Iterable[Policy]) -> list[int]:
    edges = {
        edge
        for policy in policies
        if policy.agreement is not None
        for edge in (policy.agreement.effective_from, policy.agreement.effective_until)
        if edge is not None
    }
    return sorted(edges)


class LostPolicy(Exception):
    """A kept clock names a policy that no version holds: to go on would be to forget its promise."""


class Rules:
    """A policy book made quick to ask: coverage by version, overrides by instant, and where the rules change."""

    def __init__(self, book: PolicyBook) -> None:
        self.book = book
        self._by_version = {a.policies.version: Coverage(a.policies) for a in book.activations}
        self._services = {a.policies.version: Coverage(a.policies, services=True) for a in book.activations}
        self.edges = tuple(sorted(self._edges()))
        self.overriding = any(a.policies.overrides for a in book.activations)
        self.turns = tuple(sorted({*self.edges, *(a.at for a in book.activations[1:])}))
        self.mark = _mark(book) if self._plain() else None

    def version_at(self, at: int) -> str:
        """The content hash of the version active at the instant."""
        return self.book.at(at).version

    def coverage(self, version: str) -> Coverage:
        """The coverage of a version; of the oldest one if it is not known any more."""
        found = self._by_version.get(version)
        return found if found is not None else self._by_version[self.book.activations[0].policies.version]

    def services(self, version: str) -> Coverage:
        """The same of what is promised of services."""
        found = self._services.get(version)
        return found if found is not None else self._services[self.book.activations[0].policies.version]

    def terms(self, version: str, policy: str, objective: str) -> tuple[Policy, Objective]:
        """The policy and objective as the version has them; as any other has them, if it is not known any more."""
        key = (policy, objective)
        terms = self.coverage(version).objectives.get(key) or self.services(version).objectives.get(key)
        if terms is None:
            others = (*reversed(self._by_version.values()), *reversed(self._services.values()))
            terms = next((known.objectives[key] for known in others if key in known.objectives), None)
        if terms is None:
            raise _lost(f"objective {objective!r} of policy {policy!r}", version)
        return terms

    def policy(self, version: str, name: str) -> Policy:
        """The policy for services as the version has it; as any other has it, if it is not known any more."""
        known = (self.services(version), *reversed(self._services.values()))
        found = next((coverage.by_name[name] for coverage in known if name in coverage.by_name), None)
        if found is None:
            raise _lost(f"policy {name!r}", version)
        return found

    def overrides(self, at: int) -> list[Override]:
        """The overrides in force at the instant, of the version active then."""
        if not self.overriding:
            return []
        return [override for override in self.book.at(at).overrides if override.start <= at < override.end]

    def next_edge(self, after: int) -> int | None:
        """The first instant after `after` at which clocks may change although no record came."""
        index = bisect_right(self.edges, after)
        return self.edges[index] if index < len(self.edges) else None

    def last_edge(self, after: int, before: int) -> int | None:
        """The last such instant after `after` and before `before`."""
        index = bisect_left(self.edges, before)
        return self.edges[index - 1] if index and self.edges[index - 1] > after else None

    def turn(self, after: int, upto: int) -> bool:
        """Whether the rules say something else somewhere in `(after, upto]`."""
        turns = self.turns
        return bool(turns) and bisect_right(turns, after) < bisect_right(turns, upto)

    def _plain(self) -> bool:
        """Whether records that repeat what stands change no clock: no promise looks at more of a record than its fields tell."""
        policies = [policy for a in self.book.activations for policy in a.policies.policies if policy.uptime is None]
        return not self.overriding and all(_is_plain(o) for policy in policies for o in policy.objectives)

    def _edges(self) -> set[int]:
        sets = [a.policies for a in self.book.activations]
        every = [policy for policies in sets for policy in policies.policies]
        edges = set(_agreement_edges(every))
        edges.update(edge for policies in sets for o in policies.overrides for edge in (o.start, o.end))
        # A service's next period, its windows and what is new in a version wait for no record.
        if any(policies.overrides or policies.maintenance for policies in sets) or any(p.uptime for p in every):
            edges.update(a.at for a in self.book.activations[1:])
        edges.update(a.at for a in self.book.activations[1:] if a.to_open)
        return edges


def _is_plain(objective: Objective) -> bool:
    return objective.start is objective.stop is objective.cancel is objective.reset is None


def _mark(book: PolicyBook) -> str:
    """What the book is known again by."""
    return digest(*((a.at, a.policies.version, a.to_open) for a in book.activations))[:16]


def _lost(what: str, version: str) -> LostPolicy:
    return LostPolicy(
        f"policies: expected {what}, which a clock names, got no version that has it"
        f" (hint: publish version {version} again)"
    )


def touches(override: Override, policy: Policy, objective: Objective, fields: Fields) -> bool:
    """Whether the override speaks of this objective of this policy to a ticket with these fields."""
    return (
        (not override.policies or policy.name in override.policies)
        and (not override.objectives or objective.name in override.objectives)
        and (override.when is None or holds(override.when, fields))
    )
