"""The forms of policies for services and of planned maintenance. What they may not say together: `uptime_promises.py`."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from slamon.policy_file.fields import MAX_ITEMS, Labels, Names, Short, Values, When, short
from slamon.policy_file.forms import MAX_OBJECTIVES, MAX_THRESHOLDS, Form, PolicySpec, ThresholdForm
from slamon.policy_file.recurrence import RuleText
from slamon.policy_file.uptime_words import (
    Factor,
    Length,
    LocalMoment,
    LocalTime,
    PeriodText,
    UptimeTarget,
    Weight,
)
from slamon.policy_file.words import Link, Name, Text, Zone

UptimeKind = Literal["availability", "longest_outage", "outages", "mttr", "mtbf"]
UPTIME_KINDS: tuple[str, ...] = get_args(UptimeKind)
MAX_WINDOWS = 1000


def _alone(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class BurnForm(Form):
    pairs: Literal["standard"] | None = None
    """The well-known four, for the length of the period; or one of your own:"""
    factor: Factor | None = None
    """How many times as fast as it lasts the budget is used, in both windows."""
    long: Length | None = None
    short: Length | None = None
    severity: Text | None = None
    labels: Labels = Field({})
    runbook_url: Link | None = None
    escalate_to: Text | None = None


class UptimeObjectiveForm(Form):
    kind: UptimeKind | None = None
    """What is measured; the objective's name, where that is one of these."""
    target: UptimeTarget | None = None
    """A share (`99.9%`) for availability, a count for outages, else a duration."""
    by: Text | None = None
    """The field the targets go by; default `tier`."""
    targets: Annotated[dict[str, UptimeTarget], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    """What it allows by value of the field `by`; `default` is for all others."""
    period: PeriodText | None = None
    """Instead of the policy's."""
    warn: Annotated[list[Annotated[ThresholdForm, *short("at")]], Field(max_length=MAX_THRESHOLDS)] = Field([])
    """A share of the budget (`50%`) or, of availability and longest_outage, a distance (`15m before`, `2h after`)."""
    burn_rates: Annotated[
        list[Annotated[BurnForm, *short("pairs", const="standard")]],
        Field(max_length=MAX_THRESHOLDS),
        BeforeValidator(_alone),
        Short({"const": "standard"}),
    ] = Field([])
    """Of availability: `standard`, or pairs of windows with a factor."""


class MaintenanceTerms(Form):
    mode: Literal["exclude", "count_up", "count_down"] = "exclude"
    """Whether maintenance is left out, counts as up, or counts as down."""
    at_most: Length | None = None
    """In a period; what is beyond counts as down."""
    notice: Length | None = None
    """How long before its start a window must have been announced."""


class UptimeSLASpec(PolicySpec):
    services: Annotated[Values, Field(min_length=1)] | None = None
    """Which services it covers, by id; all that fit `when`, if left out."""
    period: PeriodText | None = None
    """What objectives are judged over: a calendar period in the agreement's zone, or `30d rolling`."""
    service_hours: Name | None = None
    """The calendar in whose hours time counts; around the clock, if left out."""
    maintenance: Annotated[MaintenanceTerms, *short("mode", enum=["exclude", "count_up", "count_down"])] = (
        MaintenanceTerms()
    )
    degraded: Weight = 0.0
    """How much of a degraded second counts as down."""
    min_outage: Length | None = None
    """Shorter outages do not count; longer ones count from their first second."""
    no_data: Literal["unknown", "up", "down"] = "unknown"
    """What a service is whose monitors have gone silent."""
    stale_after: Length | None = None
    """How long the word of a record without a `ttl` holds; until the next one, if left out."""
    quorum: Literal["any", "majority", "all"] = "any"
    """How many of several monitors must say that it is down."""
    objectives: Annotated[dict[Name, UptimeObjectiveForm], Field(max_length=MAX_OBJECTIVES)] = Field({})


class WindowForm(Form):
    start: LocalMoment = Field(alias="from")
    until: LocalMoment
    """The first moment that no longer belongs to it."""


class RecurringForm(Form):
    rule: RuleText
    """An RRULE of RFC 5545: `FREQ=WEEKLY;BYDAY=SU`."""
    starts: LocalTime
    """The first occurrence, on the wall clock of the zone."""
    lasts: Length
    """How long each window is, in real time."""


class MaintenanceSpec(Form):
    services: Annotated[Values, Field(min_length=1)] | None = None
    """Which services it is about, by id; all that fit `when`, if left out."""
    when: When | None = None
    policies: Names | None = None
    """The UptimeSLA policies it holds for; all, if left out."""
    zone: Zone = "UTC"
    """The zone whose wall clock its times mean."""
    windows: Annotated[list[WindowForm], Field(max_length=MAX_WINDOWS)] = Field([])
    recurring: Annotated[list[RecurringForm], Field(max_length=50)] = Field([])
    announced: LocalMoment | None = None
    """When it was made known; the activation of the first version that holds it, if left out."""
    reason: Text | None = None
