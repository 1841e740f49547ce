"""Zendesk event webhooks (semantics 3.14, 4.2)."""

from typing import Any

import pytest

from slamon.sla import instants
from slamon.sla.events import Kind, TicketEvent
from tests.sources.payloads import event, events, refused

AT = instants.parse("2024-01-05T15:00:00.672Z")
DETAIL = {
    "id": "5158",
    "created_at": "2024-01-05T14:00:00Z",
    "updated_at": "2024-01-05T15:00:00Z",
    "status": "OPEN",
    "priority": "HIGH",
    "type": "PROBLEM",
    "requester_id": "7",
    "assignee_id": None,
    "group_id": "98",
    "organization_id": "10",
    "subject": "Cannot log in",
    "tags": ["mobile"],
    "via": {"channel": "WEB_SERVICE"},
}
FACTS = {
    "status": "open",
    "priority": "high",
    "type": "problem",
    "requester": "7",
    "assignee": None,
    "group": "98",
    "customer": "10",
    "title": "Cannot log in",
    "tags": ("mobile",),
    "channel": "web_service",
}


def webhook(name: str, detail: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "type": f"zen:event-type:{name}",
        "time": "2024-01-05T15:00:00.672717030Z",
        "subject": "zen:ticket:5158",
        "detail": DETAIL | (detail or {}),
        "event": said | {"meta": {"sequence": {"id": "s", "position": 1}}},
    }


def comment(**said: Any) -> dict[str, Any]:
    return webhook("ticket.comment_added", comment={"id": "c", "is_public": True, "author": {"id": "8"}} | said)


def test_a_created_ticket_carries_its_facts_in_lower_case_so_that_case_is_no_change() -> None:
    assert event("zendesk", webhook("ticket.created")) == TicketEvent(
        "5158", "e-1", AT, Kind.CREATED, FACTS, created_at=instants.parse("2024-01-05T14:00:00Z"), source="zendesk"
    )


@pytest.mark.parametrize(
    ("name", "current", "field", "value"),
    [
        ("status_changed", "SOLVED", "status", "solved"),
        ("priority_changed", "URGENT", "priority", "urgent"),
        ("priority_changed", None, "priority", None),
        ("group_assignment_changed", "99", "group", "99"),
        ("organization_changed", 11, "customer", "11"),
        ("subject_changed", "Can Log In", "title", "Can Log In"),
    ],
)
def test_a_change_says_its_new_value(name: str, current: Any, field: str, value: str | None) -> None:
    found = event("zendesk", webhook(f"ticket.{name}", current=current, previous="x"))
    assert (found.kind, found.fields) == (Kind.SNAPSHOT, FACTS | {field: value})


def test_a_ticket_that_was_read_after_the_event_tells_nothing_about_it() -> None:
    later = webhook(
        "ticket.status_changed", {"updated_at": "2024-01-05T15:00:09Z", "priority": "LOW"}, current="PENDING"
    )
    found = event("zendesk", later)
    assert (found.kind, found.fields, found.created_at) == (Kind.UPDATED, {"status": "pending"}, None)


def test_only_an_assignment_to_somebody_is_one() -> None:
    assert event("zendesk", webhook("ticket.agent_assignment_changed", current="8")).kind is Kind.ASSIGNED
    nobody = event("zendesk", webhook("ticket.agent_assignment_changed", current=None))
    assert (nobody.kind, nobody.fields["assignee"]) == (Kind.UPDATED, None)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("merged", Kind.MERGED),
        ("soft_deleted", Kind.DELETED),
        ("permanently_deleted", Kind.DELETED),
        ("undeleted", Kind.RESTORED),
        ("marked_as_spam", Kind.SPAM),
        ("tags_changed", Kind.SNAPSHOT),
    ],
)
def test_every_end_of_a_ticket_has_its_kind(name: str, kind: Kind) -> None:
    assert event("zendesk", webhook(f"ticket.{name}")).kind is kind


@pytest.mark.parametrize(
    ("said", "by", "public"),
    [
        ({"author": {"id": "8", "is_staff": True}}, "agent", True),
        ({"author": {"id": "8", "is_staff": False}}, "customer", True),
        ({"author": {"id": "7", "is_staff": True}}, "customer", True),
        ({"author": {"id": 7}}, "customer", True),
        ({"author": {"id": "8", "role": "End-User"}}, "customer", True),
        ({"author": {"id": "8", "role": "admin"}}, "agent", True),
        ({"author": {"id": -1}}, "system", True),
        ({"author": {"id": "8"}}, None, True),
        ({"author": {"id": "8", "is_staff": True}, "is_public": False}, "agent", False),
    ],
)
def test_a_comment_is_a_reply_of_its_author(said: dict[str, Any], by: str | None, public: bool) -> None:
    found = event("zendesk", comment(**said))
    assert (found.kind, found.by, found.public) == (Kind.REPLIED, by, public)


@pytest.mark.parametrize(("actor", "by"), [("end_user", "customer"), ("agent", "agent"), ("system", "system")])
def test_a_message_in_a_chat_is_a_public_reply(actor: str, by: str) -> None:
    chat = webhook("messaging_ticket.message_added", actor={"type": actor}) | {"detail": {"id": "5158"}}
    assert event("zendesk", chat) == TicketEvent("5158", "e-1", AT, Kind.REPLIED, by=by, public=True, source="zendesk")


@pytest.mark.parametrize("name", ["ticket.attachment_linked_to_comment", "ticket.sla_policy_changed", "user.created"])
def test_what_no_promise_looks_at_gives_no_event(name: str) -> None:
    assert events("zendesk", webhook(name)) == []


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (
            7,
            "unknown_shape",
            "payload: expected a Zendesk event with `type`, `time` and `detail`, or a ticket with `updated_at`, got 7",
        ),
        (
            {"ticket": {"id": 1}},
            "missing_field",
            "type: expected the type of a Zendesk event, got nothing (connect the webhook to events, not to a trigger)",
        ),
        (
            {"type": "ticket.created"},
            "unknown_shape",
            "type: expected a Zendesk event type that begins with zen:event-type:, got 'ticket.created'",
        ),
        (webhook("ticket.created") | {"id": None}, "missing_field", "id: expected the id of the event, got nothing"),
        (comment(is_public="yes"), "unknown_shape", "event.comment.is_public: expected true or false, got 'yes'"),
    ],
)
def test_a_broken_event_is_refused_by_name(payload: Any, reason: str, message: str) -> None:
    assert refused("zendesk", payload) == (reason, message)


READ = {"id": 35436, "type": None, "status": "Open", "priority": "high", "subject": "Help", "organization_id": 509974,
        "created_at": "2024-01-05T14:00:00Z", "updated_at": "2024-01-05T15:00:00Z", "tags": ["vip"]}  # fmt: skip


def test_a_ticket_that_was_read_is_a_snapshot_at_its_last_change_with_the_same_id_whenever_it_is_read() -> None:
    found = event("zendesk", READ)
    assert (found.ticket, found.kind) == ("35436", Kind.SNAPSHOT)
    assert (found.at, found.created_at) == (
        instants.parse("2024-01-05T15:00:00Z"),
        instants.parse("2024-01-05T14:00:00Z"),
    )
    assert (found.fields["status"], found.fields["title"], found.fields["customer"]) == ("open", "Help", "509974")
    assert events("zendesk", {"tickets": [READ], "end_of_stream": True}) == [found]
    assert event("zendesk", READ | {"status": "solved"}).id != found.id


def test_a_ticket_that_was_read_as_deleted_is_gone() -> None:
    assert event("zendesk", READ | {"status": "deleted"}).kind is Kind.DELETED
