"""GitHub issue webhooks (semantics 3.14, 4.2)."""

from typing import Any

import pytest

from slamon.sla import instants
from slamon.sla.events import Kind, TicketEvent
from slamon.sources.github import priority
from tests.sources.payloads import event, events, refused, shared

CREATED = instants.parse("2024-01-05T14:00:00Z")
UPDATED = instants.parse("2024-01-05T15:00:00Z")
ISSUE = {
    "number": 7,
    "state": "open",
    "title": "It breaks",
    "html_url": "https://github.example/acme/app/issues/7",
    "labels": [{"name": "bug"}, {"name": "P1"}],
    "assignee": None,
    "user": {"login": "ann"},
    "created_at": "2024-01-05T14:00:00Z",
    "updated_at": "2024-01-05T15:00:00Z",
}
FACTS = {
    "status": "open",
    "state_reason": None,
    "priority": "P1",
    "assignee": None,
    "reporter": "ann",
    "title": "It breaks",
    "url": "https://github.example/acme/app/issues/7",
    "labels": ("bug", "P1"),
}
DELIVERY = {"X-GitHub-Delivery": "d-1", "X-GitHub-Event": "issues"}


def webhook(action: str, **parts: Any) -> dict[str, Any]:
    return {"action": action, "issue": ISSUE, "repository": {"full_name": "acme/app"}} | parts


def comment(**said: Any) -> dict[str, Any]:
    about = {"id": 5, "created_at": "2024-01-05T15:00:00Z", "user": {"login": "bob"}, "author_association": "MEMBER"}
    return webhook("created", comment=about | said)


def test_a_labelled_issue_is_a_whole_row_by_the_name_of_its_repository() -> None:
    found = event("github", shared("github-issues-labeled.json"), DELIVERY)
    assert (found.ticket, found.id, found.kind) == ("Codertocat/Hello-World#1", "d-1", Kind.SNAPSHOT)
    assert found.at == found.created_at == instants.parse("2019-05-15T15:20:18Z")
    assert (found.fields["assignee"], found.fields["priority"], found.fields["labels"]) == (
        "Codertocat",
        None,
        ("bug",),
    )


@pytest.mark.parametrize(
    ("action", "kind", "at", "created_at"),
    [
        ("opened", Kind.CREATED, CREATED, CREATED),
        ("edited", Kind.SNAPSHOT, UPDATED, CREATED),
        ("unlabeled", Kind.SNAPSHOT, UPDATED, CREATED),
        ("assigned", Kind.ASSIGNED, UPDATED, None),
        ("closed", Kind.CLOSED, UPDATED, None),
        ("reopened", Kind.REOPENED, UPDATED, None),
        ("deleted", Kind.DELETED, UPDATED, None),
        ("transferred", Kind.CANCELLED, UPDATED, None),
    ],
)
def test_every_action_has_its_kind_and_its_instant(action: str, kind: Kind, at: int, created_at: int | None) -> None:
    assert event("github", webhook(action), DELIVERY) == TicketEvent(
        "acme/app#7", "d-1", at, kind, FACTS, created_at=created_at, source="github"
    )


def test_the_delivery_id_is_found_in_any_case_and_without_it_the_content_is_the_id() -> None:
    assert event("github", webhook("closed"), {"x-github-delivery": "d-2"}).id == "d-2"
    one, other = event("github", webhook("closed")), event("github", webhook("reopened"))
    assert len(one.id) == 32
    assert one.id != other.id


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (["bug"], None),
        (["P0", "p1"], "P0"),
        (["priority: high"], "high"),
        (["Priority/1 - Critical"], "1 - Critical"),
        (["prio_2"], "2"),
        (["P10", "primary", "priority"], None),
    ],
)
def test_a_priority_is_a_label_that_says_so(labels: list[str], found: str | None) -> None:
    assert priority(labels) == found


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ({}, "agent"),
        ({"user": {"login": "ann"}}, "customer"),
        ({"author_association": "NONE"}, "customer"),
        ({"author_association": "CONTRIBUTOR"}, "customer"),
        ({"user": {"login": "ci[bot]", "type": "Bot"}}, "system"),
    ],
)
def test_a_comment_is_a_public_reply_and_whoever_opened_the_issue_is_its_customer(
    said: dict[str, Any], by: str
) -> None:
    assert event("github", comment(**said), DELIVERY) == TicketEvent(
        "acme/app#7", "comment:5", UPDATED, Kind.REPLIED, by=by, public=True, source="github"
    )


def test_pull_requests_pings_and_changed_comments_give_no_event() -> None:
    assert events("github", webhook("opened", issue=ISSUE | {"pull_request": {}})) == []
    assert events("github", {"zen": "Keep it logically awesome.", "hook_id": 1}) == []
    assert events("github", comment() | {"action": "edited"}) == []


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (None, "unknown_shape", "payload: expected a GitHub webhook as an object with `action` and `issue`, got null"),
        (
            {},
            "missing_field",
            "action: expected what happened to the issue, got nothing (send the webhook as application/json)",
        ),
        (
            {"action": "opened"},
            "unknown_shape",
            "issue: expected the issue, got null (subscribe to issues and issue_comment only)",
        ),
        (
            webhook("opened", repository={}),
            "missing_field",
            "repository.full_name: expected the repository as owner/name, got nothing",
        ),
        (
            webhook("closed", issue=ISSUE | {"updated_at": "today"}),
            "bad_instant",
            "issue.updated_at: expected an RFC 3339 instant with offset, got 'today' (write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00)",
        ),
    ],
)
def test_a_broken_webhook_is_refused_by_name(payload: Any, reason: str, message: str) -> None:
    assert refused("github", payload) == (reason, message)
