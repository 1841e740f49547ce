"""What a TicketSLA can not promise: contradictions inside one policy, found on its form. Of any policy: `head`."""

from collections.abc import Iterator

from slamon.policy_file import words
from slamon.policy_file.build import statuses
from slamon.policy_file.forms import BUILT_IN, ObjectiveForm, TicketSLASpec
from slamon.policy_file.problems import Finding, listed, meant, shown
from slamon.policy_file.uptime_forms import UptimeObjectiveForm, UptimeSLASpec

Spec = TicketSLASpec | UptimeSLASpec
Objective = ObjectiveForm | UptimeObjectiveForm


def findings(spec: TicketSLASpec, *, type_is_known: bool = True) -> Iterator[Finding]:
    """Everything in the policy that contradicts something else in it."""
    if type_is_known:
        yield from head(spec)
    yield from _statuses(spec)
    for name, objective in spec.objectives.items():
        yield from (f.under("objectives", name) for f in _objective(name, objective))


def head(spec: Spec) -> Iterator[Finding]:
    """What contradicts the policy's own type, status or exemption."""
    yield from _type(spec)
    yield from _exempt(spec)


def _type(spec: Spec) -> Iterator[Finding]:
    if spec.type == "SLA" and spec.supports is not None:
        yield Finding(("supports",), "nothing in a policy of type SLA", shown(spec.supports), "did you mean type: OLA?")
    if spec.type != "SLA" and spec.supports is None:
        yield Finding(("supports",), f"the name of the policy that this {spec.type} supports", "nothing")


def _exempt(spec: Spec) -> Iterator[Finding]:
    if not spec.exempt:
        if not spec.objectives:
            yield Finding(("objectives",), "at least one objective", "none", "or exempt: true")
        return
    if spec.objectives:
        yield Finding(
            ("objectives",), "none in a policy with exempt: true", f"{len(spec.objectives)}", "exempt means: no SLA"
        )
    if spec.status == "draft":
        yield Finding(("exempt",), "false in a draft", "true", "a draft never covers, so it can not exempt either")
    if spec.type != "SLA":
        yield Finding(("exempt",), f"false in a policy of type {spec.type}", "true", "only an SLA can be exempted from")


def _statuses(spec: TicketSLASpec) -> Iterator[Finding]:
    meaning = statuses(spec.statuses)
    for value in sorted(meaning.resolved & meaning.closed):
        yield Finding(("statuses",), "each status resolved or closed, not both", shown(value), "list it once")


def _objective(name: str, form: ObjectiveForm) -> Iterator[Finding]:
    yield from _kind(name, form)
    yield from target_findings(form, "a duration like '4h' or '5 business days'", "priority")
    yield from repeated(form)


def repeated(form: Objective) -> Iterator[Finding]:
    """The thresholds that stand there twice, however they are written."""
    seen: dict[str, int] = {}
    for number, warning in enumerate(form.warn):
        threshold, _, _ = words.threshold(warning.at)
        if threshold in seen:
            yield Finding(
                ("warn", number), "each threshold once", shown(threshold), f"it is warn[{seen[threshold]}] already"
            )
        seen.setdefault(threshold, number)


def _kind(name: str, form: ObjectiveForm) -> Iterator[Finding]:
    if form.kind is None and name not in BUILT_IN:
        hint = meant(name, BUILT_IN) or "write `kind: custom` with `start` and `stop`"
        yield Finding((), f"one of {listed(BUILT_IN)}, or a `kind`", shown(name), hint)
    if form.kind == "custom":
        missing = [key for key in ("start", "stop") if getattr(form, key) is None]
        yield from (
            Finding((key,), "a condition like {event: created}", "nothing", "`kind: custom` has none built in")
            for key in missing
        )


def target_findings(form: Objective, expected: str, by: str) -> Iterator[Finding]:
    """What is wrong with `target`, `targets` and `by` beside each other."""
    if form.target is None and form.targets is None:
        yield Finding(("target",), expected, "nothing", f"or `targets` by {by}")
    if form.target is not None and form.targets is not None:
        yield Finding(("target",), "either `target` or `targets`", "both", "a target for all others is targets.default")
    if form.by is not None and form.targets is None:
        yield Finding(("by",), "`targets` beside it", "none", "`by` names the field whose values have targets")
    seen: dict[str, str] = {}
    for value in form.targets or {}:
        if value.casefold() in seen:
            yield Finding(
                ("targets", value),
                "each value once",
                f"'{value}' and '{seen[value.casefold()]}'",
                "values compare without case",
            )
        seen.setdefault(value.casefold(), value)
