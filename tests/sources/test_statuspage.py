"""Statuspage webhooks: components, and scheduled maintenance as announcements."""

from typing import Any

import pytest

from slamon.sla.events import Announced, State
from slamon.sla.instants import parse
from tests.sources.payloads import configured, event, events, refused, shared, told, words

COMPONENT = {"id": "sqm6", "name": "Checkout", "status": "major_outage"}
UPDATED = {
    "id": "nd96",
    "old_status": "operational",
    "new_status": "major_outage",
    "created_at": "2024-01-05T15:00:00.379Z",
    "component_id": "sqm6",
}
PLANNED = {
    "id": "z3lc",
    "name": "New database",
    "status": "scheduled",
    "created_at": "2024-01-02T09:00:00Z",
    "updated_at": "2024-01-02T09:00:00Z",
    "scheduled_for": "2024-01-06T00:00:00Z",
    "scheduled_until": "2024-01-06T02:00:00Z",
    "resolved_at": None,
    "components": [COMPONENT, {"id": "zvdm", "name": "Mail"}],
}


def update(status: str) -> dict[str, Any]:
    return {"page": {}, "component": COMPONENT, "component_update": UPDATED | {"new_status": status}}


def incident(**changes: Any) -> dict[str, Any]:
    return {"page": {}, "incident": PLANNED | changes}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("operational", "up"),
        ("degraded_performance", "degraded"),
        ("partial_outage", "degraded"),
        ("major_outage", "down"),
        ("under_maintenance", "maintenance"),
    ],
)
def test_a_component_changes_its_state_at_the_update(status: str, state: str) -> None:
    found = event("statuspage", update(status))
    assert words([found]) == [("2024-01-05T15:00:00.379Z", "Checkout", state)]
    assert found.location == "statuspage/sqm6"


def test_a_mapping_goes_by_id_or_name_and_may_weigh_a_partial_outage_otherwise() -> None:
    source = configured(
        "statuspage", "{services: {sqm6: checkout, mail: null}, states: {partial_outage: down}, ttl: 1d}"
    )
    (found,) = told(source, update("partial_outage"))
    assert (found.service, found.state, found.ttl) == ("checkout", State.DOWN, 86_400_000)
    assert [one.service for one in told(source, incident())] == ["checkout"]


def test_scheduled_maintenance_is_announced_for_each_of_its_components_when_it_was_told() -> None:
    checkout, mail = events("statuspage", incident())
    window = Announced("statuspage/z3lc", parse("2024-01-06T00:00:00Z"), parse("2024-01-06T02:00:00Z"))
    assert (checkout.service, mail.service) == ("Checkout", "Mail")
    assert {(one.at, one.announced, one.state) for one in (checkout, mail)} == {
        (parse("2024-01-02T09:00:00Z"), window, None)
    }


def test_maintenance_that_moves_is_announced_under_its_name_at_the_instant_of_the_move() -> None:
    moved = incident(updated_at="2024-01-05T23:00:00Z", scheduled_until="2024-01-06T04:00:00Z")
    before, after = events("statuspage", incident())[0], events("statuspage", moved)[0]
    assert after.announced.name == before.announced.name
    assert (after.at, after.announced.end) == (parse("2024-01-05T23:00:00Z"), parse("2024-01-06T04:00:00Z"))


@pytest.mark.parametrize(
    ("resolved", "end"),
    [
        ("2024-01-06T01:00:00Z", "2024-01-06T01:00:00Z"),
        ("2024-01-06T03:00:00Z", "2024-01-06T02:00:00Z"),
        ("2024-01-05T12:00:00Z", "2024-01-06T00:00:00Z"),  # completed before it began: taken back
    ],
)
def test_maintenance_that_is_completed_ends_there_at_the_latest_as_planned(resolved: str, end: str) -> None:
    completed = incident(status="completed", resolved_at=resolved, updated_at=resolved)
    assert events("statuspage", completed)[0].announced.end == parse(end)


def test_an_incident_without_schedule_says_nothing_since_its_components_do() -> None:
    assert events("statuspage", incident(scheduled_for=None)) == []


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (
            {"page": {}},
            "unknown_shape",
            "payload: expected component_update or incident, got an object with 1 keys",
        ),
        (
            update("major_outrage"),
            "unknown_value",
            "component_update.new_status: expected a status of a component, got 'major_outrage' (did you mean 'major_outage'?)",
        ),
        (
            incident(scheduled_until="2024-01-05T00:00:00Z"),
            "bad_instant",
            "incident.until: expected an instant not before `from`, got '2024-01-05T00:00:00Z' (from is 2024-01-06T00:00:00Z)",
        ),
        (incident(components=None), "unknown_shape", "incident.components: expected the list of components, got null"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_refused(payload: Any, reason: str, message: str) -> None:
    assert refused("statuspage", payload) == (reason, message)


def test_real_webhooks() -> None:
    assert words(events("statuspage", shared("statuspage-component-update.json"))) == [
        ("2017-12-26T07:59:09.379Z", "Database component", "maintenance")
    ]
    assert events("statuspage", shared("statuspage-incident-resolved.json")) == []
