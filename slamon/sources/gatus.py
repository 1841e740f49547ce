"""Gatus: the results of its endpoints as its API lists them, and alerts whose body docs/sources.md gives.

An alert can't carry its instant, so it has Kafka's; results have their own.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from slamon.sla import canonical_service
from slamon.sla.events import ServiceEvent, State
from slamon.sla.refusals import BAD_TYPE, UNKNOWN_VALUE, refusal
from slamon.sources.reading import Row, as_object, instant, need, text
from slamon.sources.source import Headers, Source
from slamon.sources.uptime_options import Options, read
from slamon.sources.uptime_parts import STATE_ID, Part, each, monitor, numbered

DEFAULTS = Options()
KEYS = ("services", "ttl")
_ALERTS: Mapping[str, State] = {
    "down": State.DOWN, "up": State.UP, "triggered": State.DOWN, "resolved": State.UP,
}  # fmt: skip


def map_record(options: Options, payload: Any, _headers: Headers, received_ms: int) -> list[ServiceEvent]:
    """An event for each result of each endpoint, or the one event of an alert."""
    if isinstance(payload, Mapping) and "results" not in payload:
        return _alert(options, payload, received_ms)
    endpoints = payload if isinstance(payload, list) else [payload]
    return each(_results(endpoints), lambda part: _result(options, *part))


def _alert(options: Options, alert: Row, received_ms: int) -> list[ServiceEvent]:
    word = need("state", alert.get("state"), "[ALERT_TRIGGERED_OR_RESOLVED]", "use the body that docs/sources.md gives")
    if word.casefold() not in _ALERTS:
        raise refusal(UNKNOWN_VALUE, "state", "one of down, up, TRIGGERED, RESOLVED", word)
    # [ENDPOINT_GROUP]/[ENDPOINT_NAME] of an endpoint without a group begins with the slash
    name = need("service", alert.get("service"), "[ENDPOINT_GROUP]/[ENDPOINT_NAME]").removeprefix("/")
    return _told(options, name, instant("timestamp", received_ms), _ALERTS[word.casefold()])


def _results(endpoints: list[Any]) -> Iterator[Part]:
    """Each result with the name of its endpoint; an endpoint that can't be read is a part of its own."""
    for index, endpoint in enumerate(endpoints):
        where = f"endpoints[{index}]"
        results = endpoint.get("results") if isinstance(endpoint, Mapping) else None
        if not isinstance(results, list):
            yield where, (endpoint, None)
            continue
        yield from ((place, (endpoint, result)) for place, result in numbered(f"{where}.results", results, "results"))


def _result(options: Options, endpoint: Any, result: Any) -> list[ServiceEvent]:
    row = as_object("endpoint", endpoint, "an endpoint as an object with `name` and `results`")
    found = as_object("result", result, "a result as an object with `success` and `timestamp`")
    name, group = need("name", row.get("name"), "the name of the endpoint"), text(row.get("group"))
    success = found.get("success")
    if not isinstance(success, bool):
        raise refusal(BAD_TYPE, "success", "true or false", success)
    at = instant("timestamp", found.get("timestamp"))
    return _told(options, f"{group}/{name}" if group else name, at, State.UP if success else State.DOWN)


def _told(options: Options, name: str, at: int, state: State) -> list[ServiceEvent]:
    service = options.named("service", name, "the name of the endpoint")
    if service is None:
        return []
    location = monitor("gatus", name)
    return [canonical_service.event(service, at, state, ttl=options.ttl, location=location, source="gatus")]


def source(options: Options = DEFAULTS) -> Source:
    """The source with these options."""
    return Source(
        "gatus", partial(map_record, options), frozenset({"up", "down"}), STATE_ID, role="uptime",
        configure=lambda raw: source(read(raw, KEYS, DEFAULTS)),
    )  # fmt: skip


GATUS = source()
