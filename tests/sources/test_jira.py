"""Jira webhooks (semantics 3.14, 4.2)."""

from typing import Any

import pytest

from slamon.sla import instants
from slamon.sla.events import Kind, TicketEvent
from tests.sources.payloads import event, events, refused, shared

AT = instants.parse("2024-01-05T15:00:00.500Z")
ISSUE = {
    "id": "10040",
    "key": "OPS-1",
    "self": "https://x.example/rest/api/2/issue/10040",
    "fields": {
        "created": "2024-01-05T15:00:00.000+0100",
        "status": {"name": "Released", "statusCategory": {"key": "indeterminate"}},
        "reporter": {"accountId": "u1", "displayName": "Abel"},
    },
}
DONE = {"fields": ISSUE["fields"] | {"status": {"name": "Released", "statusCategory": {"key": "done"}}}}
UPDATE = {"timestamp": AT, "webhookEvent": "jira:issue_updated", "issue": ISSUE, "changelog": {"id": "77", "items": []}}
COMMENT = {
    "timestamp": AT + 9,
    "webhookEvent": "comment_created",
    "issue": ISSUE,
    "comment": {"id": "5", "author": {"accountId": "u2"}, "created": "2024-01-05T16:00:00.500+0100", "jsdPublic": True},
}


def changed(field: str, before: str | None, after: str | None) -> dict[str, Any]:
    item = {"field": field, "from": before, "fromString": before, "to": after, "toString": after}
    return UPDATE | {"changelog": {"id": "77", "items": [item]}}


def test_a_created_issue_starts_at_its_creation_with_its_context() -> None:
    found = event("jira", shared("jira-issue-created.json"))
    assert (found.ticket, found.id, found.kind) == ("TES-41", "10040:created", Kind.CREATED)
    assert found.at == 1550286113023
    assert found.created_at == instants.parse("2019-02-16T03:01:52.971Z")
    assert found.fields["url"] == "https://some-instance-test.atlassian.net/browse/TES-41"
    assert (found.fields["status"], found.fields["status_category"]) == ("To Do", "new")
    assert (found.fields["priority"], found.fields["assignee"], found.fields["title"]) == (
        "High",
        None,
        "Unit test summary",
    )


def test_a_move_into_the_category_done_is_a_resolution_whatever_the_status_is_called() -> None:
    found = event("jira", shared("jira-issue-updated-resolved.json"))
    assert (found.id, found.kind, found.at) == ("10040:10228", Kind.RESOLVED, 1550286940507)
    assert found.fields["status_category"] == "done"
    moved = changed("status", "3", "4") | {"issue": ISSUE | DONE}
    assert event("jira", moved).kind is Kind.RESOLVED


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        (changed("priority", "2", "1"), Kind.SNAPSHOT),
        (changed("status", "1", "3"), Kind.SNAPSHOT),
        (changed("resolution", "10000", None), Kind.REOPENED),
        (changed("assignee", None, "u2"), Kind.ASSIGNED),
        (changed("assignee", "u2", None), Kind.SNAPSHOT),
        (changed("status", "1", "3") | {"issue_event_type_name": "issue_closed"}, Kind.CLOSED),
        (UPDATE | {"issue_event_type_name": "issue_reopened"}, Kind.REOPENED),
    ],
)
def test_an_update_says_no_more_than_its_changelog_and_its_name(update: dict[str, Any], kind: Kind) -> None:
    found = event("jira", update)
    assert (found.kind, found.id) == (kind, "10040:77")


def test_an_update_carries_the_creation_so_that_a_ticket_can_be_met_in_mid_life() -> None:
    """Semantics 4.8."""
    assert event("jira", UPDATE) == TicketEvent(
        "OPS-1",
        "10040:77",
        AT,
        Kind.SNAPSHOT,
        {
            "status": "Released",
            "status_category": "indeterminate",
            "reporter": "Abel",
            "url": "https://x.example/browse/OPS-1",
        },
        created_at=instants.parse("2024-01-05T14:00:00Z"),
        source="jira",
    )


def test_a_move_to_another_project_ends_the_old_key() -> None:
    old, new = events("jira", changed("Key", "DEV-9", "OPS-1"))
    assert (old.ticket, old.kind, new.ticket, new.kind) == ("DEV-9", Kind.MERGED, "OPS-1", Kind.SNAPSHOT)


