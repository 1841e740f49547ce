"""Forms of policies for services and of maintenance -> those of the rules."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from slamon.policy_file import uptime_words as words
from slamon.policy_file.kinds import MaintenanceDocument, UptimeSLADocument
from slamon.policy_file.recurrence import Recurrence
from slamon.policy_file.shared_build import Named, merged_labels, optional, policy, threshold
from slamon.policy_file.uptime_forms import BurnForm, MaintenanceSpec, UptimeObjectiveForm, UptimeSLASpec
from slamon.policy_file.windows import PlannedWindows
from slamon.sla.calendar import Calendar, format_duration
from slamon.sla.conditions import All, Condition, Field
from slamon.sla.instants import DAY_MS, HOUR_MS, MINUTE_MS
from slamon.sla.policy import Objective, ObjectiveKind, Policy, Targets, Threshold
from slamon.sla.uptime_terms import BurnRate, Maintenance, Period, UptimeTerms

SERVICE = "service"  # the field that conditions see as the service's id
TARGETS_BY = "tier"
# The four pairs for a period of 30 days (The Site Reliability Workbook, chapter 5): factor, windows, severity.
STANDARD = (
    (1440, HOUR_MS, 5 * MINUTE_MS, "critical"),
    (600, 6 * HOUR_MS, 30 * MINUTE_MS, "critical"),
    (300, DAY_MS, 2 * HOUR_MS, "warning"),
    (100, 3 * DAY_MS, 6 * HOUR_MS, "warning"),
)


def uptime_policy(form: UptimeSLADocument, named: Named) -> Policy:
    """The policy for services."""
    spec = form.spec
    contract, _, zone = named.contract(spec.agreement)
    hours = named.calendar(spec.service_hours, zone)
    made = (_objective(name, one, form, hours, zone) for name, one in sorted(spec.objectives.items()))
    when = _selected(spec.services, optional(spec.when))
    return policy(form.metadata, spec, tuple(made), contract, when=when, uptime=_terms(spec, hours))


def maintenance(form: MaintenanceDocument) -> Maintenance:
    """The planned windows; its times are those of its own zone."""
    spec, zone = form.spec, ZoneInfo(form.spec.zone)
    windows = planned(spec)
    return Maintenance(
        form.metadata.name,
        windows,
        windows.content,
        _selected(spec.services, optional(spec.when)),
        frozenset(spec.policies or ()),
        None if spec.announced is None else words.local_moment(spec.announced, zone),
        spec.reason or "",
    )


def planned(spec: MaintenanceSpec) -> PlannedWindows:
    """The windows of a form without problems."""
    zone = ZoneInfo(spec.zone)
    single = [(words.local_moment(w.start, zone), words.local_moment(w.until, zone)) for w in spec.windows]
    return PlannedWindows(single, recurrences(spec))


def recurrences(spec: MaintenanceSpec) -> list[Recurrence]:
    """Its recurring windows."""
    zone = ZoneInfo(spec.zone)
    return [Recurrence(r.rule, words.naive(r.starts), words.length(r.lasts), zone) for r in spec.recurring]


def targets(form: UptimeObjectiveForm, kind: ObjectiveKind) -> Targets:
    """What the objective allows; raises `Unexpected` for a text that the kind does not know."""
    by_value = {
        value.casefold(): words.uptime_target(kind, text)
        for value, text in sorted((form.targets or {}).items())
        if value != "default"
    }
    default = form.target or (form.targets or {}).get("default")
    return Targets(form.by or TARGETS_BY, by_value, words.uptime_target(kind, default) if default else None)


def burn_rates(form: BurnForm, period_ms: int) -> Iterator[tuple[BurnRate, str | None]]:
    """The burn rates that one entry means, with their severity; the standard ones scale with the period."""
    if form.factor is not None and form.long and form.short:
        yield BurnRate(words.factor(form.factor), words.length(form.long), words.length(form.short)), form.severity
    if form.pairs:
        for factor, long_ms, short_ms, severity in STANDARD:
            scaled = (span * period_ms // words.NOMINAL_MS["month"] for span in (long_ms, short_ms))
            yield BurnRate(factor, *scaled), form.severity or severity


def burn_name(burn: BurnRate) -> str:
    """The threshold's name: `14.4x 1h 5m`."""
    factor = f"{burn.factor / 100:.2f}".rstrip("0").rstrip(".")
    return f"{factor}x {format_duration(burn.long_ms)} {format_duration(burn.short_ms)}"


def _selected(services: list[str] | None, when: Condition | None) -> Condition | None:
    """The condition for services by id, which compare as every text of a condition does, and for their fields."""
    if services is None:
        return when
    named = Field(SERVICE, tuple(sorted(services)))
    return named if when is None else All((named, when))


def _terms(spec: UptimeSLASpec, hours: Calendar) -> UptimeTerms:
    return UptimeTerms(
        hours,
        spec.maintenance.mode,
        _length(spec.maintenance.at_most),
        _length(spec.maintenance.notice),
        words.weight(spec.degraded),
        _length(spec.min_outage) or 0,
        spec.no_data,
        _length(spec.stale_after),
        spec.quorum,
    )


def _length(text: str | None) -> int | None:
    return None if text is None else words.length(text)


def _objective(name: str, form: UptimeObjectiveForm, own: UptimeSLADocument, hours: Calendar, zone: str) -> Objective:
    kind = ObjectiveKind(form.kind or name)
    period = form.period or own.spec.period or ""
    labels = own.metadata.labels
    thresholds = [threshold(warning, labels) for warning in form.warn]
    thresholds += [made for burn in form.burn_rates for made in _burning(burn, words.nominal_ms(period), labels)]
    over = Period(period, *words.period(period), zone)
    return Objective(name, kind, targets(form, kind), hours, tuple(thresholds), period=over)


def _burning(form: BurnForm, period_ms: int, labels: Mapping[str, str]) -> Iterator[Threshold]:
    both = merged_labels(labels, form.labels)
    for burn, severity in burn_rates(form, period_ms):
        yield Threshold(
            burn_name(burn), burn=burn, severity=severity, labels=both,
            runbook_url=form.runbook_url, escalate_to=form.escalate_to,
        )  # fmt: skip
