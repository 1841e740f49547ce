"""Notifications of Uptime Kuma as its webhook sends them: a heartbeat and the monitor it is of."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from slamon.sla import canonical_service
from slamon.sla.events import ServiceEvent, State
from slamon.sla.refusals import UNKNOWN_SHAPE, UNKNOWN_VALUE, refusal
from slamon.sources.reading import as_object, inner, need, text, utc
from slamon.sources.source import Headers, Source
from slamon.sources.uptime_options import Options, read
from slamon.sources.uptime_parts import STATE_ID, monitor

WORDS = ("down", "up", "pending", "maintenance")  # by the number of the status
STATES: Mapping[str, State | None] = {
    "down": State.DOWN,
    "up": State.UP,
    "pending": None,  # a check failed and will be tried again: what was known before holds until that is decided
    "maintenance": State.MAINTENANCE,
}
DEFAULTS = Options(states=STATES)
KEYS = ("services", "states", "ttl")


def map_notification(options: Options, payload: Any, _headers: Headers, _received_ms: int) -> list[ServiceEvent]:
    """The one event of a heartbeat; none for tests and for certificates that expire, which have no heartbeat."""
    body = as_object("payload", payload, "an Uptime Kuma notification as an object with `heartbeat` and `monitor`")
    if "heartbeat" not in body:
        raise refusal(UNKNOWN_SHAPE, "payload", "heartbeat and monitor", body, "send the default body of the webhook")
    if body["heartbeat"] is None:
        return []
    beat, watched = as_object("heartbeat", body["heartbeat"], "a heartbeat"), inner(body, "monitor")
    number = text(beat.get("monitorID")) or text(watched.get("id"))
    service = options.named("monitor.name", watched.get("name"), "the name of the monitor", number)
    status = beat.get("status")
    if type(status) is not int or not 0 <= status < len(WORDS):
        raise refusal(UNKNOWN_VALUE, "heartbeat.status", "0 down, 1 up, 2 pending or 3 maintenance", status)
    state = options.states[WORDS[status]]
    at = utc("heartbeat.time", beat.get("time"))  # `localDateTime` is the other one
    if service is None or state is None:
        return []
    location = monitor("uptime_kuma", need("heartbeat.monitorID", number, "the id of the monitor"))
    return [canonical_service.event(service, at, state, ttl=options.ttl, location=location, source="uptime_kuma")]


def source(options: Options = DEFAULTS) -> Source:
    """The source with these options."""
    shows = frozenset(state.value for state in options.states.values() if state is not None)
    return Source(
        "uptime_kuma", partial(map_notification, options), shows, STATE_ID, role="uptime",
        configure=lambda raw: source(read(raw, KEYS, DEFAULTS, WORDS)),
    )  # fmt: skip


UPTIME_KUMA = source()
