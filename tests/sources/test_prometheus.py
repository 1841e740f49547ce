"""Answers of Prometheus' query API for probe_success."""

from typing import Any

import pytest

from slamon.sources import SOURCES
from slamon.sources.source import PartlyInvalid
from tests.sources.payloads import RECEIVED, configured, event, events, refused, shared, told, words

LABELS = {"__name__": "probe_success", "instance": "https://shop.example", "job": "blackbox", "service": "checkout"}


def vector(*values: Any, **labels: str) -> dict[str, Any]:
    series = [{"metric": LABELS | labels, "value": [1_704_466_800.2509, value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": series}}


def matrix(*samples: Any) -> dict[str, Any]:
    return {
        "status": "success",
        "data": {"resultType": "matrix", "result": [{"metric": LABELS, "values": list(samples)}]},
    }


def test_a_sample_is_a_word_at_its_instant_that_holds_as_long_as_in_prometheus() -> None:
    down = event("prometheus", vector("0"))
    assert words([down]) == [("2024-01-05T15:00:00.250Z", "checkout", "down")]
    assert down.ttl == 300_000
    assert down.location == 'prometheus/instance="https://shop.example",job="blackbox",service="checkout"'


def test_a_range_is_a_word_for_each_sample_and_what_is_missing_is_left_to_the_ttl() -> None:
    found = events("prometheus", matrix([1_704_466_800, "1"], [1_704_466_860.5, "0"], [1_704_467_700, "1"]))
    assert words(found) == [
        ("2024-01-05T15:00:00Z", "checkout", "up"),
        ("2024-01-05T15:01:00.500Z", "checkout", "down"),
        ("2024-01-05T15:15:00Z", "checkout", "up"),
    ]


def test_series_with_other_labels_are_other_monitors_of_one_service() -> None:
    probes = [event("prometheus", vector("1", region=region)) for region in ("eu", "us", "x" * 300)]
    assert {one.service for one in probes} == {"checkout"}
    assert len({one.location for one in probes}) == 3
    assert all(len(one.location) <= 256 for one in probes)


def test_a_mapping_names_labels_services_and_the_ttl() -> None:
    source = configured(
        "prometheus", "{service: [app, job], services: {Blackbox: probes}, ttl: 90s, fields: [instance]}"
    )
    (found,) = told(source, vector("1"))
    assert (found.service, found.ttl, found.fields) == ("probes", 90_000, {"instance": "https://shop.example"})


def test_no_series_say_nothing() -> None:
    assert events("prometheus", vector()) == []


def test_a_sample_that_is_neither_does_not_take_the_others_with_it() -> None:
    with pytest.raises(PartlyInvalid) as error:
        SOURCES["prometheus"].map(vector("0.5", "1", "NaN"), {}, RECEIVED)
    assert words(error.value.events) == [("2024-01-05T15:00:00.250Z", "checkout", "up")]
    hint = "(make it one of them in the query: `bool` comparisons do)"
    assert str(error.value) == (
        f"data.result[0].sample: expected 0 or 1, got '0.5' {hint}; data.result[2].sample: expected 0 or 1, got 'NaN' {hint}"
    )


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (
            {"status": "error", "errorType": "bad_data", "error": "parse error"},
            "unknown_shape",
            "data.resultType: expected vector or matrix, got 'parse error' (query a series like probe_success)",
        ),
        (
            {"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}},
            "unknown_shape",
            "data.resultType: expected vector or matrix, got 'scalar' (query a series like probe_success)",
        ),
        (
            matrix([1_704_466_800_000, "1"]),
            "bad_instant",
            "data.result[0].values[0].sample: expected an instant from 1971 to 2199, as a number in epoch milliseconds, got 1704466800000000 (looks like microseconds: divide by 1000)",
        ),
        (
            matrix("1"),
            "unknown_shape",
            "data.result[0].values[0].sample: expected an instant and a value, got '1' (native histograms are not read)",
        ),
    ],
)
def test_what_can_not_be_read_is_refused(payload: Any, reason: str, message: str) -> None:
    assert refused("prometheus", payload) == (reason, message)


def test_a_real_answer_has_a_service_for_each_target() -> None:
    found = events("prometheus", shared("prometheus-query-probe_success.json"))
    assert [(service, state) for _, service, state in words(found)] == [
        ("http://127.0.0.1:9/", "down"),
        ("http://127.0.0.1:9891/metrics", "up"),
    ]
