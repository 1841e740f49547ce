"""What policies for tickets and for services are built of alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slamon.policy_file import calendars, words
from slamon.policy_file.conditions import condition
from slamon.policy_file.forms import Metadata, PolicySpec, ThresholdForm
from slamon.sla.calendar import ALWAYS, Calendar
from slamon.sla.conditions import Condition
from slamon.sla.policy import Agreement, Level, Objective, Policy, PolicyKind, Threshold


@dataclass(frozen=True, slots=True)
class Named:
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

    def contract(self, name: str | None) -> tuple[Agreement | None, str | None, str]:
        """The agreement with its calendar's name, and the zone of its dates."""
        contract, calendar = self.agreements[name] if name else (None, None)
        return contract, calendar, contract.zone if contract else "UTC"


def policy(
    metadata: Metadata, spec: PolicySpec, objectives: tuple[Objective, ...], contract: Agreement | None, **own: Any
) -> Policy:
    """The policy, with what only its kind has; `when` is the form's unless it is one of those."""
    return Policy(
        metadata.name,
        objectives,
        PolicyKind(spec.type),
        Level(spec.level),
        spec.rank,
        exempt=spec.exempt,
        draft=spec.status == "draft",
        supports=spec.supports,
        agreement=contract,
        sources=tuple(spec.sources or ()),
        links=dict(sorted(spec.links.items())),
        **({"when": optional(spec.when)} | own),
    )


def threshold(form: ThresholdForm, labels: Mapping[str, str]) -> Threshold:
    """The threshold, with the policy's labels below its own."""
    name, share, distance = words.threshold(form.at)
    both = merged_labels(labels, form.labels)
    return Threshold(
        name, share, distance, severity=form.severity, labels=both,
        runbook_url=form.runbook_url, escalate_to=form.escalate_to,
    )  # fmt: skip


def merged_labels(policy_labels: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Both in the order of their names; a threshold's own win."""
    return dict(sorted({**policy_labels, **own}.items()))


def optional(raw: Any) -> Condition | None:
    """The condition that is written, None if there is none."""
    return None if raw is None else condition(raw)
