"""The form of each kind of document: which keys there are and what they hold. References between documents: `rules.py`."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from slamon.policy_file import hours as working_hours
from slamon.policy_file.fields import MAX_ITEMS, Hours, Labels, Names, Pause, Starts, Values, When, short
from slamon.policy_file.problems import Finding
from slamon.policy_file.words import (
    Instant,
    Link,
    LocalDate,
    Moment,
    Name,
    Relaxation,
    TargetText,
    Text,
    ThresholdText,
    Zone,
    refused,
)

API_VERSION = "slamon/v1"
TicketKind = Literal[
    "first_response", "next_response", "periodic_update", "acknowledge", "assign", "resolution", "group_ownership",
    "custom",
]  # fmt: skip
BUILT_IN = tuple(kind for kind in get_args(TicketKind) if kind != "custom")
MAX_OBJECTIVES = 50
MAX_THRESHOLDS = 20


class Form(BaseModel):
    """A mapping whose keys are all known; nothing is converted on the way in."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class Metadata(Form):
    name: Name
    """Unique among the documents of its kind; stands in ids and facts."""
    labels: Labels = {}
    """Copied to every warning of the policy; labels of a threshold win."""
    description: Text | None = None
    """For people; not looked at."""
    valid_from: Instant | None = None
    """From when this version of all files holds (else: 10 s after its publication)."""
    apply_to: Literal["new", "open"] | None = None
    """`open` also moves the clocks that are open when this version begins to hold; default `new`."""


class Effective(Form):
    start: Moment | None = Field(None, alias="from")
    """First day or instant of the agreement; none: always was."""
    until: Moment | None = None
    """The first day or instant that no longer belongs to it."""

    @model_validator(mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if value == {}:
            raise refused(Finding((), "`from`, `until` or both", "neither"))
        return value


class AgreementSpec(Form):
    customer: Text | None = None
    """Who is promised something."""
    provider: Text | None = None
    """Who promises it."""
    zone: Zone = "UTC"
    """The zone of its dates and periods."""
    calendar: Name | None = None
    """Of every objective that names none; default: around the clock."""
    effective: Effective | None = None
    """When the agreement is in force; always, if left out."""


class HolidayForm(Form):
    date: LocalDate
    hours: Annotated[Hours, AfterValidator(working_hours.part)] | None = None
    """The part of the date that is off; the whole date if left out."""
    name: Text | None = None


class Holidays(Form):
    dates: Annotated[list[Annotated[HolidayForm, *short("date", format="date")]], Field(max_length=5000)] = []
    """Dates that are off, whole or in part."""
    country: Text | None = None
    """Public holidays of a country, ISO 3166 (`DE`)."""
    subdivision: Text | None = None
    """And of its state, province or region (`BE`)."""
    since: Annotated[int, Field(ge=1971, le=2199)] | None = None
    """First year of the country's holidays; default last year. The last is six years from now."""


class CalendarSpec(Form):
    zone: Zone
    """The zone whose wall clock the hours mean."""
    hours: Annotated[dict[str, Hours], Field(max_length=14), AfterValidator(working_hours.weekly)]
    """By day or range of days: `mon-fri: [09:00-17:00]`; `22:00-06:00` goes on into the next day."""
    special: Annotated[dict[LocalDate, Hours], Field(max_length=MAX_ITEMS), AfterValidator(working_hours.special)] = {}
    """Dates with hours of their own; `[]` is closed."""
    holidays: Holidays = Holidays()
    """Dates that are off whatever the hours say."""


class ThresholdForm(Form):
    at: ThresholdText
    """A share of the target (`90%`, over 100 % after it) or a distance in running time (`15m before`, `2h after`)."""
    severity: Text | None = None
    labels: Labels = {}
    runbook_url: Link | None = None
    escalate_to: Text | None = None


class ObjectiveForm(Form):
    kind: TicketKind | None = None
    """What is measured; the objective's name, where that is a built-in one."""
    target: TargetText | None = None
    """What the objective allows, for every ticket."""
    by: Text | None = None
    """The field the targets go by; default `priority`."""
    targets: Annotated[dict[str, TargetText], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    """What it allows by value of the field `by`; `default` is for all others."""
    calendar: Name | None = None
    start: Starts | None = None
    stop: Starts | None = None
    pause: Pause | None = None
    """A status, a list of them, or conditions on fields; `[]`: never paused."""
    cancel: Starts | None = None
    reset: Starts | None = None
    warn: Annotated[list[Annotated[ThresholdForm, *short("at")]], Field(max_length=MAX_THRESHOLDS)] = []
    on_change: Literal["carry", "restart", "freeze"] = "carry"
    on_reopen: Literal["continue", "new_cycle", "ignore"] = "continue"
    on_resolve: Literal["cancel", "met", "run"] = "cancel"


class StatusesForm(Form):
    resolved: Values | None = None
    closed: Values | None = None
    known: Values = []
    """Other values you expect; any value not named anywhere is reported as unknown."""


class PolicySpec(Form):
    agreement: Name | None = None
    type: Literal["SLA", "OLA", "UC"] = "SLA"
    supports: Name | None = None
    """The SLA policy that an OLA or UC is for."""
    level: Literal["corporate", "service", "customer"] = "corporate"
    """`customer` before `service` before `corporate`, objective by objective."""
    rank: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Within a level: the lowest wins."""
    status: Literal["active", "draft"] = "active"
    """A draft is measured beside the others and never pages."""
    exempt: bool = False
    """What it covers has no SLA from less specific policies."""
    sources: Names | None = None
    """Where its records come from; `check` refuses what they can not show."""
    when: When | None = None
    """What it covers; everything, if left out."""
    links: Annotated[dict[Name, Link], Field(max_length=32)] = {}


class TicketSLASpec(PolicySpec):
    calendar: Name | None = None
    statuses: StatusesForm = StatusesForm()
    pause: Pause | None = None
    """For every objective that pauses and states none of its own."""
    objectives: Annotated[dict[Name, ObjectiveForm], Field(max_length=MAX_OBJECTIVES)] = {}


class OverrideSpec(Form):
    start: Moment = Field(alias="from")
    until: Moment
    effect: Literal["relax", "pause", "exempt"]
    relax: Relaxation | None = None
    """With `effect: relax`: `200%` doubles every target, `+4h` adds to it."""
    reason: Text
    """Stands in the record of every clock it touches."""
    when: When | None = None
    policies: Names | None = None
    objectives: Names | None = None
