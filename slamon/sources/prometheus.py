"""Answers of Prometheus' query API for a series of 0 and 1, such as `probe_success`: a vector, or a matrix of samples.

A series that ends says nothing: its last sample holds for `ttl`, five minutes as in Prometheus itself.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from slamon.sla import canonical_service
from slamon.sla.events import ServiceEvent, State
from slamon.sla.instants import MINUTE_MS
from slamon.sla.refusals import BAD_VALUE, UNKNOWN_SHAPE, refusal
from slamon.sources.reading import as_object, inner, scaled, text
from slamon.sources.source import Headers, Source
from slamon.sources.uptime_options import Options, read
from slamon.sources.uptime_parts import STATE_ID, Part, each, labels_text, monitor, numbered

DEFAULTS = Options(service=("service", "instance"), ttl=5 * MINUTE_MS)
KEYS = ("service", "services", "ttl", "fields")
_SAMPLES: Mapping[str, str] = {"vector": "value", "matrix": "values"}
_STATES: Mapping[Decimal, State] = {Decimal(0): State.DOWN, Decimal(1): State.UP}


def map_answer(options: Options, payload: Any, _headers: Headers, _received_ms: int) -> list[ServiceEvent]:
    """An event for each sample of each series."""
    body = as_object("payload", payload, "an answer of /api/v1/query or /api/v1/query_range as an object with `data`")
    data, kind = inner(body, "data"), text(inner(body, "data").get("resultType")) or ""
    if kind not in _SAMPLES:
        got = text(body.get("error")) or data.get("resultType")
        raise refusal(UNKNOWN_SHAPE, "data.resultType", "vector or matrix", got, "query a series like probe_success")
    series = numbered("data.result", data.get("result"), "the list of series")
    return each(_samples(series, _SAMPLES[kind]), lambda part: _sample(options, *part))


def _samples(series: list[Part], key: str) -> Iterator[Part]:
    """Each sample with its series; a series that can't be read is a part of its own."""
    for where, one in series:
        found = one.get(key) if isinstance(one, Mapping) else None
        if key == "values" and isinstance(found, list):
            yield from ((place, (one, sample)) for place, sample in numbered(f"{where}.values", found, "samples"))
        else:
            yield where, (one, found)


def _sample(options: Options, series: Any, sample: Any) -> list[ServiceEvent]:
    row = as_object("series", series, "a series as an object with `metric` and its samples")
    if not isinstance(sample, list) or len(sample) != 2:
        raise refusal(UNKNOWN_SHAPE, "sample", "an instant and a value", sample, "native histograms are not read")
    labels = {name: value for name, value in inner(row, "metric").items() if name != "__name__"}
    service = options.labelled("metric", labels)
    at, state = scaled("sample", sample[0], "s"), _state(sample[1])
    if service is None:
        return []
    told = canonical_service.event(
        service, at, state, options.fields_of(labels), ttl=options.ttl, source="prometheus",
        location=monitor("prometheus", labels_text(labels)),
    )  # fmt: skip
    return [told]


def _state(value: Any) -> State:
    try:
        return _STATES[Decimal(str(text(value)))]
    except (KeyError, InvalidOperation):
        hint = "make it one of them in the query: `bool` comparisons do"
        raise refusal(BAD_VALUE, "sample", "0 or 1", value, hint) from None


def source(options: Options = DEFAULTS) -> Source:
    """The source with these options."""
    return Source(
        "prometheus", partial(map_answer, options), frozenset({"up", "down"}), STATE_ID, role="uptime",
        configure=lambda raw: source(read(raw, KEYS, DEFAULTS)),
    )  # fmt: skip


PROMETHEUS = source()
