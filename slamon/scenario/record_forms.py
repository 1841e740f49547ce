"""The forms of what happens: records of tickets and of services, as lists or as mappings."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from slamon.policy_file.forms import Form
from slamon.policy_file.problems import Finding, shown
from slamon.policy_file.words import Text, refused
from slamon.sla.events import State

STATES = frozenset(state.value for state in State)
OF_TICKET, OF_SERVICE = "record of a ticket", "record of a service"  # which form was tried, in pydantic's locations


def by_name(value: list[Any], names: tuple[str, ...], rest: str) -> dict[str, Any]:
    """The members of a list by their order; a mapping at its end stands under `rest`."""
    *plain, last = value if value and isinstance(value[-1], dict) else [*value, {}]
    if len(plain) > len(names) or not plain:
        example = ", ".join(names[:3])
        raise refused(Finding((), f"a list like [{example}, {{...}}]", f"{len(value)} members"))
    return dict(zip(names, plain, strict=False)) | {rest: last}


def _loosened(value: Any, options: Collection[str]) -> Any:
    """Of the mapping that ends a list, what is no option of the record is a field of its ticket or service."""
    loose = dict(value["loose"]) if isinstance(value, dict) and "loose" in value else None
    if loose is None:
        return value
    fields = loose.pop("fields", {})
    if not isinstance(fields, dict):
        raise refused(Finding(("fields",), "a mapping of field names and values", shown(fields)))
    given = {name: loose.pop(name) for name in list(loose) if name in options}
    rest = {name: part for name, part in value.items() if name != "loose"}
    return {**rest, **given, **({"fields": {**loose, **fields}} if loose or fields else {})}


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
        return _loosened(value, cls.model_fields)


class ServiceForm(Form):
    at: Text
    """When it was so: on the wall clock of `zone`, or with an offset."""
    state: Literal["up", "degraded", "down", "maintenance", "unknown"] | None = None
    service: Text | None = None
    location: Text | None = None
    """The monitor that says so."""
    ttl: Text | None = None
    """How long its word holds."""
    customer: Text | None = None
    maintenance: "AnnouncedForm | None" = None
    """What it announces."""
    deleted: bool | None = None
    id: Text | None = None
    revision: Annotated[int, Field(ge=0)] | None = None
    source: Text | None = None
    arrives: int | Text | None = None
    fields: Mapping[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _loose(cls, value: Any) -> Any:
        """Fields of a service are rare, and what looks like one is mostly a key that is written wrong."""
        if not isinstance(value, dict) or "loose" not in value:
            return value
        return {name: part for name, part in value.items() if name != "loose"} | value["loose"]


class AnnouncedForm(Form):
    name: Text
    start: Text = Field(alias="from")
    until: Text
    """The same instant as `from` takes it back."""


SERVICE_KEYS = frozenset({"state", "service", "maintenance", "deleted"})


def _kind_of_record(value: Any) -> str:
    """A word that is a state, or no word and a key that only records of services have: of a service."""
    if not isinstance(value, dict):
        return OF_TICKET
    if "event" in value:
        return OF_TICKET
    known = value.keys() | (value.get("loose") or {}).keys()
    return OF_SERVICE if known & SERVICE_KEYS else OF_TICKET


def _record(value: Any) -> Any:
    """A list `[at, word, {...}]` as a mapping; a word that is a state stands under `state`."""
    if not isinstance(value, list):
        return value
    named = by_name(value, ("at", "event"), "loose")
    if isinstance(named.get("event"), str) and named["event"] in STATES:
        named["state"] = named.pop("event")
    elif "event" not in named and not named["loose"].keys() & SERVICE_KEYS:
        hint = "a record of a service without a state names the `service`, its `maintenance`, or that it is `deleted`"
        raise refused(Finding((), "an event or a state after the instant", "none", hint))
    return named


Record = Annotated[
    Annotated[RecordForm, Tag(OF_TICKET)] | Annotated[ServiceForm, Tag(OF_SERVICE)],
    Discriminator(_kind_of_record),
    BeforeValidator(_record),
]
