"""GitHub webhooks `issues` and `issue_comment`. Labels stand for priorities; the repository's people are the agents."""

import re
from collections.abc import Mapping
from typing import Any

from slamon.sla import canonical
from slamon.sla.events import Kind, TicketEvent
from slamon.sla.refusals import UNKNOWN_SHAPE, refusal
from slamon.sources.reading import Row, as_object, header, inner, instant, names, need, not_after, text
from slamon.sources.source import Headers, Source

_KINDS: Mapping[str, Kind] = {
    "opened": Kind.CREATED,
    "closed": Kind.CLOSED,
    "reopened": Kind.REOPENED,
    "assigned": Kind.ASSIGNED,
    "deleted": Kind.DELETED,
    "transferred": Kind.CANCELLED,  # it goes on in another repository as another issue
}
_STAFF = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_PRIORITY = re.compile(r"(?:prio|priority)\s*[:/=_ -]\s*(\S.*)|(p\d)", re.IGNORECASE)


def map_delivery(payload: Any, headers: Headers, _received_ms: int) -> list[TicketEvent]:
    """The one event of a delivery about an issue; none about pull requests and for changed or removed comments."""
    body = as_object("payload", payload, "a GitHub webhook as an object with `action` and `issue`")
    if header(headers, "x-github-event") == "ping" or ("zen" in body and "hook_id" in body):
        return []
    action = need("action", body.get("action"), "what happened to the issue", "send the webhook as application/json")
    issue = inner(body, "issue")
    if not issue:
        raise refusal(
            UNKNOWN_SHAPE, "issue", "the issue", body.get("issue"), "subscribe to issues and issue_comment only"
        )
    if "pull_request" in issue or (isinstance(body.get("comment"), Mapping) and action != "created"):
        return []
    repository = need(
        "repository.full_name", inner(body, "repository").get("full_name"), "the repository as owner/name"
    )
    ticket = f"{repository}#{need('issue.number', issue.get('number'), 'the number of the issue')}"
    delivery = header(headers, "x-github-delivery")
    if isinstance(body.get("comment"), Mapping):
        return [_comment(body, ticket, delivery)]
    return [_issue(issue, ticket, _KINDS.get(action, Kind.SNAPSHOT), delivery)]


def _issue(issue: Row, ticket: str, kind: Kind, delivery: str | None) -> TicketEvent:
    created = instant("issue.created_at", issue.get("created_at"))
    at = created if kind is Kind.CREATED else instant("issue.updated_at", issue.get("updated_at"))
    opened = not_after(created, at) if kind in (Kind.CREATED, Kind.SNAPSHOT) else None
    return canonical.event(ticket, at, kind, _fields(issue), record_id=delivery, created_at=opened, source="github")


def _comment(body: Row, ticket: str, delivery: str | None) -> TicketEvent:
    comment = inner(body, "comment")
    at = instant("comment.created_at", comment.get("created_at"))
    record_id = f"comment:{comment['id']}" if text(comment.get("id")) else delivery
    author = _author(comment, inner(body, "issue"))
    return canonical.event(ticket, at, Kind.REPLIED, record_id=record_id, by=author, public=True, source="github")


def _author(comment: Row, issue: Row) -> str:
    """Who wrote it: whoever opened the issue is its customer, also with rights in the repository."""
    user, opener = inner(comment, "user"), inner(issue, "user")
    if user.get("type") == "Bot":
        return "system"
    if user.get("login") is not None and user.get("login") == opener.get("login"):
        return "customer"
    return "agent" if text(comment.get("author_association")) in _STAFF else "customer"


def _fields(issue: Row) -> dict[str, Any]:
    labels = names(issue.get("labels"), "name")
    fields: dict[str, Any] = {
        "status": text(issue.get("state")),
        "state_reason": text(issue.get("state_reason")),
        "priority": priority(labels),
        "assignee": text(inner(issue, "assignee").get("login")),
        "reporter": text(inner(issue, "user").get("login")),
        "title": text(issue.get("title")),
        "url": text(issue.get("html_url")),
        "labels": labels,
    }
    kind = text(inner(issue, "type").get("name"))
    return fields if kind is None else fields | {"type": kind}


def priority(labels: list[str]) -> str | None:
    """The priority that a label like `P1`, `priority: high` or `prio/2` says; of several the first in the alphabet."""
    found = [_PRIORITY.fullmatch(label.strip()) for label in labels]
    words = [match.group(1) or match.group(2) for match in found if match]
    return min(words, key=lambda word: (word.casefold(), word)) if words else None


GITHUB = Source(
    "github",
    map_delivery,
    frozenset({
        "created", "public_reply", "customer_message", "assigned", "closed", "reopened", "status", "priority", "deleted",
    }),
    "header X-GitHub-Delivery, of a comment its id; without the header a hash of the content",
)  # fmt: skip
