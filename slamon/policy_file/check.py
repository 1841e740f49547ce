"""What a policy set means for real sources and real tickets: promises that can never be kept track of, tickets without any."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from slamon.policy_file.loading import Loaded
from slamon.policy_file.problems import Finding, Problem, meant, path_text, shown
from slamon.sla.conditions import Field, Fields, leaves
from slamon.sla.coverage import SLA, Coverage
from slamon.sla.events import TicketEvent, Value
from slamon.sla.policy import Objective, Policy, PolicySet

Missing = Callable[[Collection[str], Objective], list[str]]


def check_sources(loaded: Loaded, sources: Collection[str], missing: Missing) -> list[Problem]:
    """One problem for each objective that its policy's sources can not start or stop, and for each unknown source.

    `missing` says why not (`slamon.sources.capabilities.missing`); a policy that names no source is not judged.
    """
    return [p for policy in loaded.policies.policies for p in _source_problems(loaded, policy, sources, missing)]


def _source_problems(loaded: Loaded, policy: Policy, sources: Collection[str], missing: Missing) -> Iterator[Problem]:
    for name in policy.sources:
        if name not in sources:
            hint = meant(name, sources) or f"known: {', '.join(sorted(sources))}"
            yield _placed(loaded, policy, Finding(("spec", "sources"), "a known source", shown(name), hint))
    for objective in policy.objectives if policy.sources else ():
        for reason in missing(policy.sources, objective):
            expected = "an objective that its sources can start and stop"
            finding = Finding(("spec", "objectives", objective.name), expected, shown(objective.name), reason)
            yield _placed(loaded, policy, finding)


def _placed(loaded: Loaded, policy: Policy, finding: Finding) -> Problem:
    place = (policy.name, str(finding.loc[2]) if len(finding.loc) > 2 else "")
    file, line = loaded.places.get(place, (f"policy {policy.name}", 0))
    return Problem(file, line, path_text(finding.loc), finding.expected, finding.got, finding.hint)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A ticket that no SLA promises anything: what the conditions looked at in its last record, and the nearest miss."""

    ticket: str
    looked_at: Mapping[str, Value]
    hint: str


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value no policy knows, in how many records of how many tickets, and the nearest known one."""

    field: str
    value: str
    records: int
    tickets: int
    hint: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the policies make of real tickets: how many, and which of them and of their values nobody thought of."""

    tickets: int
    covered: int
    exempt: int
    uncovered: tuple[Uncovered, ...]
    unknown: tuple[UnknownValue, ...]


def against(loaded: Loaded, events: Iterable[TicketEvent]) -> Report:
    """The report on these records, in whatever order they come; a ticket counts as covered if it ever was."""
    told = _by_ticket(events)
    looking = _Looking(_of_tickets(loaded.policies))
    for ticket, records in sorted(told.items()):
        looking.at_ticket(ticket, records)
    exempt = len(told) - looking.covered - len(looking.uncovered)
    return Report(len(told), looking.covered, exempt, tuple(looking.uncovered), tuple(looking.unknown()))


def _by_ticket(events: Iterable[TicketEvent]) -> dict[str, list[TicketEvent]]:
    told: dict[str, list[TicketEvent]] = {}
    for event in events:
        told.setdefault(event.ticket, []).append(event)
    return {ticket: sorted(records, key=lambda record: record.order) for ticket, records in told.items()}


class _Looking:
    """Goes over the tickets one by one and keeps what nobody promised anything."""

    def __init__(self, policies: PolicySet) -> None:
        self.coverage = Coverage(policies)
        self.ever = Coverage(replace(policies, policies=tuple(replace(p, agreement=None) for p in policies.policies)))
        self.conditions = _named_values(policies)
        self.covered = 0
        self.uncovered: list[Uncovered] = []
        self.records: Counter[tuple[str, str]] = Counter()
        self.holders: dict[tuple[str, str], set[str]] = {}

    def at_ticket(self, ticket: str, records: list[TicketEvent]) -> None:
        fields: dict[str, Value] = {}
        covered = exempt = False
        for record in records:
            fields |= record.fields
            self._note_unknown(record)
            covered = covered or _promised(self.coverage, fields, record.at)
            exempt = exempt or self.coverage.exempted(fields, record.at)
        self.covered += covered
        if not covered and not exempt:
            looked_at = {name: fields.get(name) for name in self.coverage.fields}
            self.uncovered.append(Uncovered(ticket, looked_at, self._hint(fields, records[-1].at)))

    def unknown(self) -> Iterator[UnknownValue]:
        """The values, the most frequent first."""
        for (name, value), count in sorted(self.records.items(), key=lambda item: (-item[1], item[0])):
            hint = meant(value, self.coverage.known_values[name])
            yield UnknownValue(name, value, count, len(self.holders[name, value]), hint)

    def _note_unknown(self, record: TicketEvent) -> None:
        for name, known in self.coverage.known_values.items():
            value = record.fields.get(name)
            if value is not None and str(value).casefold() not in known:
                self.records[name, str(value)] += 1
                self.holders.setdefault((name, str(value)), set()).add(record.ticket)

    def _hint(self, fields: Fields, at: int) -> str:
        if _promised(self.ever, fields, at):
            return "its agreement is not in force then"
        near = (_nearest(name, fields.get(name), known) for name, known in sorted(self.conditions.items()))
        return next(filter(None, near), "")


def _promised(coverage: Coverage, fields: Fields, at: int) -> bool:
    return any(slot == SLA for slot, _ in coverage.of(fields, at))


def _nearest(name: str, value: Value, known: Mapping[str, str]) -> str:
    if not isinstance(value, str) or value.casefold() in known:
        return ""
    hint = meant(value.strip(), known.values())
    return f"{name} {shown(value)}: {hint}" if hint else ""


def _named_values(policies: PolicySet) -> dict[str, dict[str, str]]:
    """By field, the values that conditions and targets name: in any case -> as written."""
    named: dict[str, dict[str, str]] = {}
    for policy in policies.policies:
        found = [leaf for leaf in leaves(policy.when) if isinstance(leaf, Field)] if policy.when else []
        found += [Field(o.targets.field, tuple(o.targets.by_value)) for o in policy.objectives]
        for leaf in found:
            values = {str(value).casefold(): str(value) for value in leaf.values if value is not None}
            named.setdefault(leaf.name, {}).update(values)
    return named


def _of_tickets(policies: PolicySet) -> PolicySet:
    """The set with its policies for tickets only."""
    return replace(policies, policies=tuple(policy for policy in policies.policies if policy.uptime is None))
