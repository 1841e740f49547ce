"""Uptime Kuma's webhook: a heartbeat and its monitor."""

from typing import Any

import pytest

from slamon.sla.events import State
from tests.sources.payloads import configured, event, events, refused, shared, told, words

BEAT = {
    "monitorID": 10,
    "status": 0,
    "time": "2024-01-05 15:00:00.905",
    "msg": "timeout",
    "important": True,
    "timezone": "America/Nassau",
    "localDateTime": "2024-01-05 10:00:00",
}
MONITOR = {"id": 10, "name": "Checkout", "interval": 60}


def notification(**beat: Any) -> dict[str, Any]:
    return {"heartbeat": BEAT | beat, "monitor": MONITOR, "msg": "[Checkout] [Down] timeout"}


@pytest.mark.parametrize(("status", "state"), [(0, "down"), (1, "up"), (3, "maintenance")])
def test_a_heartbeat_says_the_state_of_its_monitor_in_utc(status: int, state: str) -> None:
    found = event("uptime_kuma", notification(status=status))
    assert words([found]) == [("2024-01-05T15:00:00.905Z", "Checkout", state)]
    assert found.location == "uptime_kuma/10"


def test_a_pending_check_decides_nothing_yet() -> None:
    assert events("uptime_kuma", notification(status=2)) == []
    source = configured("uptime_kuma", "{states: {pending: unknown}}")
    assert [one.state for one in told(source, notification(status=2))] == [State.UNKNOWN]


def test_a_heartbeat_that_changes_nothing_is_a_word_like_any_other_so_that_a_ttl_can_hold() -> None:
    source = configured("uptime_kuma", "{ttl: 3m}")
    (found,) = told(source, notification(status=1, important=False))
    assert (found.state, found.ttl) == (State.UP, 180_000)


def test_two_monitors_of_one_service_do_not_hide_each_other() -> None:
    source = configured("uptime_kuma", "{services: {Checkout EU: checkout, '11': checkout}}")
    found = [
        told(source, {"heartbeat": BEAT | {"monitorID": number}, "monitor": {"id": number, "name": name}})[0]
        for number, name in ((10, "Checkout EU"), (11, "Checkout US"))
    ]
    assert [(one.service, one.location) for one in found] == [
        ("checkout", "uptime_kuma/10"),
        ("checkout", "uptime_kuma/11"),
    ]


def test_tests_and_certificates_have_no_heartbeat_and_say_nothing() -> None:
    assert events("uptime_kuma", {"heartbeat": None, "monitor": None, "msg": "Testing"}) == []


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (
            {"msg": "x"},
            "unknown_shape",
            "payload: expected heartbeat and monitor, got an object with 1 keys (send the default body of the webhook)",
        ),
        (
            notification(status=4),
            "unknown_value",
            "heartbeat.status: expected 0 down, 1 up, 2 pending or 3 maintenance, got 4",
        ),
        (
            notification(status=True),
            "unknown_value",
            "heartbeat.status: expected 0 down, 1 up, 2 pending or 3 maintenance, got true",
        ),
        ({"heartbeat": BEAT}, "missing_field", "monitor.name: expected the name of the monitor, got nothing"),
    ],
)
def test_what_can_not_be_read_is_refused(payload: Any, reason: str, message: str) -> None:
    assert refused("uptime_kuma", payload) == (reason, message)


def test_a_real_heartbeat_whose_monitor_the_mapping_names() -> None:
    found = told(configured("uptime_kuma", "{services: {10: checkout}}"), shared("uptime-kuma-webhook-heartbeat.json"))
    assert words(found) == [("2023-09-16T10:41:24.905Z", "checkout", "down")]
