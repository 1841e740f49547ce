"""What the form can not say: promises that contradict themselves or each other (semantics 2.8, 3.9, 3.10, 3.12)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from slamon.policy_file import calendars, promises, uptime_promises, words
from slamon.policy_file.build import override_zones, policy_set
from slamon.policy_file.entries import Entries, Entry
from slamon.policy_file.forms import PolicySpec
from slamon.policy_file.kinds import (
    POLICY_KINDS,
    AgreementDocument,
    CalendarDocument,
    FormDocument,
    MaintenanceDocument,
    OverrideDocument,
    PolicyDocument,
    TicketSLADocument,
    UptimeSLADocument,
)
from slamon.policy_file.overlap import tied
from slamon.policy_file.problems import Finding, Loc, Problem, listed, meant, shown
from slamon.sla.coverage import SLA
from slamon.sla.policy import Policy, PolicyKind

_NEVER_RELAXED = "time of services is not relaxed: use `effect: pause` or `exempt`, or a Maintenance"
_TYPE = frozenset({("spec", "type"), ("spec", "exempt"), ("spec", "status")})


def problems(entries: Entries, at_ms: int | None) -> list[Problem]:
    """Everything wrong with the set.

    Without the present it is a text that was a good file once: then neither ties nor calendars that have run out matter.
    """
    found = [*entries.problems, *_activations(entries)]
    for entry, agreement in entries.forms(AgreementDocument):
        found += _placed(entry, _agreement(agreement))
    for entry, calendar in entries.forms(CalendarDocument):
        present = at_ms if entry.form is not None else None
        found += _placed(entry, (f.under("spec") for f in calendars.findings(calendar.spec, present)))
    found += _policies(entries)
    for entry, planned in entries.forms(MaintenanceDocument):
        found += _placed(entry, (f.under("spec") for f in uptime_promises.maintenance_findings(planned.spec)))
    for entry, override in entries.forms(OverrideDocument):
        found += _placed(entry, _override(override, entries))
    return found if at_ms is None else [*found, *_between(entries)]


def _policies(entries: Entries) -> Iterator[Problem]:
    """What is wrong with single policies, and with what they say they support."""
    for kind, contradictions in ((TicketSLADocument, promises.findings), (UptimeSLADocument, uptime_promises.findings)):
        sure = {entry.name: not entry.filled.faults & _TYPE for entry, _ in entries.forms(kind)}
        parents = {entry.name: form.spec for entry, form in entries.forms(kind) if sure[entry.name]}
        for entry, form in entries.forms(kind):
            own = contradictions(form.spec, type_is_known=not entry.filled.faults & _TYPE)
            yield from _placed(entry, (f.under("spec") for f in own))
            yield from _placed(entry, _supports(form, parents))


def _placed(entry: Entry, findings: Iterator[Finding]) -> list[Problem]:
    """The findings as problems, but not those that only follow from a fault of the form."""
    own = [f for f in findings if not any(_follows(f, fault) for fault in entry.filled.faults)]
    return [entry.document.problem(f.loc, f.expected, f.got, f.hint) for f in own]


def _follows(finding: Finding, fault: Loc) -> bool:
    """Whether it lies in what was left out for a fault, or only misses it."""
    missed = finding.got in ("none", "nothing") and fault[: len(finding.loc)] == finding.loc
    unnamed = (*finding.loc, "kind") == fault  # an objective whose kind is wrong is not asked for another name as well
    return missed or unnamed or finding.loc[: len(fault)] == fault


def _agreement(form: AgreementDocument) -> Iterator[Finding]:
    effective, zone = form.spec.effective, ZoneInfo(form.spec.zone)
    if effective and effective.start and effective.until:
        yield from _order(effective.start, effective.until, zone, "spec", "effective", "until")


def _order(start: str, until: str, zone: ZoneInfo, *loc: str) -> Iterator[Finding]:
    if words.moment(until, zone) <= words.moment(start, zone):
        yield Finding(
            loc, f"an end after its start {shown(start)}", shown(until), "`until` does not itself belong to it"
        )


def _supports(form: PolicyDocument, parents: Mapping[str, PolicySpec]) -> Iterator[Finding]:
    name = form.spec.supports
    parent = parents.get(name) if name else None
    if parent is not None and (parent.type != "SLA" or parent.exempt):
        called = "one with exempt: true" if parent.exempt else f"a policy of type {parent.type}"
        yield Finding(("spec", "supports"), "a policy of type SLA", f"{shown(name)}, {called}")
    if form.spec.type != "SLA" and form.metadata.name == SLA:
        yield Finding(("metadata", "name"), "another name", f"'{SLA}'", "facts of the SLA itself are told apart by it")


def _override(form: OverrideDocument, entries: Entries) -> Iterator[Finding]:
    spec = form.spec
    if spec.effect == "relax" and spec.relax is None:
        yield Finding(("spec", "relax"), "a relaxation like '200%' or '+4h'", "nothing", "`effect: relax` needs it")
    if spec.effect != "relax" and spec.relax is not None:
        yield Finding(
            ("spec", "relax"),
            f"nothing beside `effect: {spec.effect}`",
            shown(spec.relax),
            "did you mean `effect: relax`?",
        )
    if spec.effect == "relax":
        yield from _relaxed_services(spec.policies or (), entries)
    known = _objective_names(entries, form)
    services = _objectives(entries, form, ("UptimeSLA",)) - known
    for number, name in enumerate(spec.objectives or ()):
        if (known or name in services) and name not in known:
            near = meant(name, known) or f"known: {', '.join(sorted(known))}"
            hint = _NEVER_RELAXED if name in services else near
            yield Finding(("spec", "objectives", number), "an objective of these policies", shown(name), hint)


def _relaxed_services(policies: Iterable[str], entries: Entries) -> Iterator[Finding]:
    services = entries.names("UptimeSLA") - entries.names("TicketSLA")
    for number, name in enumerate(policies):
        if name in services:
            yield Finding(("spec", "policies", number), "policies for tickets", shown(name), _NEVER_RELAXED)


def _objective_names(entries: Entries, form: OverrideDocument) -> set[str]:
    """The objectives it could mean: nothing relaxes those for services."""
    return _objectives(entries, form, POLICY_KINDS[:1] if form.spec.effect == "relax" else POLICY_KINDS)


def _objectives(entries: Entries, form: OverrideDocument, kinds: Collection[str]) -> set[str]:
    policies = form.spec.policies
    chosen = [e for e in entries if e.kind in kinds and (policies is None or e.name in policies)]
    written = [entry.raw("spec", "objectives") for entry in chosen]
    return {name for objectives in written if isinstance(objectives, dict) for name in objectives}


def _activations(entries: Entries) -> Iterator[Problem]:
    """All documents of a set become active together, so what they say of it must agree."""
    for key in ("valid_from", "apply_to"):
        first: Entry | None = None
        for entry in entries:
            value = entry.raw("metadata", key)
            if value is None:
                continue
            if first is None:
                first = entry
            elif value != (said := first.raw("metadata", key)):
                place = f"{first.document.file}:{first.document.line(('metadata', key))}"
                hint = "all documents of a set become active together"
                yield entry.document.problem(("metadata", key), f"{shown(said)} as at {place}", shown(value), hint)


def _between(entries: Entries) -> Iterator[Problem]:
    """What lies between policies, as far as they and what they name have nothing wrong with them."""
    sound = [*_sound(entries)]
    named = ("Agreement", "Calendar", *POLICY_KINDS)
    built = policy_set("", (entry.form for entry in sound if entry.form is not None and entry.kind in named))
    for kind, subject in zip(POLICY_KINDS, ("ticket", "service"), strict=True):
        policies = {p.name: p for p in built.policies if (p.uptime is not None) is (kind == "UptimeSLA")}
        yield from _ties({entry.name: entry for entry in sound if entry.kind == kind}, policies, subject)
    for entry in sound:
        if isinstance(entry.form, OverrideDocument):
            yield from _placed(entry, _override_dates(entry.form, override_zones(entry.form, built.policies)))


def _sound(entries: Entries) -> Iterator[Entry]:
    """Entries without a problem that name only such entries."""
    unbroken = [entry for entry in entries if entry.form is not None and not entry.document.broken]
    known: set[str | None] = {None, *calendars.ALWAYS_NAMES, *(e.name for e in unbroken if e.kind == "Calendar")}
    with_calendars = [entry for entry in unbroken if _calendars(entry.form) <= known]
    agreements: set[str | None] = {None, *(e.name for e in with_calendars if e.kind == "Agreement")}
    for entry in with_calendars:
        if not isinstance(entry.form, PolicyDocument) or entry.form.spec.agreement in agreements:
            yield entry


def _calendars(form: FormDocument | None) -> set[str | None]:
    match form:
        case AgreementDocument():
            return {form.spec.calendar}
        case TicketSLADocument():
            return {form.spec.calendar, *(objective.calendar for objective in form.spec.objectives.values())}
        case UptimeSLADocument():
            return {form.spec.service_hours}
        case _:
            return set()


def _ties(entries: Mapping[str, Entry], policies: Mapping[str, Policy], subject: str) -> Iterator[Problem]:
    ranked = {name: p for name, p in policies.items() if p.kind is PolicyKind.SLA and not p.draft}
    for one, two, shared in tied(ranked):
        here, there = entries[two].document, entries[one].document
        level, rank = ranked[two].level, ranked[two].rank
        same = (
            "what one exempts the other promises" if "*" in shared else f"both promise {' and '.join(sorted(shared))}"
        )
        place = f"{there.file}:{there.line(('metadata', 'name'))}"
        hint = f"give one a lower rank, or a `when` that keeps them apart: {same}"
        got = f"level {level} and rank {rank} like policy '{one}' at {place}"
        yield here.problem(("spec", "rank"), f"an order among policies that can cover the same {subject}", got, hint)


def _override_dates(form: OverrideDocument, zones: set[str]) -> Iterator[Finding]:
    spec = form.spec
    dates = [key for key, value in (("from", spec.start), ("until", spec.until)) if "T" not in value.upper()]
    if len(zones) > 1 and dates:
        hint = "its policies have their dates in " + listed(sorted(zones))
        yield from (Finding(("spec", key), "an instant like '2024-01-05T15:00:00Z'", "a date", hint) for key in dates)
    else:
        yield from _order(spec.start, spec.until, ZoneInfo(min(zones, default="UTC")), "spec", "until")
