"""The form of a scenario file: which keys there are and what they hold. What they mean together: `read.py`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from slamon.policy_file.forms import Form
from slamon.policy_file.problems import Finding, shown
from slamon.policy_file.words import Text, Zone, refused

MAX_RECORDS = 10_000


def _columns(*names: str, rest: str) -> BeforeValidator:
    """A list is read by the order of its members; a mapping at its end adds keys of its own."""

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        *plain, last = value if value and isinstance(value[-1], dict) else [*value, {}]
        if len(plain) > len(names) or not plain:
            example = ", ".join(names[:3])
            raise refused(Finding((), f"a list like [{example}, {{...}}]", f"{len(value)} members"))
        return dict(zip(names, plain, strict=False)) | {rest: last}

    return BeforeValidator(read)


class RecordForm(Form):
    at: Text
    """When it happened: on the wall clock of `zone`, or with an offset."""
    event: Text
    """created, replied, paused ...; also `pause`, `resume`, `resolve`, `reply`, `customer_message`, `note`."""
    ticket: Text | None = None
    id: Text | None = None
    revision: Annotated[int, Field(ge=0)] | None = None
    by: Literal["agent", "customer", "system"] | None = None
    public: bool | None = None
    created_at: Text | None = None
    source: Text | None = None
    arrives: int | Text | None = None
    """When it arrives, if not at its own instant: an instant, or N for right after the Nth record (0: first of all)."""
    fields: Mapping[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _loose(cls, value: Any) -> Any:
        """What is no option of the record is a field of the ticket."""
        loose = value.pop("loose", {}) if isinstance(value, dict) else {}
        fields = loose.pop("fields", {}) if loose else {}
        if not isinstance(fields, dict):
            raise refused(Finding(("fields",), "a mapping of field names and values", shown(fields)))
        options = {name: loose.pop(name) for name in list(loose) if name in cls.model_fields}
        return {**value, **options, "fields": {**loose, **fields}} if loose or fields or options else value


class ExpectedForm(Form):
    at: Text
    what: Literal["warning", "cleared", "breach", "met", "missed", "cancelled"]
    objective: Text
    short: Text | None = None
    """The threshold of a warning or of what cleared it, the reason of anything else."""
    more: Mapping[str, Any] = {}


class CorrectionForm(Form):
    at: Text
    """The instant of the fact that is corrected."""
    what: Literal["warning", "cleared", "breach", "met", "missed", "cancelled"]
    objective: Text
    short: Text | None = None
    """The reason."""
    more: Mapping[str, Any] = {}


class LimitsForm(Form):
    allowed_lateness: Text | None = None
    max_lateness: Text | None = None
    max_future: Text | None = None
    retention: Text | None = None


Record = Annotated[RecordForm, _columns("at", "event", rest="loose")]
Expected = Annotated[ExpectedForm, _columns("at", "what", "objective", "short", rest="more")]
Correction = Annotated[CorrectionForm, _columns("at", "what", "objective", "short", rest="more")]


class PromisesForm(Form):
    """The promises of a scenario: policy files, whole documents, or the small form of one policy and one calendar."""

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


class ChangeForm(PromisesForm):
    """The promises of a later version."""

    at: Text
    """From when it holds."""
    apply_to: Literal["new", "open"] = "new"


class ScenarioForm(PromisesForm):
    title: Text
    about: Text | None = None
    zone: Zone = "UTC"
    """The wall clock of every instant without an offset, and of the hours."""
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
