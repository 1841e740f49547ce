"""The rows of the topic `clocks`: every open clock as one flat object, which a table of a database can hold (docs/clocks.md)."""

from typing import Any, Final, Literal, NamedTuple

import orjson

from slamon.engine.subjects import TICKETS, State, Subjects
from slamon.engine.unit import Outgoing
from slamon.sla.clock import Clock, Stage
from slamon.sla.coverage import Rules
from slamon.sla.explain import instant, seconds
from slamon.sla.frame import CONTEXT
from slamon.sla.policy import Objective, ObjectiveKind

Form = Literal["json", "connect"]  # a bare object, or one in the envelope of Kafka Connect's JsonConverter
TOPIC: Final = "clocks"
MAX_TEXT: Final = 512  # characters of a text: as much as a record's title may have
ABOUT: Final = ("priority", "status", *CONTEXT)

_INSTANT: Final = {"type": "int64", "name": "org.apache.kafka.connect.data.Timestamp", "version": 1}
_TYPES: Final[dict[str, dict[str, Any]]] = {
    "cycle": {"type": "int32"}, "cycle_start": _INSTANT, "due_at": _INSTANT, "breached_at": _INSTANT,
    "target_seconds": {"type": "double"}, "remaining_seconds": {"type": "double"}, "partial": {"type": "boolean"},
}  # fmt: skip
REQUIRED: Final = (
    "clock_id", "kind", "subject", "slot", "policy", "policy_kind", "version", "objective", "objective_kind", "cycle",
    "cycle_start", "stage", "target", "thresholds", "partial",
)  # fmt: skip
COLUMNS: Final = (
    "clock_id", "kind", "subject", "slot", "policy", "policy_kind", "version", "agreement", "supports", "objective",
    "objective_kind", "cycle", "cycle_start", "stage", "target", "target_seconds", "due_at", "remaining_seconds",
    "breached_at", "thresholds", "severity", "escalate_to", "partial", "priority", "status", *CONTEXT, "runbook",
)  # fmt: skip


class Row(NamedTuple):
    """What may change of an open clock; everything else follows from it and its policies."""

    # slot, policy, version, objective, cycle, start, stage, target, due_at, breached_at, partial
    clock: tuple[Any, ...]
    target_ms: int
    remaining_ms: int | None  # of a paused clock: of any other `due_at` says it
    raised: tuple[str, ...]
    about: tuple[str | None, ...]


def rows_of(kind: Subjects, state: State) -> dict[str, Row]:
    """The rows of the subject's open clocks by their ids; drafts are left out, for nobody is to hear of them."""
    about: tuple[str | None, ...] | None = None
    rows = {}
    for clock in state.clocks:
        if clock.open and not clock.draft:
            if about is None:
                about = tuple(_text(state.fields.get(name)) for name in ABOUT)
            rows[clock.id] = _row(clock, kind, about)
    return rows


def _row(clock: Clock, kind: Subjects, about: tuple[str | None, ...]) -> Row:
    standing = (
        clock.slot, clock.policy, clock.version, clock.objective, clock.cycle, clock.start, clock.stage, clock.target_text,
        clock.due_at, clock.breached_at, clock.partial,
    )  # fmt: skip
    remaining = clock.target_ms - clock.elapsed_ms if clock.stage is Stage.PAUSED and kind is TICKETS else None
    return Row(standing, clock.target_ms, remaining, tuple(clock.raised), about)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    return (value if isinstance(value, str) else str(value))[:MAX_TEXT]


def record(form: Form, kind: Subjects, subject: str, clock_id: str, row: Row, rules: Rules) -> Outgoing:
    """The record that says so."""
    value = orjson.dumps(_told(form, kind, subject, clock_id, row, rules))
    if form == "connect":
        value = b'{"schema":' + _SCHEMA + b',"payload":' + value + b"}"
    return Outgoing(TOPIC, clock_id.encode(), value, [])


def tombstone(clock_id: str) -> Outgoing:
    """The record that says that the clock is not open any more."""
    return Outgoing(TOPIC, clock_id.encode(), None, [])


def _told(form: Form, kind: Subjects, subject: str, clock_id: str, row: Row, rules: Rules) -> dict[str, Any]:
    """In the order of COLUMNS."""
    slot, policy_name, version, name, cycle, start, stage, target, due_at, breached_at, partial = row.clock
    policy, objective = rules.terms(version, policy_name, name)
    at = instant if form == "json" else _since_1970
    return {
        "clock_id": clock_id,
        "kind": kind.name,
        "subject": subject,
        "slot": slot,
        "policy": policy_name,
        "policy_kind": policy.kind.value,
        "version": version,
        "agreement": policy.agreement.name if policy.agreement else None,
        "supports": policy.supports,
        "objective": name,
        "objective_kind": objective.kind.value,
        "cycle": cycle,
        "cycle_start": at(start),
        "stage": stage.value,
        "target": target,
        "target_seconds": _target_seconds(objective, row.target_ms),
        "due_at": at(due_at),
        "remaining_seconds": None if row.remaining_ms is None else seconds(row.remaining_ms),
        "breached_at": at(breached_at),
        **_raised(objective, row.raised),
        "partial": partial,
        **dict(zip(ABOUT, row.about, strict=True)),
        "runbook": policy.links.get("runbook"),
    }


def _target_seconds(objective: Objective, target: int) -> int | float | None:
    """None where the target is a share or a count."""
    return None if objective.kind in (ObjectiveKind.AVAILABILITY, ObjectiveKind.OUTAGES) else seconds(target)


def _raised(objective: Objective, names: tuple[str, ...]) -> dict[str, str | None]:
    """The thresholds that hold, in the order in which they were reached, and what the last of them says."""
    last = next((one for one in objective.thresholds if one.name == names[-1]), None) if names else None
    return {
        "thresholds": ", ".join(names),
        "severity": last.severity if last else None,
        "escalate_to": last.escalate_to if last else None,
    }


def _since_1970(at: int | None) -> int | None:
    return at


def _connect_schema() -> dict[str, Any]:
    fields = [
        {"field": name, "optional": name not in REQUIRED, **_TYPES.get(name, {"type": "string"})} for name in COLUMNS
    ]
    return {"type": "struct", "name": "io.slamon.clock.v1", "optional": False, "fields": fields}


_SCHEMA: Final = orjson.dumps(_connect_schema())