def test_a_deleted_issue_is_deleted() -> None:
    found = event("jira", UPDATE | {"webhookEvent": "jira:issue_deleted"})
    assert (found.kind, found.id) == (Kind.DELETED, "10040:deleted")


@pytest.mark.parametrize(
    ("comment", "by", "public"),
    [
        ({}, "agent", True),
        ({"author": {"accountId": "u1"}}, "customer", True),
        ({"author": {"accountId": "u3", "accountType": "customer"}}, "customer", True),
        ({"author": {"accountId": "bot", "accountType": "app"}}, "system", True),
        ({"jsdPublic": False}, "agent", False),
        ({"jsdPublic": None, "visibility": {"type": "role", "value": "Team"}}, "agent", False),
        ({"jsdPublic": None}, "agent", True),
    ],
)
def test_a_comment_is_a_reply_of_its_author(comment: dict[str, Any], by: str, public: bool) -> None:
    found = event("jira", COMMENT | {"comment": COMMENT["comment"] | comment})
    assert found == TicketEvent("OPS-1", "comment:5", AT, Kind.REPLIED, by=by, public=public, source="jira")


def test_without_a_reporter_only_the_kind_of_the_account_tells_who_wrote() -> None:
    limited = COMMENT | {"issue": {"key": "OPS-1", "fields": {}}}
    assert event("jira", limited).by is None
    author = {"author": {"accountId": "u2", "accountType": "atlassian"}}
    assert event("jira", limited | {"comment": COMMENT["comment"] | author}).by == "agent"


def test_the_older_webhook_of_a_comment_gives_the_very_same_reply() -> None:
    older = COMMENT | {"webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_commented"}
    assert events("jira", older)[1:] == events("jira", COMMENT)


@pytest.mark.parametrize(
    "name", ["comment_updated", "worklog_created", "sprint_started", "jira:version_released", "jira:issue_x"]
)
def test_what_no_promise_looks_at_gives_no_event(name: str) -> None:
    assert events("jira", UPDATE | {"webhookEvent": name}) == []


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (
            "x",
            "unknown_shape",
            "payload: expected a Jira webhook as an object with `webhookEvent`, or an issue with `fields`, got 'x'",
        ),
        (
            {},
            "missing_field",
            "webhookEvent: expected the name of the event, got nothing (send the webhook's whole body)",
        ),
        (
            COMMENT | {"issue": None},
            "missing_field",
            "issue.key: expected the key of the issue, got nothing (webhooks of comments carry the issue on Jira Cloud and from Jira 9 on)",
        ),
        (
            UPDATE | {"timestamp": 1_704_466_800},
            "bad_instant",
            "timestamp: expected an instant from 1971 to 2199, as a number in epoch milliseconds, got 1704466800 (looks like seconds: multiply by 1000)",
        ),
        (
            UPDATE | {"timestamp": None},
            "missing_field",
            "issue.fields.updated: expected an RFC 3339 instant with offset or epoch milliseconds, got nothing",
        ),
    ],
)
def test_a_broken_webhook_is_refused_by_name(payload: Any, reason: str, message: str) -> None:
    assert refused("jira", payload) == (reason, message)


READ = ISSUE | {"fields": DONE["fields"] | {"updated": "2024-01-05T16:00:00.500+0100", "priority": None}}


def test_an_issue_that_was_read_is_a_snapshot_at_its_last_change_with_the_same_id_whenever_it_is_read() -> None:
    found = event("jira", READ)
    assert (found.ticket, found.kind, found.at) == ("OPS-1", Kind.SNAPSHOT, AT)
    assert found.created_at == instants.parse("2024-01-05T14:00:00Z")
    assert (found.fields["status"], found.fields["status_category"], found.fields["priority"]) == (
        "Released",
        "done",
        None,
    )
    assert events("jira", {"startAt": 0, "issues": [READ, READ]}) == [found, found]
    assert event("jira", READ | {"fields": READ["fields"] | {"priority": {"name": "High"}}}).id != found.id


def test_an_issue_that_was_read_without_its_last_change_is_refused() -> None:
    assert "issue.fields.updated" in str(refused("jira", ISSUE))
