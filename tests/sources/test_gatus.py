"""Gatus: results of its API, and alerts with the body of docs/sources.md."""

from typing import Any

import pytest

from slamon.sla.events import InvalidRecord
from slamon.sources import SOURCES
from slamon.sources.source import PartlyInvalid
from tests.sources.payloads import RECEIVED, configured, event, events, refused, shared, told, words

FAILED = {"status": 500, "success": False, "timestamp": "2024-01-05T15:00:00.123456789Z", "conditionResults": []}
PASSED = FAILED | {"status": 200, "success": True, "timestamp": "2024-01-05T15:01:00+01:00"}
ENDPOINT = {"name": "checkout", "group": "shop", "key": "shop_checkout", "results": [FAILED, PASSED]}
ALERT = {"service": "shop/checkout", "state": "TRIGGERED"}


def test_each_result_of_an_endpoint_is_a_word_at_its_own_instant() -> None:
    found = events("gatus", [ENDPOINT])
    assert words(found) == [
        ("2024-01-05T15:00:00.123Z", "shop/checkout", "down"),
        ("2024-01-05T14:01:00Z", "shop/checkout", "up"),
    ]
    assert {one.location for one in found} == {"gatus/shop/checkout"}


def test_one_endpoint_alone_and_one_without_group() -> None:
    assert event("gatus", ENDPOINT | {"group": "", "results": [PASSED]}).service == "checkout"


def test_results_that_are_polled_twice_are_the_same_records() -> None:
    again = ENDPOINT | {"results": [PASSED]}
    assert events("gatus", [again])[0] == events("gatus", [ENDPOINT])[1]


def test_an_alert_has_kafkas_instant_since_gatus_can_not_send_its_own() -> None:
    (down,) = SOURCES["gatus"].map(ALERT, {}, RECEIVED)
    (up,) = SOURCES["gatus"].map({"service": "/mail", "state": "up"}, {}, RECEIVED + 5)
    assert words([down, up]) == [
        ("2024-01-05T16:00:00Z", "shop/checkout", "down"),
        ("2024-01-05T16:00:00.005Z", "mail", "up"),
    ]
    assert down.location == events("gatus", [ENDPOINT])[0].location  # type: ignore[union-attr]


def test_an_alert_under_a_timestamp_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRecord, match=r"^timestamp: expected an instant from 1971 to 2199.*got 0"):
        SOURCES["gatus"].map(ALERT, {}, 0)


def test_a_mapping_renames_endpoints_passes_them_over_and_says_how_long_a_result_holds() -> None:
    source = configured("gatus", "{services: {Shop/Checkout: checkout, mail: null}, ttl: 3m}")
    down, _ = told(source, [ENDPOINT])
    assert (down.service, down.ttl) == ("checkout", 180_000)
    assert told(source, [{"name": "mail", "results": [FAILED]}]) == []


def test_a_result_that_can_not_be_read_does_not_take_the_others_with_it() -> None:
    with pytest.raises(PartlyInvalid) as error:
        SOURCES["gatus"].map([ENDPOINT | {"results": [{"success": "yes"}, PASSED]}, {"name": "x"}], {}, RECEIVED)
    assert words(error.value.events) == [("2024-01-05T14:01:00Z", "shop/checkout", "up")]
    assert str(error.value) == (
        "endpoints[0].results[0].success: expected true or false, got 'yes'; "
        "endpoints[1].result: expected a result as an object with `success` and `timestamp`, got null"
    )


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (
            {"text": "hello"},
            "missing_field",
            "state: expected [ALERT_TRIGGERED_OR_RESOLVED], got nothing (use the body that docs/sources.md gives)",
        ),
        (
            ALERT | {"state": "degraded"},
            "unknown_value",
            "state: expected one of down, up, TRIGGERED, RESOLVED, got 'degraded'",
        ),
        (
            ALERT | {"service": "/"},
            "missing_field",
            "service: expected the name of the endpoint, got nothing",
        ),
    ],
)
def test_what_can_not_be_read_is_refused(payload: Any, reason: str, message: str) -> None:
    assert refused("gatus", payload) == (reason, message)


def test_a_real_list_is_read_up_to_its_instants_which_are_those_of_a_test() -> None:
    payload = shared("gatus-endpoints-statuses.json")
    assert refused("gatus", payload)[0] == "bad_instant"
    for result in payload[0]["results"]:
        result["timestamp"] = "2024-01-05T15:00:00Z"
    assert [state for _, _, state in words(events("gatus", payload))] == ["up", "down"]
