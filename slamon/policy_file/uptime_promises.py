"""What an UptimeSLA or a Maintenance can not say: contradictions inside one document, found on its form."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from slamon.policy_file import promises, words
from slamon.policy_file.problems import Finding, listed, meant, shown
from slamon.policy_file.recurrence import Recurrence
from slamon.policy_file.uptime_build import burn_name, burn_rates, recurrences
from slamon.policy_file.uptime_forms import (
    UPTIME_KINDS,
    BurnForm,
    MaintenanceSpec,
    RecurringForm,
    UptimeObjectiveForm,
    UptimeSLASpec,
)
from slamon.policy_file.uptime_words import local_moment, nominal_ms, period, uptime_target
from slamon.policy_file.windows import LONGEST_UNBROKEN_MS, longest_unbroken
from slamon.policy_file.words import found
from slamon.sla.calendar import format_duration, parse_duration
from slamon.sla.expectation import Unexpected
from slamon.sla.instants import DAY_MS
from slamon.sla.policy import ObjectiveKind, Target

LONGEST_WINDOW_MS = 366 * DAY_MS
_DISTANCES = (ObjectiveKind.AVAILABILITY, ObjectiveKind.LONGEST_OUTAGE)


def findings(spec: UptimeSLASpec, *, type_is_known: bool = True) -> Iterator[Finding]:
    """Everything in the policy that contradicts something else in it."""
    if type_is_known:
        yield from promises.head(spec)
    yield from _services(spec.services)
    yield from _maintenance(spec)
    if spec.period is None and any(objective.period is None for objective in spec.objectives.values()):
        expected = "a period like 'month' or '30d rolling'"
        yield Finding(("period",), expected, "nothing", "of the policy, or of each objective")
    for name, objective in spec.objectives.items():
        yield from (f.under("objectives", name) for f in _objective(name, objective, spec))


def _services(services: list[str] | None) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, service in enumerate(services or ()):
        if service.casefold() in seen:
            yield Finding(("services", number), "each service once", shown(service), "they compare without case")
        seen.add(service.casefold())


def _maintenance(spec: UptimeSLASpec) -> Iterator[Finding]:
    terms = spec.maintenance
    if terms.mode == "count_down":
        for key in ("at_most", "notice"):
            if (value := getattr(terms, key)) is not None:
                hint = "all of it counts as down anyway"
                yield Finding(("maintenance", key), "nothing beside `mode: count_down`", shown(value), hint)
    periods = [spec.period, *(objective.period for objective in spec.objectives.values())]
    rolling = next((text for text in periods if text and period(text)[1] is not None), None)
    if terms.at_most is not None and rolling is not None:
        hint = "what is allowed in a period has no meaning in a window that always moves on"
        yield Finding(
            ("maintenance", "at_most"), f"nothing beside the period {shown(rolling)}", shown(terms.at_most), hint
        )


def _objective(name: str, form: UptimeObjectiveForm, spec: UptimeSLASpec) -> Iterator[Finding]:
    if form.kind is None and name not in UPTIME_KINDS:
        hint = meant(name, UPTIME_KINDS) or "write `kind: availability`"
        yield Finding((), f"one of {listed(UPTIME_KINDS)}, or a `kind`", shown(name), hint)
        return
    kind = ObjectiveKind(form.kind or name)
    yield from promises.target_findings(form, "a target like '99.9%', '1h' or 3", "tier")
    understood: list[Target] = []
    for loc, text in _written(form):
        try:
            understood.append(uptime_target(kind, text))
        except Unexpected as problem:
            yield found(problem, *loc)
    yield from _period(kind, form, spec)
    yield from _warnings(kind, form, understood)
    yield from _burns(kind, form, form.period or spec.period, understood)


def _written(form: UptimeObjectiveForm) -> Iterator[tuple[tuple[str, ...], str]]:
    if form.target is not None:
        yield ("target",), form.target
    for value, text in (form.targets or {}).items():
        yield ("targets", value), text


def _period(kind: ObjectiveKind, form: UptimeObjectiveForm, spec: UptimeSLASpec) -> Iterator[Finding]:
    text = form.period or spec.period
    if text is not None and period(text)[1] is not None and kind is not ObjectiveKind.AVAILABILITY:
        yield Finding(("period",), f"a calendar period for {kind.value}", shown(text), "only availability can roll")


def _warnings(kind: ObjectiveKind, form: UptimeObjectiveForm, understood: list[Target]) -> Iterator[Finding]:
    for number, warning in enumerate(form.warn):
        if problem := _warning(kind, warning.at, understood):
            yield problem.under("warn", number)
    yield from promises.repeated(form)


def _warning(kind: ObjectiveKind, at: str, understood: list[Target]) -> Finding | None:
    _, share, _ = words.threshold(at)
    if kind is ObjectiveKind.MTBF:
        return Finding((), "no warnings for mtbf", shown(at), "warn of `outages` or `availability`")
    if share is None and kind not in _DISTANCES:
        hint = f"distances are for {listed([one.value for one in _DISTANCES])}"
        return Finding((), f"a share like '50%' for {kind.value}", shown(at), hint)
    if share is not None and _nothing_to_use(understood):
        return Finding(
            (), "a distance like '5m after' beside a target of 100%", shown(at), "there is no budget to share"
        )
    return None


def _burns(
    kind: ObjectiveKind, form: UptimeObjectiveForm, text: str | None, understood: list[Target]
) -> Iterator[Finding]:
    if form.burn_rates and kind is not ObjectiveKind.AVAILABILITY:
        yield Finding(
            ("burn_rates",), f"none for {kind.value}", f"{len(form.burn_rates)}", "only availability has them"
        )
    elif form.burn_rates and _nothing_to_use(understood):
        yield Finding(("burn_rates",), "none beside a target of 100%", f"{len(form.burn_rates)}", "no budget can burn")
    else:
        seen: dict[str, int] = {}
        for number, burn in enumerate(form.burn_rates):
            yield from (f.under("burn_rates", number) for f in _burn(burn, text))
            for rate, _ in burn_rates(burn, nominal_ms(text)) if text else ():
                first = seen.setdefault(burn_name(rate), number)
                if first != number:
                    hint = f"it is burn_rates[{first}] already"
                    yield Finding(("burn_rates", number), "each burn rate once", shown(burn_name(rate)), hint)


def _burn(form: BurnForm, text: str | None) -> Iterator[Finding]:
    own = {"factor": form.factor, "long": form.long, "short": form.short}
    if form.pairs is not None:
        both = [key for key, value in own.items() if value is not None]
        yield from (Finding((key,), "nothing beside `pairs: standard`", shown(own[key])) for key in both)
        return
    missing = [key for key, value in own.items() if value is None]
    hint = "write {factor: 14.4, long: 1h, short: 5m}, or `standard`"
    yield from (Finding((key,), f"a `{key}`", "nothing", hint) for key in missing)
    if form.long and form.short and parse_duration(form.short) >= parse_duration(form.long):
        yield Finding(("short",), f"less than `long: {form.long}`", shown(form.short), "the short one ends the warning")
    if form.long and text and parse_duration(form.long) > nominal_ms(text):
        yield Finding(("long",), f"at most the period of {format_duration(nominal_ms(text))}", shown(form.long))


def _nothing_to_use(understood: list[Target]) -> bool:
    return any(target.down_ppb == 0 for target in understood)


def maintenance_findings(spec: MaintenanceSpec) -> Iterator[Finding]:
    """Everything in a Maintenance that contradicts something else in it."""
    yield from _services(spec.services)
    if not spec.windows and not spec.recurring:
        yield Finding((), "`windows`, `recurring` or both", "none")
    zone, sound = ZoneInfo(spec.zone), True
    for number, window in enumerate(spec.windows):
        length = local_moment(window.until, zone) - local_moment(window.start, zone)
        if not 0 < length <= LONGEST_WINDOW_MS:
            hint = "`until` does not itself belong to it" if length <= 0 else "a recurring one may go on for ever"
            expected = f"an end after its start {shown(window.start)}" if length <= 0 else "at most 366 days"
            yield Finding(("windows", number, "until"), expected, shown(window.until), hint)
    for number, (form, recurrence) in enumerate(zip(spec.recurring, recurrences(spec), strict=True)):
        for finding in _recurring(form, recurrence):
            sound = False
            yield finding.under("recurring", number)
    if sound and longest_unbroken(recurrences(spec)) > LONGEST_UNBROKEN_MS:
        yield _endless(spec)


def _recurring(form: RecurringForm, recurrence: Recurrence) -> Iterator[Finding]:
    if recurrence.first() is None:
        hint = "see its BY parts, and UNTIL"
        yield Finding(("rule",), f"a rule that occurs within ten years of {form.starts}", shown(form.rule), hint)
    elif longest_unbroken([recurrence]) > LONGEST_UNBROKEN_MS:
        hint = "each goes on into the next" if recurrence.lasts_ms <= LONGEST_UNBROKEN_MS else ""
        yield Finding(("lasts",), "windows that end: 31 days at most without a break", shown(form.lasts), hint)


def _endless(spec: MaintenanceSpec) -> Finding:
    return Finding(
        ("recurring",),
        "windows that end: 31 days at most without a break",
        f"{len(spec.recurring)} rules",
        "together they leave no gap",
    )
