"""Forms without problems -> the agreements, calendars, policies and overrides of the rules."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar
from zoneinfo import ZoneInfo

from slamon.policy_file import calendars, words
from slamon.policy_file.forms import ObjectiveForm, StatusesForm
from slamon.policy_file.kinds import (
    AgreementDocument,
    CalendarDocument,
    FormDocument,
    MaintenanceDocument,
    OverrideDocument,
    TicketSLADocument,
    UptimeSLADocument,
)
from slamon.policy_file.shared_build import Named, optional, policy, threshold
from slamon.policy_file.uptime_build import maintenance, uptime_policy
from slamon.sla.calendar import ALWAYS, Calendar
from slamon.sla.conditions import Field, leaves
from slamon.sla.policy import (
    Agreement,
    Objective,
    ObjectiveKind,
    Override,
    Policy,
    PolicySet,
    Statuses,
    Target,
    Targets,
)

Doc = TypeVar("Doc", bound=FormDocument)

# Waiting for the customer is no excuse for never having answered: the others pause only if they say so themselves.
PAUSED_BY_DEFAULT = frozenset(
    {ObjectiveKind.RESOLUTION, ObjectiveKind.PERIODIC_UPDATE, ObjectiveKind.GROUP_OWNERSHIP, ObjectiveKind.CUSTOM}
)


def policy_set(version: str, documents: Iterable[FormDocument]) -> PolicySet:
    """Everything the documents say, in the order of names."""
    forms = sorted(documents, key=lambda document: (document.kind, document.metadata.name))
    agreements = {f.metadata.name: (agreement(f), f.spec.calendar) for f in _of(AgreementDocument, forms)}
    known = {f.metadata.name: calendars.calendar(f.metadata.name, f.spec) for f in _of(CalendarDocument, forms)}
    named = Named(agreements, known)
    policies = tuple(ticket_policy(form, named) for form in _of(TicketSLADocument, forms))
    policies += tuple(uptime_policy(form, named) for form in _of(UptimeSLADocument, forms))
    planned = tuple(maintenance(form) for form in _of(MaintenanceDocument, forms))
    overrides = tuple(override(form, override_zones(form, policies)) for form in _of(OverrideDocument, forms))
    contracts = {name: contract for name, (contract, _) in agreements.items()}
    return PolicySet(version, policies, overrides, planned, {"always": ALWAYS, **known}, contracts)


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
        optional(spec.when),
        frozenset(spec.policies or ()),
        frozenset(spec.objectives or ()),
        share,
        added,
    )


def override_zones(form: OverrideDocument, policies: Iterable[Policy]) -> set[str]:
    """The zones in which the policies it speaks of have their dates; nothing relaxes those for services."""
    named, relaxes = form.spec.policies, form.spec.effect == "relax"
    meant = [p for p in policies if (named is None or p.name in named) and not (relaxes and p.uptime)]
    agreements = [policy.agreement for policy in meant]
    return {agreement.zone if agreement else "UTC" for agreement in agreements}


def _expected(form: StatusesForm, objectives: Iterable[Objective]) -> Statuses:
    """The policy's statuses; whoever lists the known ones need not list those his conditions name already."""
    meant = statuses(form)
    if not meant.known:
        return meant
    own = [c for o in objectives for c in (o.start, o.stop, o.pause, o.cancel, o.reset) if c is not None]
    named = (leaf for c in own for leaf in leaves(c) if isinstance(leaf, Field) and leaf.name == "status")
    return replace(meant, known=meant.known | {str(value).casefold() for leaf in named for value in leaf.values})


def ticket_policy(form: TicketSLADocument, named: Named) -> Policy:
    """The policy for tickets."""
    spec = form.spec
    contract, default_calendar, zone = named.contract(spec.agreement)
    objectives = tuple(
        _objective(name, promise, form, named.calendar(promise.calendar or spec.calendar or default_calendar, zone))
        for name, promise in sorted(spec.objectives.items())
    )
    return policy(form.metadata, spec, objectives, contract, statuses=_expected(spec.statuses, objectives))


def _objective(name: str, form: ObjectiveForm, policy: TicketSLADocument, calendar: Calendar) -> Objective:
    kind = ObjectiveKind(form.kind or name)
    shared = policy.spec.pause if kind in PAUSED_BY_DEFAULT else None
    return Objective(
        name,
        kind,
        _targets(form),
        calendar,
        tuple(threshold(warning, policy.metadata.labels) for warning in form.warn),
        start=optional(form.start),
        stop=optional(form.stop),
        pause=optional(shared if form.pause is None else form.pause),
        cancel=optional(form.cancel),
        reset=optional(form.reset),
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


def _of(kind: type[Doc], forms: Iterable[FormDocument]) -> list[Doc]:
    return [form for form in forms if isinstance(form, kind)]
