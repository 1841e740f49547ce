"""Jira: webhooks (issues with their changelog, and comments), and issues as the REST API and connectors deliver them.

`toString` is a key name of Jira's, the status category tells which of a project's own statuses is an end.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from slamon.sla import canonical
from slamon.sla.events import Kind, TicketEvent
from slamon.sources.reading import Row, as_object, inner, instant, names, need, not_after, text
from slamon.sources.source import Headers, Source

_NAMED: Mapping[str, Kind] = {  # issue_event_type_name, which some webhooks lack
    "issue_resolved": Kind.RESOLVED,
    "issue_closed": Kind.CLOSED,
    "issue_reopened": Kind.REOPENED,
}
_SHOWN: Mapping[str, tuple[str, str]] = {  # field: key in issue.fields, name inside of it
    "status": ("status", "name"),
    "priority": ("priority", "name"),
    "assignee": ("assignee", "displayName"),
    "reporter": ("reporter", "displayName"),
    "type": ("issuetype", "name"),
    "resolution": ("resolution", "name"),
    "project": ("project", "key"),
}
_AUTHORS: Mapping[str, str] = {"customer": "customer", "app": "system", "atlassian": "agent"}


def map_payload(payload: Any, _headers: Headers, _received_ms: int) -> list[TicketEvent]:
    """The events of a webhook, or a snapshot of each issue that was read."""
    body = as_object("payload", payload, "a Jira webhook as an object with `webhookEvent`, or an issue with `fields`")
    if "webhookEvent" not in body and isinstance(body.get("issues"), list):  # an answer of the search
        return [_row(as_object("issue", issue, "an issue with `key` and `fields`")) for issue in body["issues"]]
    if "webhookEvent" not in body and "fields" in body:
        return [_row(body)]
    return _webhook(body)


def _row(issue: Row) -> TicketEvent:
    """The issue as it stood at its last change; with the same content it has the same id, whenever it is read."""
    body = {"issue": issue}
    return _event(_key(body), _at(body), Kind.SNAPSHOT, issue, None)


def _webhook(body: Row) -> list[TicketEvent]:
    """None for anything that is neither about an issue nor a new comment."""
    name = need("webhookEvent", body.get("webhookEvent"), "the name of the event", "send the webhook's whole body")
    if name == "comment_created":
        return [_comment(body)]
    if not name.startswith("jira:issue_"):
        return []
    events = list(_issue(body, name))
    return [*events, _comment(body)] if body.get("issue_event_type_name") == "issue_commented" else events


def _issue(body: Row, name: str) -> Iterator[TicketEvent]:
    issue, key, at = inner(body, "issue"), _key(body), _at(body)
    number = text(issue.get("id")) or key
    if name == "jira:issue_created":
        yield _event(key, at, Kind.CREATED, issue, f"{number}:created")
    elif name == "jira:issue_deleted":
        yield _event(key, at, Kind.DELETED, issue, f"{number}:deleted")
    elif name == "jira:issue_updated":
        items = {str(item.get("field")).lower(): item for item in _items(body)}
        change = text(inner(body, "changelog").get("id"))
        record_id = None if change is None else f"{number}:{change}"
        former = text(items.get("key", {}).get("fromString"))
        if former is not None and former != key:  # moved to another project: the old key is heard of no more
            yield canonical.event(former, at, Kind.MERGED, record_id=record_id, source="jira")
        yield _event(key, at, _kind(body, items), issue, record_id)


def _kind(body: Row, items: Mapping[str, Row]) -> Kind:
    """What an update explicitly says; a move to any status of the category `done` is a resolution."""
    named = _NAMED.get(str(body.get("issue_event_type_name")))
    if named is not None:
        return named
    done = inner(body, "issue", "fields", "status", "statusCategory").get("key") == "done"
    if "status" in items and done:
        return Kind.RESOLVED
    resolution = items.get("resolution", {})
    if resolution.get("from") is not None and resolution.get("to") is None and not done:
        return Kind.REOPENED
    return Kind.ASSIGNED if items.get("assignee", {}).get("to") is not None else Kind.SNAPSHOT


def _items(body: Row) -> list[Row]:
    items = inner(body, "changelog").get("items")
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _event(key: str, at: int, kind: Kind, issue: Row, record_id: str | None) -> TicketEvent:
    created = inner(issue, "fields").get("created")
    opened = None
    if created is not None and kind in (Kind.CREATED, Kind.SNAPSHOT):
        opened = not_after(instant("issue.fields.created", created), at)
    return canonical.event(key, at, kind, _fields(issue), record_id=record_id, created_at=opened, source="jira")


def _comment(body: Row) -> TicketEvent:
    comment = inner(body, "comment")
    at = instant("comment.created", comment.get("created"))
    record_id = f"comment:{need('comment.id', comment.get('id'), 'the id of the comment')}"
    public = comment.get("jsdPublic")
    if not isinstance(public, bool):  # outside of service projects only a comment for one role or group is internal
        public = "visibility" not in comment
    author = _author(comment, inner(body, "issue", "fields", "reporter"))
    return canonical.event(_key(body), at, Kind.REPLIED, record_id=record_id, by=author, public=public, source="jira")


def _author(comment: Row, reporter: Row) -> str | None:
    """Who wrote it: the reporter is the customer; else the kind of the account tells; else nobody knows."""
    author = inner(comment, "author")
    for key in ("accountId", "key", "name"):
        if author.get(key) is not None and key in reporter:
            if author[key] == reporter[key]:
                return "customer"
            return _AUTHORS.get(str(author.get("accountType")), "agent")
    return _AUTHORS.get(str(author.get("accountType")))


def _fields(issue: Row) -> dict[str, Any]:
    shown = inner(issue, "fields")
    fields: dict[str, Any] = {f: text(inner(shown, key).get(name)) for f, (key, name) in _SHOWN.items() if key in shown}
    category = text(inner(shown, "status", "statusCategory").get("key"))
    if category is not None:
        fields["status_category"] = category
    if "summary" in shown:
        fields["title"] = text(shown["summary"])
    labels = shown.get("labels")
    if isinstance(labels, list):
        fields["labels"] = [label for label in labels if isinstance(label, str)]
    if "components" in shown:
        fields["components"] = names(shown["components"], "name")
    site, _, rest = str(issue.get("self") or "").partition("/rest/")
    return fields | {"url": f"{site}/browse/{issue.get('key')}"} if rest else fields


def _key(body: Row) -> str:
    hint = "webhooks of comments carry the issue on Jira Cloud and from Jira 9 on"
    return need("issue.key", inner(body, "issue").get("key"), "the key of the issue", hint)


def _at(body: Row) -> int:
    if body.get("timestamp") is None:
        return instant("issue.fields.updated", inner(body, "issue", "fields").get("updated"))
    return instant("timestamp", body["timestamp"])


JIRA = Source(
    "jira",
    map_payload,
    frozenset({
        "created", "public_reply", "customer_message", "assigned", "resolved", "closed", "reopened", "status", "priority",
        "deleted",
    }),
    "issue id and changelog id (or `created`, `deleted`); of a comment its id; without a changelog, and of an issue that was read, a hash of the content",
)  # fmt: skip
