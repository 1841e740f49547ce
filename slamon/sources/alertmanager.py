"""Alertmanager webhooks, version 4: each alert is a monitor of its service, which is down while the alert fires.

A resolved alert tells its beginning too, so an outage counts even if the notification of its start was lost. Annotations
are never read: they may change while an alert fires, its labels can not.
"""

from functools import partial
from typing import Any

from slamon.sla import canonical_service
from slamon.sla.events import InvalidRecord, ServiceEvent, State
from slamon.sla.record_parts import hash_of
from slamon.sla.refusals import UNKNOWN_VALUE, refusal
from slamon.sources.reading import Row, as_object, inner, instant, need, text
from slamon.sources.source import Headers, Source
from slamon.sources.uptime_options import Options, read
from slamon.sources.uptime_parts import STATE_ID, each, monitor, numbered

TRUNCATED = "truncated"
DEFAULTS = Options(service=("service", "job"))
KEYS = ("service", "services", "severity", "states", "otherwise", "ttl", "fields")


def map_webhook(options: Options, payload: Any, _headers: Headers, _received_ms: int) -> list[ServiceEvent]:
    """The events of all alerts of a notification."""
    body = as_object("payload", payload, "an Alertmanager webhook as an object with `alerts`")
    alerts = numbered("alerts", body.get("alerts"), "the list of alerts")
    return each(alerts, partial(_alert, options), *_truncated(body))


def _truncated(body: Row) -> list[InvalidRecord]:
    left_out = body.get("truncatedAlerts")
    if not isinstance(left_out, int) or left_out <= 0:
        return []
    hint = "set max_alerts: 0 for this receiver; the alerts that are there counted"
    return [InvalidRecord(TRUNCATED, f"truncatedAlerts: expected 0, got {left_out!r:.20} ({hint})")]


def _alert(options: Options, part: Any) -> list[ServiceEvent]:
    alert = as_object("alert", part, "an alert as an object with `labels`, `status` and `startsAt`")
    labels = inner(alert, "labels")
    service = options.labelled("labels", labels)
    state = options.states.get(str(text(labels.get(options.severity))).casefold(), options.otherwise)
    status = need("status", alert.get("status"), "firing or resolved")
    if status not in ("firing", "resolved"):
        raise refusal(UNKNOWN_VALUE, "status", "firing or resolved", status)
    if service is None or state is None:
        return []
    began = instant("startsAt", alert.get("startsAt"))
    event = partial(
        canonical_service.event, service, fields=options.fields_of(labels), location=_monitor(alert, labels),
        source="alertmanager",
    )  # fmt: skip
    told = [event(at=began, state=state, ttl=options.ttl)]
    if status == "resolved":  # endsAt is the year 1 while it fires
        # Of two words for one instant the worse stands, so an alert that ends where it begins ends a moment later.
        told.append(event(at=max(instant("endsAt", alert.get("endsAt")), began + 1), state=State.UP))
    return told


def _monitor(alert: Row, labels: Row) -> str:
    """One alert with one set of labels: the resolve of another one does not speak for it."""
    name, fingerprint = text(labels.get("alertname")), text(alert.get("fingerprint"))
    return monitor("alertmanager", name or "alert", fingerprint or hash_of(labels))


def source(options: Options = DEFAULTS) -> Source:
    """The source with these options."""
    states = {state for state in (*options.states.values(), options.otherwise, State.UP) if state is not None}
    shows = frozenset(state.value for state in states)
    return Source(
        "alertmanager", partial(map_webhook, options), shows, STATE_ID, role="uptime",
        configure=lambda raw: source(read(raw, KEYS, DEFAULTS)),
    )  # fmt: skip


ALERTMANAGER = source()
