"""PagerDuty v3 webhooks (semantics 3.14, 4.2)."""

from typing import Any

import pytest

from slamon.sla import instants
from slamon.sla.events import Kind, TicketEvent
from tests.sources.payloads import event, events, refused, shared

AT = instants.parse("2024-01-05T15:00:00.250Z")


def webhook(name: str, **data: Any) -> dict[str, Any]:
    about = {"id": "PT1", "type": "incident", "status": "triggered", "priority": None} | data
    return {
        "event": {
            "id": "E1",
            "event_type": f"incident.{name}",
            "occurred_at": "2024-01-05T15:00:00.250Z",
            "agent": {"type": "user_reference"},
            "data": about,
        }
    }


def test_a_triggered_incident_is_created_with_its_context_and_perhaps_without_a_priority() -> None:
    found = event("pagerduty", shared("pagerduty-v3-incident-triggered.json"))
    assert (found.ticket, found.id, found.kind) == ("PFQZPSY", "01BZYIL05THJDFF2Y08X9SVMTU", Kind.CREATED)
    assert found.at == instants.parse("2021-06-04T13:35:29.781Z")
    assert found.created_at is None
    assert found.fields == {
        "status": "triggered",
        "priority": None,
        "urgency": "high",
        "title": "Test Incident 3",
        "url": "https://example.pagerduty.com/incidents/PFQZPSY",
        "group": "Default",
        "service": "example",
        "assignee": "Example User",
        "teams": (),
    }


def test_a_changed_priority_is_a_whole_row_with_the_creation() -> None:
    """Semantics 4.8."""
    found = event("pagerduty", shared("pagerduty-v3-incident-priority-updated.json"))
    assert (found.kind, found.fields["priority"]) == (Kind.SNAPSHOT, "P2")
    assert found.created_at == instants.parse("2026-04-01T02:07:30Z")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("triggered", Kind.CREATED),
        ("acknowledged", Kind.ACKNOWLEDGED),
        ("unacknowledged", Kind.SNAPSHOT),
        ("resolved", Kind.RESOLVED),
        ("reopened", Kind.REOPENED),
        ("incident_type.changed", Kind.SNAPSHOT),
    ],
)
def test_every_event_of_an_incident_has_its_kind(name: str, kind: Kind) -> None:
    assert event("pagerduty", webhook(name)) == TicketEvent(
        "PT1", "E1", AT, kind, {"status": "triggered", "priority": None}, source="pagerduty"
    )


@pytest.mark.parametrize("name", ["assigned", "reassigned", "delegated", "escalated"])
def test_an_incident_is_assigned_only_if_somebody_has_it(name: str) -> None:
    assert event("pagerduty", webhook(name, assignees=[{"summary": "Beth"}])).kind is Kind.ASSIGNED
    assert event("pagerduty", webhook(name, assignees=[])).kind is Kind.SNAPSHOT


@pytest.mark.parametrize(("name", "public"), [("annotated", False), ("status_update_published", True)])
def test_a_note_is_an_internal_reply_and_a_status_update_a_public_one(name: str, public: bool) -> None:
    note = webhook(name, id="N1", type="incident_note", incident={"id": "PT1"})
    assert event("pagerduty", note) == TicketEvent(
        "PT1", "E1", AT, Kind.REPLIED, by="agent", public=public, source="pagerduty"
    )
    note["event"]["agent"] = None
    assert event("pagerduty", note).by == "system"


@pytest.mark.parametrize("name", ["responder.added", "workflow.started", "conference_bridge.updated"])
def test_what_is_not_about_the_incident_itself_gives_no_event(name: str) -> None:
    assert events("pagerduty", webhook(name, type="incident_other")) == []
    assert events("pagerduty", {"event": {"id": "E1", "event_type": "service.updated"}}) == []


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        ([], "unknown_shape", "payload: expected a PagerDuty v3 webhook as an object with `event`, got a list of 0"),
        (
            {"messages": []},
            "missing_field",
            "event.event_type: expected the type of a v3 event, got nothing (v1 and v2 webhooks are not read)",
        ),
        (webhook("triggered", id=None), "missing_field", "event.data.id: expected the id of the incident, got nothing"),
        (webhook("annotated"), "missing_field", "event.data.incident.id: expected the id of the incident, got nothing"),
    ],
)
def test_a_broken_webhook_is_refused_by_name(payload: Any, reason: str, message: str) -> None:
    assert refused("pagerduty", payload) == (reason, message)
