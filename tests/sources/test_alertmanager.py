"""Alertmanager webhooks v4: one monitor for each alert, down while it fires."""

from typing import Any

import pytest

from slamon.sla.events import State
from slamon.sources import SOURCES
from slamon.sources.source import PartlyInvalid
from tests.sources.payloads import RECEIVED, configured, event, events, refused, shared, told, words

FIRES = {
    "status": "firing",
    "labels": {"alertname": "ProbeFailed", "service": "checkout", "job": "blackbox", "severity": "warning", "tier": "1"},
    "annotations": {"summary": "it fails"},
    "startsAt": "2024-01-05T15:00:00.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "012b630a0eb5189b",
}  # fmt: skip
ENDS = FIRES | {"status": "resolved", "endsAt": "2024-01-05T15:20:00Z"}
BEGAN, ENDED = "2024-01-05T15:00:00.123Z", "2024-01-05T15:20:00Z"


def webhook(*alerts: Any, **more: Any) -> dict[str, Any]:
    return {"version": "4", "status": "firing", "alerts": list(alerts), "truncatedAlerts": 0, **more}


def with_labels(**labels: str | None) -> dict[str, Any]:
    found = {**FIRES["labels"], **labels}  # type: ignore[dict-item]
    return FIRES | {"labels": {name: label for name, label in found.items() if label is not None}}


def test_a_firing_alert_takes_its_service_down_when_it_began() -> None:
    down = event("alertmanager", webhook(FIRES))
    assert words([down]) == [(BEGAN, "checkout", "down")]
    assert (down.location, down.source) == ("alertmanager/ProbeFailed/012b630a0eb5189b", "alertmanager")


def test_a_resolved_alert_tells_its_beginning_too_so_that_a_lost_notification_loses_no_outage() -> None:
    down, up = events("alertmanager", webhook(ENDS))
    assert words([down, up]) == [(BEGAN, "checkout", "down"), (ENDED, "checkout", "up")]
    assert down == event("alertmanager", webhook(FIRES))


def test_the_same_alert_again_is_the_same_record_and_no_new_outage() -> None:
    later = FIRES | {"annotations": {"summary": "it still fails"}}
    assert event("alertmanager", webhook(later)) == event("alertmanager", webhook(FIRES))


def test_an_alert_that_is_resolved_does_not_speak_for_another_one_of_its_service() -> None:
    """Each alert is a monitor of its own: with quorum `any` the service is down while one of them fires."""
    other = FIRES | {"fingerprint": "ffff", "startsAt": "2024-01-05T15:10:00Z"}
    found = events("alertmanager", webhook(ENDS, other))
    last = {one.location: one.state for one in sorted(found, key=lambda one: one.order)}
    assert sorted(last.values()) == [State.DOWN, State.UP]


def test_alerts_without_a_fingerprint_are_told_apart_by_their_labels() -> None:
    one, other, again = (
        {key: value for key, value in alert.items() if key != "fingerprint"}
        for alert in (FIRES, with_labels(instance="b"), FIRES)
    )
    found = [event("alertmanager", webhook(alert)).location for alert in (one, other, again)]
    assert found[0] == found[2] != found[1]


def test_an_alert_that_ends_where_it_began_is_over() -> None:
    """Of two words for one instant the worse stands."""
    down, up = events("alertmanager", webhook(ENDS | {"endsAt": FIRES["startsAt"]}))
    assert up.at == down.at + 1


def test_without_a_label_service_the_job_names_the_service() -> None:
    assert event("alertmanager", webhook(with_labels(service=None))).service == "blackbox"


def test_every_severity_takes_a_service_down_unless_the_mapping_says_otherwise() -> None:
    source = configured("alertmanager", "{states: {warning: degraded, info: ignore}}")
    found = [told(source, webhook(with_labels(severity=word))) for word in ("Warning", "info", "critical", None)]
    assert [[str(one.state) for one in some] for some in found] == [["degraded"], [], ["down"], ["down"]]
    assert event("alertmanager", webhook(FIRES)).state is State.DOWN
    assert source.shows == {"up", "down", "degraded"}


def test_a_mapping_names_labels_services_fields_and_how_long_a_firing_alert_holds() -> None:
    source = configured(
        "alertmanager",
        """
        service: team_service
        services: {Checkout: shop, mail: null}
        severity: level
        states: {page: down}
        otherwise: ignore
        fields: [tier]
        ttl: 5h
        """,
    )
    page = with_labels(team_service="checkout", level="page")
    down, up = told(source, webhook(page | {"status": "resolved", "endsAt": ENDED}))
    assert (down.service, down.state, down.fields, down.ttl) == ("shop", State.DOWN, {"tier": "1"}, 5 * 3_600_000)
    assert (up.state, up.ttl) == (State.UP, None)
    assert told(source, webhook(with_labels(team_service="mail", level="page"))) == []
    assert told(source, webhook(with_labels(team_service="checkout"))) == []


def partly(payload: Any) -> PartlyInvalid:
    with pytest.raises(PartlyInvalid) as error:
        SOURCES["alertmanager"].map(payload, {}, RECEIVED)
    return error.value


def test_an_alert_that_names_no_service_is_refused_and_the_others_count() -> None:
    error = partly(webhook(with_labels(service=None, job=None), FIRES))
    assert error.reason == "missing_field"
    assert str(error) == "alerts[0].labels: expected a label service or job, got nothing"
    assert words(error.events) == [(BEGAN, "checkout", "down")]


def test_truncated_alerts_are_complained_of_and_those_that_are_there_count() -> None:
    error = partly(webhook(FIRES, truncatedAlerts=3))
    assert error.reason == "truncated"
    assert str(error) == (
        "truncatedAlerts: expected 0, got 3 (set max_alerts: 0 for this receiver; the alerts that are there counted)"
    )
    assert words(error.events) == [(BEGAN, "checkout", "down")]


def test_many_refused_alerts_are_a_message_of_bounded_length() -> None:
    assert str(partly(webhook(*[{}] * 50))).endswith("; and 47 more")


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        ([], "unknown_shape", "payload: expected an Alertmanager webhook as an object with `alerts`, got a list of 0"),
        ({"alerts": 1}, "unknown_shape", "alerts: expected the list of alerts, got 1"),
        (webhook(FIRES | {"status": "x"}), "unknown_value", "alerts[0].status: expected firing or resolved, got 'x'"),
        (
            webhook(ENDS | {"endsAt": "0001-01-01T00:00:00Z"}),
            "bad_instant",
            "alerts[0].endsAt: expected an instant from 1971 to 2199, as a number in epoch milliseconds, got '0001-01-01T00:00:00Z'",
        ),
    ],
)
def test_what_is_no_webhook_is_refused(payload: Any, reason: str, message: str) -> None:
    assert refused("alertmanager", payload) == (reason, message)


def test_real_notifications_are_one_outage() -> None:
    firing = events("alertmanager", shared("alertmanager-webhook-firing.json"))
    resolved = events("alertmanager", shared("alertmanager-webhook-resolved.json"))
    assert resolved[0] == firing[0]
    assert words(resolved) == [
        ("2026-11-22T00:24:58Z", "checkout", "down"),
        ("2026-11-22T00:35:01Z", "checkout", "up"),
    ]
