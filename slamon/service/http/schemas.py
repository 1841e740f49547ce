"""The JSON Schemas of what the API tells, by name; `openapi.py` puts them into the document."""

from collections.abc import Mapping
from typing import Any

from slamon.runtime.state import State
from slamon.sla.clock import Stage
from slamon.sla.events import State as ServiceState
from slamon.sla.policy import Level, ObjectiveKind, PolicyKind

Schema = dict[str, Any]

INSTANT = {"type": "string", "format": "date-time", "description": "RFC 3339, UTC."}
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
COUNT = {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}
VALUE = {"description": "A field of the ticket or service: a text, a number, a truth value, a list of them, or null."}


def maybe(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"oneOf": [schema, {"type": "null"}]}


def list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def one_of(words: type[Any]) -> Schema:
    """One of the words of an enumeration."""
    return {"type": "string", "enum": [word.value for word in words]}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def record(description: str, optional: Mapping[str, Schema] | None = None, **members: Schema) -> Schema:
    """An object whose members are all there, but for the optional ones; more may come with a later release."""
    properties = {**members, **(optional or {})}
    return {"type": "object", "description": description, "required": sorted(members), "properties": properties}


CLOCK_NAME: dict[str, Schema] = {
    "clock_id": {**TEXT, "description": "Names the clock for ever, in facts too."},
    "slot": TEXT,
    "policy": TEXT,
    "objective": TEXT,
}
CLOCK: dict[str, Schema] = {
    **CLOCK_NAME,
    "policy_kind": one_of(PolicyKind),
    "agreement": maybe(TEXT),
    "objective_kind": one_of(ObjectiveKind),
    "stage": one_of(Stage),
    "target": ref("Target"),
    "due_at": maybe({**INSTANT, "description": "When elapsed reaches the target; null while paused."}),
    "breached_at": maybe(INSTANT),
}
OF_TICKET = {"elapsed_seconds": NUMBER, "remaining_seconds": {**NUMBER, "description": "Below zero once overdue."}}
TOLD = {"subject": TEXT, "version": TEXT, "cycle": COUNT, "cycle_start": INSTANT, "ended_at": maybe(INSTANT),
        "ended_by": maybe(TEXT), "context": ref("Context"), "links": {"type": "object"},
        "explanation": {"type": "object", "description": "Everything the verdict was made of (semantics 7)."}}  # fmt: skip
PAGE: dict[str, Schema] = {
    "now": INSTANT,
    "next": maybe({**TEXT, "description": "The `cursor` of the following page; null on the last one."}),
    "complete": {**FLAG, "description": "Whether nothing is missing and nothing was truncated."},
    "missing": list_of({**COUNT, "description": "A partition that no worker has looked at."}),
    "truncated": {**FLAG, "description": "Whether a partition holds too much to be looked at whole."},
}
POLICY: dict[str, Schema] = {
    "name": TEXT,
    "kind": one_of(PolicyKind),
    "of": {"type": "string", "enum": ["tickets", "services"]},
    "level": one_of(Level),
    "status": {"type": "string", "enum": ["active", "draft"]},
    "agreement": maybe(TEXT),
    "customer": maybe(TEXT),
    "objectives": list_of(TEXT),
}
SINCE = maybe({**INSTANT, "description": "From when it holds; null if that lies ahead and nothing was before."})
PARTITION = record(
    "A partition of the worker.",
    number=COUNT, state=one_of(State), partition_time=maybe(INSTANT), behind=FLAG, lag={"type": "object"},
    recovery_remaining=COUNT, recovery_started_at=maybe(INSTANT), state_keys=COUNT, state_bytes=COUNT,
)  # fmt: skip
STANDBY = record(
    "A copy of another worker's partition.",
    number=COUNT,
    state=TEXT,
    lag=maybe(COUNT),
    state_keys=COUNT,
    state_bytes=COUNT,
)
INPUT = record(
    "An input, or one of the clocks' own topics.",
    name=TEXT, topic=TEXT, source=TEXT, last_record_at=maybe(INSTANT), lag=COUNT, silent=FLAG,
)  # fmt: skip

