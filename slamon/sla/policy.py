"""Agreements, policies, objectives, targets, thresholds, overrides: what was promised. Which policy covers what: `coverage.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_default

from slamon.sla.calendar import ALWAYS, Calendar
from slamon.sla.conditions import Condition
from slamon.sla.enums import Word, plain
from slamon.sla.uptime_terms import BurnRate, Maintenance, Period, UptimeTerms


@plain
class ObjectiveKind(Word):
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    PERIODIC_UPDATE = "periodic_update"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    RESOLUTION = "resolution"
    GROUP_OWNERSHIP = "group_ownership"
    CUSTOM = "custom"
    AVAILABILITY = "availability"
    LONGEST_OUTAGE = "longest_outage"
    OUTAGES = "outages"
    MTTR = "mttr"
    MTBF = "mtbf"


@plain
class Level(Word):
    """Semantics 3.9: a policy of a more specific level overrides objective by objective."""

    CORPORATE = "corporate"
    SERVICE = "service"
    CUSTOMER = "customer"


@plain
class PolicyKind(Word):
    SLA = "SLA"
    OLA = "OLA"
    UC = "UC"


@dataclass(frozen=True, slots=True)
class Target:
    """What an objective allows: a span of the clock's own running time, or (`business_days`) working dates.

    Of a service: `down_ppb`, the share of the period it may be down in parts per billion, a `span_ms`, or a `count`.
    """

    text: str
    span_ms: int | None = None
    business_days: int | None = None
    down_ppb: int | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets by the value of one field, or one for all (`default`); a value without either has no promise."""

    field: str = "priority"
    by_value: Mapping[str, Target] = with_default(default_factory=dict)  # keys casefolded
    default: Target | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """When to warn: `percent` of the target in hundredths of a percent, `offset_ms` from it (negative is before), or `burn`.

    `name` is the canonical text (`90%`, `15m before`, `2h after`, `14.4x 1h 5m`): part of the fact's id.
    """

    name: str
    percent: int | None = None
    offset_ms: int | None = None
    burn: BurnRate | None = None
    severity: str | None = None
    labels: Mapping[str, str] = with_default(default_factory=dict)
    runbook_url: str | None = None
    escalate_to: str | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """One promise of a policy. Conditions that are None are the built-in ones of its kind (semantics 3.2)."""

    name: str
    kind: ObjectiveKind
    targets: Targets
    calendar: Calendar
    thresholds: tuple[Threshold, ...] = ()
    start: Condition | None = None
    stop: Condition | None = None
    pause: Condition | None = None
    cancel: Condition | None = None
    reset: Condition | None = None
    on_change: str = "carry"  # carry | restart | freeze
    on_reopen: str = "continue"  # continue | new_cycle | ignore
    on_resolve: str = "cancel"  # cancel | met | run
    period: Period | None = None  # of a service's objectives


@dataclass(frozen=True, slots=True)
class Statuses:
    """Which values of the field `status` mean what; compared without case. `known` are the others a policy expects."""

    resolved: frozenset[str] = frozenset({"resolved", "solved", "done"})
    closed: frozenset[str] = frozenset({"closed"})
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Agreement:
    """The contract: parties and effective dates as instants, `[effective_from, effective_until)` in milliseconds."""

    name: str
    customer: str | None = None
    provider: str | None = None
    zone: str = "UTC"
    effective_from: int | None = None
    effective_until: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One set of promises and the tickets or (with `uptime`) services it covers; `when` None covers all of them.

    To the conditions of a policy for services the field `service` is the service's id.
    """

    name: str
    objectives: tuple[Objective, ...]
    kind: PolicyKind = PolicyKind.SLA
    level: Level = Level.CORPORATE
    rank: int = 0  # within a level the lowest rank wins
    when: Condition | None = None
    exempt: bool = False
    draft: bool = False
    supports: str | None = None
    agreement: Agreement | None = None
    statuses: Statuses = Statuses()
    sources: tuple[str, ...] = ()
    links: Mapping[str, str] = with_default(default_factory=dict)
    uptime: UptimeTerms | None = None  # only of a policy for services


@dataclass(frozen=True, slots=True)
class Override:
    """Semantics 3.11: for `[start, end)` matching clocks are relaxed, paused or exempt, for a stated reason.

    `relax_percent` (in hundredths of a percent, 20000 doubles the target) or `relax_ms` (added) for `relax`.
    """

    name: str
    start: int
    end: int
    effect: str  # relax | pause | exempt
    reason: str
    when: Condition | None = None
    policies: frozenset[str] = frozenset()  # empty: all
    objectives: frozenset[str] = frozenset()  # empty: all
    relax_percent: int | None = None
    relax_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Everything that one version of the policy files says; `version` is its content hash."""

    version: str
    policies: tuple[Policy, ...]
    overrides: tuple[Override, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    calendars: Mapping[str, Calendar] = with_default(default_factory=lambda: {"always": ALWAYS})
    agreements: Mapping[str, Agreement] = with_default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Activation:
    """From `at` on this version holds; `to_open` also moves the clocks that are open then (semantics 3.12)."""

    at: int
    policies: PolicySet
    to_open: bool = False


class PolicyBook:
    """All versions in the order of their activation; the first also holds before its own instant."""

    def __init__(self, activations: tuple[Activation, ...]) -> None:
        self.activations = tuple(sorted(activations, key=lambda activation: activation.at))

    def at(self, instant: int) -> PolicySet:
        """The version active at the instant; the newest of several activated at the same one."""
        found = self.activations[0].policies
        for activation in self.activations[1:]:
            if activation.at > instant:
                break
            found = activation.policies
        return found

    def version(self, version: str) -> PolicySet | None:
        """The policies of that content hash, if any activation ever held them."""
        return next((a.policies for a in self.activations if a.policies.version == version), None)
