"""Forms without problems -> the agreements, calendars, policies and overrides of the rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from slamon.policy_file import calendars, words
from slamon.policy_file.conditions import condition
from slamon.policy_file.forms import ObjectiveForm, StatusesForm, ThresholdForm
from slamon.policy_file.kinds import (
    AgreementDocument,
    CalendarDocument,
    FormDocument,
    OverrideDocument,
    TicketSLADocument,
)
from slamon.sla.calendar import ALWAYS, Calendar
from slamon.sla.conditions import Condition, Field, leaves
from slamon.sla.policy import (
    Agreement,
    Level,
    Objective,
    ObjectiveKind,
    Override,
    Policy,
    PolicyKind,
    PolicySet,
    Statuses,
    Target,
    Targets,
    Threshold,
)

Doc = TypeVar("Doc", bound=FormDocument)

# Waiting for the customer is no excuse for never having answered: the others pause only if they say so themselves.
PAUSED_BY_DEFAULT = frozenset(
    {ObjectiveKind.RESOLUTION, ObjectiveKind.PERIODIC_UPDATE, ObjectiveKind.GROUP_OWNERSHIP, ObjectiveKind.CUSTOM}
)


@dataclass(frozen=True, slots=True)
class _Named:
    """What a policy can name: agreements (with their calendars' names) and calendars."""

    agreements: Mapping[str, tuple[Agreement, str | None]]
    calendars: Mapping[str, Calendar]
    always: dict[str, Calendar] = field(default_factory=lambda: {"UTC": ALWAYS})

    def calendar(self, name: str | None, zone: str) -> Calendar:
        """The calendar of that name; around the clock, with the dates of the zone, if there is none."""
        if name is not None and name not in calendars.ALWAYS_NAMES:
            return self.calendars[name]
        if zone not in self.always:
            self.always[zone] = calendars.around_the_clock(zone)
        return self.always[zone]


def policy_set(version: str, documents: Iterable[FormDocument]) -> PolicySet:
    """Everything the documents say, in the order of names."""
    forms = sorted(documents, key=lambda document: (document.kind, document.metadata.name))
    agreements = {f.metadata.name: (agreement(f), f.spec.calendar) for f in _of(AgreementDocument, forms)}
    known = {f.metadata.name: calendars.calendar(f.metadata.name, f.spec) for f in _of(CalendarDocument, forms)}
    named = _Named(agreements, known)
    policies = tuple(_policy(form, named) for form in _of(TicketSLADocument, forms))
    overrides = tuple(override(form, override_zones(form, policies)) for form in _of(OverrideDocument, forms))
    contracts = {name: contract for name, (contract, _) in agreements.items()}
    return PolicySet(version, policies, overrides, {"always": ALWAYS, **known}, contracts)


def agreement(form: AgreementDocument) -> Agreement:
    """The agreement; its dates begin at midnight of its zone."""
    spec, zone = form.spec, ZoneInfo(form.spec.zone)
    begins = spec.effective.start if spec.effective else None
    until = spec.effective.until if spec.effective else None
    return Agreement(
        form.metadata.name,
        spec.customer,
        spec.provider,
        spec.zone,
        None if begins is None else words.moment(begins, zone),
        None if until is None else words.moment(until, zone),
    )


def override(form: OverrideDocument, zones: set[str]) -> Override:
    """The override; its dates begin at midnight of the one zone."""
    spec, zone = form.spec, ZoneInfo(min(zones, default="UTC"))
    share, added = words.relaxation(spec.relax) if spec.relax else (None, None)
    return Override(
        form.metadata.name,
        words.moment(spec.start, zone),
        words.moment(spec.until, zone),
        spec.effect,
        spec.reason,
        _condition(spec.when),
        frozenset(spec.policies or ()),
        frozenset(spec.objectives or ()),
        share,
        added,
    )


def override_zones(form: OverrideDocument, policies: Iterable[Policy]) -> set[str]:
    """The zones in which the policies it speaks of have their dates."""
    named = form.spec.policies
    agreements = [policy.agreement for policy in policies if named is None or policy.name in named]
    return {agreement.zone if agreement else "UTC" for agreement in agreements}


def _expected(form: StatusesForm, objectives: Iterable[Objective]) -> Statuses:
    """The policy's statuses; whoever lists the known ones need not list those his conditions name already."""
    meant = statuses(form)
    if not meant.known:
        return meant
    own = [c for o in objectives for c in (o.start, o.stop, o.pause, o.cancel, o.reset) if c is not None]
    named = (leaf for c in own for leaf in leaves(c) if isinstance(leaf, Field) and leaf.name == "status")
    return replace(meant, known=meant.known | {str(value).casefold() for leaf in named for value in leaf.values})


def _policy(form: TicketSLADocument, named: _Named) -> Policy:
    spec = form.spec
    contract, default_calendar = named.agreements[spec.agreement] if spec.agreement else (None, None)
    zone = contract.zone if contract else "UTC"
    objectives = tuple(
        _objective(name, promise, form, named.calendar(promise.calendar or spec.calendar or default_calendar, zone))
        for name, promise in sorted(spec.objectives.items())
    )
    return Policy(
        form.metadata.name,
        objectives,
        PolicyKind(spec.type),
        Level(spec.level),
        spec.rank,
        _condition(spec.when),
        spec.exempt,
        spec.status == "draft",
        spec.supports,
        contract,
        _expected(spec.statuses, objectives),
        tuple(spec.sources or ()),
        dict(sorted(spec.links.items())),
    )


def _objective(name: str, form: ObjectiveForm, policy: TicketSLADocument, calendar: Calendar) -> Objective:
    kind = ObjectiveKind(form.kind or name)
    shared = policy.spec.pause if kind in PAUSED_BY_DEFAULT else None
    return Objective(
        name,
        kind,
        _targets(form),
        calendar,
        tuple(threshold(warning, policy.metadata.labels) for warning in form.warn),
        start=_condition(form.start),
        stop=_condition(form.stop),
        pause=_condition(shared if form.pause is None else form.pause),
        cancel=_condition(form.cancel),
        reset=_condition(form.reset),
        on_change=form.on_change,
        on_reopen=form.on_reopen,
        on_resolve=form.on_resolve,
    )


def _targets(form: ObjectiveForm) -> Targets:
    by_value = {
        value.casefold(): _target(text) for value, text in sorted((form.targets or {}).items()) if value != "default"
    }
    default = form.target or (form.targets or {}).get("default")
    return Targets(form.by or "priority", by_value, _target(default) if default else None)


def _target(text: str) -> Target:
    return Target(text, *words.target(text))


def threshold(form: ThresholdForm, labels: Mapping[str, str]) -> Threshold:
    """The threshold, with the policy's labels below its own."""
    name, share, distance = words.threshold(form.at)
    both = dict(sorted({**labels, **form.labels}.items()))
    return Threshold(name, share, distance, form.severity, both, form.runbook_url, form.escalate_to)


def statuses(form: StatusesForm) -> Statuses:
    """The statuses in the case the rules compare them in; a list left out is the built-in one."""
    built_in = Statuses()
    return Statuses(
        built_in.resolved if form.resolved is None else _folded(form.resolved),
        built_in.closed if form.closed is None else _folded(form.closed),
        _folded(form.known),
    )


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value.casefold() for value in values)


def _condition(raw: Any) -> Condition | None:
    return None if raw is None else condition(raw)


def _of(kind: type[Doc], forms: Iterable[FormDocument]) -> list[Doc]:
    return [form for form in forms if isinstance(form, kind)]
