"""The form of a scenario file: which keys there are and what they hold. What they mean together: `read.py`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from slamon.policy_file.forms import Form
from slamon.policy_file.words import Text, Zone
from slamon.scenario.record_forms import Record, by_name
from slamon.sla.events import What

MAX_RECORDS = 10_000


def _columns(*names: str, rest: str) -> BeforeValidator:
    """A list is read by the order of its members; a mapping at its end adds keys of its own."""

    def read(value: Any) -> Any:
        return by_name(value, names, rest) if isinstance(value, list) else value

    return BeforeValidator(read)


STATEMENT = What.STATEMENT.value
FactWord = Literal["warning", "cleared", "breach", "met", "missed", "cancelled", "statement"]


def _of_no_objective(value: Any) -> Any:
    """A statement sums up all objectives: it has none of its own, and here a word in its place."""
    if isinstance(value, dict) and value.get("what") == STATEMENT and value.get("objective") is None:
        return {**value, "objective": STATEMENT}
    return value


class ExpectedForm(Form):
    at: Text
    what: FactWord
    objective: Text
    """Of a statement: nothing, or null."""
    short: Text | None = None
    """The threshold of a warning or of what cleared it, the reason of anything else."""
    more: Mapping[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _of_statement(cls, value: Any) -> Any:
        return _of_no_objective(value)


class CorrectionForm(Form):
    at: Text
    """The instant of the fact that is corrected."""
    what: FactWord
    objective: Text
    short: Text | None = None
    """The reason."""
    more: Mapping[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _of_statement(cls, value: Any) -> Any:
        return _of_no_objective(value)


class LimitsForm(Form):
    allowed_lateness: Text | None = None
    max_lateness: Text | None = None
    max_future: Text | None = None
    retention: Text | None = None


Expected = Annotated[ExpectedForm, _columns("at", "what", "objective", "short", rest="more")]
Correction = Annotated[CorrectionForm, _columns("at", "what", "objective", "short", rest="more")]


class UptimeForm(Form):
    """The small form of one policy for services, its agreement, its hours and what maintenance is planned."""

    period: Any = None
    targets: Annotated[dict[str, Any], Field(min_length=1)] | None = None
    """By objective: a share, a duration or a count, or those by tier."""
    objectives: Annotated[dict[str, Any], Field(min_length=1)] | None = None
    """Objectives as in a policy file, for what `targets` is too short for."""
    warn: Any = None
    """Thresholds of every objective, or by objective."""
    burn_rates: Any = None
    """Of availability."""
    hours: Any = None
    """Service hours by day; default around the clock."""
    special: Any = None
    holidays: Any = None
    maintenance: Any = None
    degraded: Any = None
    min_outage: Any = None
    no_data: Any = None
    stale_after: Any = None
    quorum: Any = None
    when: Any = None
    customer: Any = None
    """Of the agreement; without one every record is heard that names none."""
    effective: Any = None
    """From when to when the agreement is in force: {from: INSTANT, until: INSTANT}."""
    planned: Any = None
    """Planned maintenance, as in a Maintenance document."""


class PromisesForm(Form):
    """The promises of a scenario: policy files, whole documents, or the small forms of one policy each."""

    policies: Text | list[Text] | None = None
    """Policy files or directories, seen from the scenario's own."""
    documents: Annotated[list[Any], Field(max_length=200)] | None = None
    """Documents as in policy files."""
    hours: Any = None
    """Working hours of the small form: `always`, or by day; default Monday to Friday 09:00-17:00."""
    special: Any = None
    holidays: Any = None
    targets: Annotated[dict[str, Any], Field(min_length=1)] | None = None
    """By objective: a duration, or durations by priority."""
    objectives: Annotated[dict[str, Any], Field(min_length=1)] | None = None
    """Objectives as in a policy file, for what `targets` is too short for."""
    pause: Any = None
    warn: Any = None
    """Thresholds of every objective, or by objective."""
    statuses: Any = None
    when: Any = None
    on_change: Any = None
    on_reopen: Any = None
    on_resolve: Any = None
    uptime: UptimeForm | None = None
    """What is promised of services."""


class ChangeForm(PromisesForm):
    """The promises of a later version."""

    at: Text
    """From when it holds."""
    apply_to: Literal["new", "open"] = "new"


class ScenarioForm(PromisesForm):
    title: Text
    about: Text | None = None
    zone: Zone = "UTC"
    """The wall clock of every instant without an offset, of the hours, and of the small form's periods."""
    service: Text | None = None
    """The service of records that name none."""
    changes: list[ChangeForm] = Field(default_factory=list)
    """Later versions of the promises."""
    limits: LimitsForm = LimitsForm()
    timeline: Annotated[list[Record], Field(min_length=1, max_length=MAX_RECORDS)]
    ticks: list[Text] = Field(default_factory=list)
    """Instants at which partition time passes, so that facts leave before later arrivals."""
    until: Text | None = None
    """The last instant that counts; default: everything that time alone will bring."""
    expect: list[Expected] | None = None
    """Every fact that stands in the end."""
    expect_only: list[Text] = Field(default_factory=list)
    """Compare only these kinds of facts, or only these objectives."""
    corrections: list[Correction] | None = None
    """Every correction that was sent."""
    refused: list[Text] | None = None
    """Reasons of the records that went to the dead letter, in the order of their arrival."""
    clocks: list[dict[str, Any]] | None = None
    """What is true of clocks in the end: `objective` and any of its figures."""