SCHEMAS: dict[str, Schema] = {
    "Problem": {
        **record(
            "What is wrong (RFC 9457).",
            type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT,
            error={**TEXT, "description": "One of a closed set of words: see docs/http.md."},
        ),
    },
    "Context": {
        "type": "object",
        "description": "What it is about and whom to ask.",
        "properties": dict.fromkeys(("title", "url", "customer", "group", "assignee"), VALUE),
    },
    "Target": record("What the objective allows.", text=TEXT, since=maybe(INSTANT), **{"from": TEXT}),
    "ClockLine": record(
        "A clock of a ticket in short.", None, **CLOCK, **OF_TICKET, ended_at=maybe(INSTANT)
    ),
    "TicketClock": record("A clock of a ticket with its explanation.", None, **CLOCK, **OF_TICKET, **TOLD),
    "ServiceClock": record(
        "A clock of a service with its explanation.", None, **CLOCK, **TOLD,
        state={"type": "string", "enum": [*(word.value for word in ServiceState), "no_data"]},
    ),
    "ServiceLine": record(
        "How a service stands.",
        service=TEXT,
        clocks=list_of(record("An open clock.", None, **{n: CLOCK[n] for n in CLOCK if n != "clock_id"})),
    ),
    "ClockAtRisk": record(
        "An open clock that is not breached, of a ticket or a service.",
        {"ticket": TEXT, "service": TEXT},
        **CLOCK_NAME, target=TEXT, due_at=INSTANT, priority=VALUE, context=ref("Context"),
    ),
    "Worker": record(
        "A worker; all but `address` and `answered` only if it answered.",
        {
            "name": maybe(TEXT), "ready": FLAG, "reasons": list_of(TEXT), "assigned": FLAG,
            "version_in_force": maybe(TEXT), "ticked_at": maybe(INSTANT), "partitions": list_of(PARTITION), "standbys": list_of(STANDBY),
            "inputs": list_of(INPUT),
        },
        address=maybe(TEXT), answered=FLAG,
    ),
    "Status": record(
        "All workers.",
        now=INSTANT, ready=FLAG, policies=maybe(TEXT), expected_partitions=COUNT, complete=FLAG,
        missing=list_of(COUNT), workers=list_of(ref("Worker")),
    ),
    "Ticket": record(
        "A ticket with its clocks, explained.",
        ticket=TEXT, at=INSTANT, created_at=maybe(INSTANT), fields={"type": "object"},
        clocks=list_of(ref("TicketClock")), corrected=list_of({"type": "object"}), waiting=list_of({"type": "object"}),
    ),
    "TicketClocks": record("A ticket's clocks in short.", ticket=TEXT, at=INSTANT, clocks=list_of(ref("ClockLine"))),
    "Service": record(
        "A service with its clocks, explained.",
        service=TEXT, at=INSTANT, first_record_at=maybe(INSTANT), fields={"type": "object"},
        monitors=list_of({"type": "object"}), announced=list_of({"type": "object"}),
        clocks=list_of(ref("ServiceClock")), corrected=list_of({"type": "object"}), waiting=list_of({"type": "object"}),
    ),
    "AtRisk": record("Clocks by `due_at`, then `clock_id`.", None, **PAGE, clocks=list_of(ref("ClockAtRisk"))),
    "Event": {
        "type": "string",
        "description": "Events by name, each with JSON as its data: `at-risk` (AtRisk), `unchanged` (the instant `now` up to"
        " which the last `at-risk` is still true), `begin` (forget the facts shown, all that are kept follow), `fact` (Fact), `unread` (Kafka cannot be read: facts may be missing)."
        "",
    },
    "Fact": record(
        "A warning, breach, clearing or correction in short (docs/events.md).",
        {
            "ticket": TEXT, "service": TEXT, **dict.fromkeys(
                ("objective", "policy", "threshold", "stage", "severity", "reason", "state", "escalate_to",
                 "corrected_what", "corrects"), maybe(TEXT),
            ), "reinstates": FLAG, "priority": VALUE, "due_at": maybe(INSTANT),
        },
        id=TEXT, what={"type": "string", "enum": ["warning", "cleared", "breach", "correction"]}, at=INSTANT,
        told_at={**INSTANT, "description": "When it left."}, live=FLAG, target=maybe(TEXT), context=ref("Context"),
    ),
    "Services": record("Services by id.", None, **PAGE, services=list_of(ref("ServiceLine"))),
    "Policies": record(
        "The version in force.",
        version=TEXT, since=SINCE, policies=list_of(record("A policy in short.", None, **POLICY)),
        following=maybe(record("The version that follows.", version=TEXT, since=INSTANT)),
    ),
    "Policy": record(
        "One policy.",
        None,
        **POLICY,
        version=TEXT,
        since=SINCE,
        text={**TEXT, "description": "Its document as published, YAML."},
        words={**TEXT, "description": "What it promises, in plain words."},
    ),
}  # fmt: skip
