"""PagerDuty webhooks v3: incident events. A note is an internal reply, a status update a public one."""

from collections.abc import Mapping
from typing import Any

from slamon.sla import canonical
from slamon.sla.events import Kind, TicketEvent
from slamon.sources.reading import Row, as_object, inner, instant, names, need, not_after, text
from slamon.sources.source import Headers, Source

_KINDS: Mapping[str, Kind] = {
    "incident.triggered": Kind.CREATED,
    "incident.acknowledged": Kind.ACKNOWLEDGED,
    "incident.unacknowledged": Kind.SNAPSHOT,
    "incident.assigned": Kind.ASSIGNED,
    "incident.reassigned": Kind.ASSIGNED,
    "incident.delegated": Kind.ASSIGNED,
    "incident.escalated": Kind.ASSIGNED,
    "incident.priority_updated": Kind.SNAPSHOT,
    "incident.resolved": Kind.RESOLVED,
    "incident.reopened": Kind.REOPENED,
}
_REPLIES: Mapping[str, bool] = {"incident.annotated": False, "incident.status_update_published": True}


def map_event(payload: Any, _headers: Headers, _received_ms: int) -> list[TicketEvent]:
    """The one event of a webhook about an incident; none for services, responders, workflows and pings."""
    event = inner(as_object("payload", payload, "a PagerDuty v3 webhook as an object with `event`"), "event")
    name = need(
        "event.event_type", event.get("event_type"), "the type of a v3 event", "v1 and v2 webhooks are not read"
    )
    if name in _REPLIES:
        return [_reply(event, name)]
    whole = name.startswith("incident.") and inner(event, "data").get("type") == "incident"
    return [_incident(event, name)] if name in _KINDS or whole else []


def _incident(event: Row, name: str) -> TicketEvent:
    data = inner(event, "data")
    at = instant("event.occurred_at", event.get("occurred_at"))
    fields = _fields(data)
    kind = _KINDS.get(name, Kind.SNAPSHOT)
    if kind is Kind.ASSIGNED and fields.get("assignee") is None:
        kind = Kind.SNAPSHOT
    ticket = need("event.data.id", data.get("id"), "the id of the incident")
    created_at = _created_at(data, at) if kind in (Kind.CREATED, Kind.SNAPSHOT) else None
    return canonical.event(ticket, at, kind, fields, record_id=_id(event), created_at=created_at, source="pagerduty")


def _id(event: Row) -> str:
    return need("event.id", event.get("id"), "the id of the event")


def _created_at(data: Row, at: int) -> int | None:
    created = data.get("created_at")  # older events have none
    return None if created is None else not_after(instant("event.data.created_at", created), at)


def _reply(event: Row, name: str) -> TicketEvent:
    ticket = need("event.data.incident.id", inner(event, "data", "incident").get("id"), "the id of the incident")
    person = str(inner(event, "agent").get("type", "")).startswith("user")
    at = instant("event.occurred_at", event.get("occurred_at"))
    return canonical.event(
        ticket, at, Kind.REPLIED, record_id=_id(event), by="agent" if person else "system", public=_REPLIES[name],
        source="pagerduty",
    )  # fmt: skip


def _fields(data: Row) -> dict[str, Any]:
    """The facts of the incident; an incident that was handed to another escalation policy has changed its group."""
    fields: dict[str, Any] = {
        field: text(data.get(key))
        for field, key in {"status": "status", "urgency": "urgency", "title": "title", "url": "html_url"}.items()
        if key in data
    }
    for field, key in {"priority": "priority", "group": "escalation_policy", "service": "service"}.items():
        if key in data:
            fields[field] = text(inner(data, key).get("summary"))
    if "assignees" in data:
        fields["assignee"] = next(iter(names(data["assignees"], "summary")), None)
    if "teams" in data:
        fields["teams"] = names(data["teams"], "summary")
    kind = text(inner(data, "incident_type").get("name"))
    return fields if kind is None else fields | {"type": kind}


PAGERDUTY = Source(
    "pagerduty",
    map_event,
    frozenset({
        "created", "public_reply", "acknowledged", "assigned", "resolved", "reopened", "status", "priority", "group",
    }),
    "event.id",
)  # fmt: skip
