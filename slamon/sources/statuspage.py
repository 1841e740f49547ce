"""Statuspage webhooks: components that change their status, and scheduled maintenance as announcements.

Of an incident only what is scheduled is read: the states it brings come as updates of the components.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from slamon.sla import canonical_service
from slamon.sla.events import ServiceEvent, State
from slamon.sla.refusals import UNKNOWN_SHAPE, UNKNOWN_VALUE, did_you_mean, refusal
from slamon.sources.reading import Row, as_object, inner, instant, need, text
from slamon.sources.source import ANNOUNCED, Headers, Source
from slamon.sources.uptime_options import Options, read
from slamon.sources.uptime_parts import STATE_ID, each, monitor, numbered

STATES: Mapping[str, State | None] = {
    "operational": State.UP,
    "degraded_performance": State.DEGRADED,
    "partial_outage": State.DEGRADED,
    "major_outage": State.DOWN,
    "under_maintenance": State.MAINTENANCE,
}
DEFAULTS = Options(states=STATES)
KEYS = ("services", "states", "ttl")


def map_webhook(options: Options, payload: Any, _headers: Headers, _received_ms: int) -> list[ServiceEvent]:
    """The event of a component's update, or those of scheduled maintenance: one for each component."""
    body = as_object("payload", payload, "a Statuspage webhook as an object with `component_update` or `incident`")
    if isinstance(body.get("component_update"), Mapping):
        return _update(options, inner(body, "component"), inner(body, "component_update"))
    if isinstance(body.get("incident"), Mapping):
        return _incident(options, inner(body, "incident"))
    raise refusal(UNKNOWN_SHAPE, "payload", "component_update or incident", body)


def _update(options: Options, component: Row, update: Row) -> list[ServiceEvent]:
    service = options.named("component.name", component.get("name"), "the name of the component", component.get("id"))
    status = need("component_update.new_status", update.get("new_status"), "a status of a component")
    if status not in options.states:
        hint = did_you_mean(status, options.states)
        raise refusal(UNKNOWN_VALUE, "component_update.new_status", "a status of a component", status, hint)
    state = options.states[status]
    if service is None or state is None:
        return []
    at = instant("component_update.created_at", update.get("created_at"))
    component_id = need("component.id", component.get("id") or update.get("component_id"), "the id of the component")
    location = monitor("statuspage", component_id)
    return [canonical_service.event(service, at, state, ttl=options.ttl, location=location, source="statuspage")]


def _incident(options: Options, incident: Row) -> list[ServiceEvent]:
    if incident.get("scheduled_for") is None:
        return []
    name = monitor("statuspage", need("incident.id", incident.get("id"), "the id of the incident"))
    start = instant("incident.scheduled_for", incident.get("scheduled_for"))
    end = _end(incident, start)
    # The update, not the creation: a window that moves was announced when it moved. Unmoved it keeps its first notice.
    at = instant("incident.updated_at", incident.get("updated_at") or incident.get("created_at"))
    window = canonical_service.announcement(name, start, end, "incident")

    def announce(part: Any) -> list[ServiceEvent]:
        component = as_object("component", part, "a component as an object with `id` and `name`")
        service = options.named("name", component.get("name"), "the name of the component", component.get("id"))
        told = partial(canonical_service.event, at=at, announced=window, source="statuspage")
        return [] if service is None else [told(service)]

    return each(numbered("incident.components", incident.get("components"), "the list of components"), announce)


def _end(incident: Row, start: int) -> int:
    """When the window ends: as planned, or earlier if the maintenance was completed; before its start there is none."""
    end = instant("incident.scheduled_until", incident.get("scheduled_until"))
    if text(incident.get("status")) != "completed" or incident.get("resolved_at") is None:
        return end
    return max(start, min(end, instant("incident.resolved_at", incident.get("resolved_at"))))


def source(options: Options = DEFAULTS) -> Source:
    """The source with these options."""
    shows = frozenset(state.value for state in options.states.values() if state is not None)
    return Source(
        "statuspage", partial(map_webhook, options), shows | {ANNOUNCED}, STATE_ID, role="uptime",
        configure=lambda raw: source(read(raw, KEYS, DEFAULTS, STATES)),
    )  # fmt: skip


STATUSPAGE = source()
