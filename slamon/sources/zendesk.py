"""Zendesk: event webhooks (zen:event-type:ticket.*), and tickets as the REST API and connectors deliver them.

Of an event `detail` is the ticket, `event` what happened to it.

Enumerations come in upper case in one place and in lower case in another: all of them are read in lower case, or every
second event would be a change. `meta.sequence` is not read, since Zendesk does not guarantee its order.
"""

from collections.abc import Mapping
from typing import Any

from slamon.sla import canonical
from slamon.sla.events import Kind, TicketEvent
from slamon.sla.refusals import UNKNOWN_SHAPE, refusal
from slamon.sources.reading import Row, as_object, inner, instant, need, not_after, text
from slamon.sources.source import Headers, Source

_PREFIX = "zen:event-type:"
_KINDS: Mapping[str, Kind] = {
    "ticket.created": Kind.CREATED,
    "ticket.comment_added": Kind.REPLIED,
    "messaging_ticket.message_added": Kind.REPLIED,
    "ticket.agent_assignment_changed": Kind.ASSIGNED,
    "ticket.merged": Kind.MERGED,
    "ticket.soft_deleted": Kind.DELETED,
    "ticket.permanently_deleted": Kind.DELETED,
    "ticket.undeleted": Kind.RESTORED,
    "ticket.marked_as_spam": Kind.SPAM,
}
_CHANGES: Mapping[str, str] = {  # event type: the field whose new value stands in event.current
    "ticket.status_changed": "status",
    "ticket.custom_status_changed": "custom_status",
    "ticket.priority_changed": "priority",
    "ticket.agent_assignment_changed": "assignee",
    "ticket.group_assignment_changed": "group",
    "ticket.organization_changed": "customer",
    "ticket.requester_changed": "requester",
    "ticket.subject_changed": "title",
    "ticket.type_changed": "type",
    "ticket.form_changed": "form",
    "ticket.brand_changed": "brand",
}
_DETAIL: Mapping[str, str] = {
    "status": "status", "custom_status": "custom_status", "priority": "priority", "assignee": "assignee_id",
    "group": "group_id", "customer": "organization_id", "requester": "requester_id", "title": "subject",
    "type": "type", "form": "form_id", "brand": "brand_id",
}  # fmt: skip
_LOWER = frozenset({"status", "priority", "type"})
_ROLES: Mapping[str, str] = {"end-user": "customer", "end_user": "customer", "agent": "agent", "admin": "agent"}
_NEWER_MS = 1_999  # `updated_at` has whole seconds, `time` has nanoseconds


def map_payload(payload: Any, _headers: Headers, _received_ms: int) -> list[TicketEvent]:
    """The event of a webhook, or a snapshot of each ticket that was read."""
    body = as_object(
        "payload", payload, "a Zendesk event with `type`, `time` and `detail`, or a ticket with `updated_at`"
    )
    if "detail" not in body and isinstance(body.get("tickets"), list):  # an answer of the API
        return [_row(as_object("ticket", row, "a ticket with `id` and `updated_at`")) for row in body["tickets"]]
    if "detail" not in body and "updated_at" in body:
        return [_row(body)]
    return _webhook(body)


def _row(row: Row) -> TicketEvent:
    """The ticket as it stood at its last change; the export of all tickets has the deleted ones, too."""
    at = instant("updated_at", row.get("updated_at"))
    fields = _facts(row)
    kind = Kind.DELETED if fields.get("status") == "deleted" else Kind.SNAPSHOT
    ticket = need("id", row.get("id"), "the id of the ticket")
    opened = _created_at(row, at) if kind is Kind.SNAPSHOT else None
    return canonical.event(ticket, at, kind, fields, created_at=opened, source="zendesk")


def _webhook(body: Row) -> list[TicketEvent]:
    """The one event of a ticket webhook; none for other Zendesk events and for changes no promise looks at."""
    full = need(
        "type", body.get("type"), "the type of a Zendesk event", "connect the webhook to events, not to a trigger"
    )
    name = full.lower().removeprefix(_PREFIX)
    if not full.lower().startswith(_PREFIX):
        raise refusal(UNKNOWN_SHAPE, "type", f"a Zendesk event type that begins with {_PREFIX}", full)
    if name not in _KINDS and name not in _CHANGES and name != "ticket.tags_changed":
        return []
    return [_event(body, name)]


def _event(body: Row, name: str) -> TicketEvent:
    detail, at = inner(body, "detail"), instant("time", body.get("time"))
    ticket = need("detail.id", detail.get("id") or _subject(body), "the id of the ticket")
    record_id = need("id", body.get("id"), "the id of the event")
    stale = _is_newer(detail, at)
    fields = {} if stale else _facts(detail)
    if name in _CHANGES:
        field = _CHANGES[name]
        fields[field] = _value(field, inner(body, "event").get("current"))
    kind = _KINDS.get(name, Kind.SNAPSHOT if "created_at" in detail and not stale else Kind.UPDATED)
    if name == "ticket.agent_assignment_changed" and fields["assignee"] is None:
        kind = Kind.UPDATED
    by, public = _author(body, name) if kind is Kind.REPLIED else (None, None)
    return canonical.event(
        ticket, at, kind, fields, record_id=record_id, by=by, public=public, source="zendesk",
        created_at=_created_at(detail, at) if kind in (Kind.CREATED, Kind.SNAPSHOT) else None,
    )  # fmt: skip


def _is_newer(detail: Row, at: int) -> bool:
    """Whether the ticket was read after the event, so that it holds later changes: then only the event itself counts."""
    updated = detail.get("updated_at")
    return updated is not None and instant("detail.updated_at", updated) > at + _NEWER_MS


def _facts(detail: Row) -> dict[str, Any]:
    fields: dict[str, Any] = {f: _value(f, detail[key]) for f, key in _DETAIL.items() if key in detail}
    tags = detail.get("tags")
    if isinstance(tags, list):
        fields["tags"] = [tag for tag in tags if isinstance(tag, str)]
    channel = text(inner(detail, "via").get("channel"))
    return fields if channel is None else fields | {"channel": channel.lower()}


def _value(field: str, value: Any) -> str | None:
    found = text(value)
    return found.lower() if found is not None and field in _LOWER else found


def _author(body: Row, name: str) -> tuple[str | None, bool]:
    if name == "messaging_ticket.message_added":
        return _ROLES.get(str(inner(body, "event", "actor").get("type", "")).lower(), "system"), True
    comment = inner(body, "event", "comment")
    author = text(inner(comment, "author").get("id")) or text(comment.get("author_id"))
    public = comment.get("is_public", comment.get("public"))
    if not isinstance(public, bool):
        raise refusal(UNKNOWN_SHAPE, "event.comment.is_public", "true or false", public)
    return _role(comment, author, text(inner(body, "detail").get("requester_id"))), public


def _role(comment: Row, author: str | None, requester: str | None) -> str | None:
    """Who wrote it: the requester is the customer, also if he is an agent elsewhere; a CC'd user is one, too."""
    if author == "-1":
        return "system"
    if author is not None and author == requester:
        return "customer"
    staff = inner(comment, "author").get("is_staff")
    if isinstance(staff, bool):
        return "agent" if staff else "customer"
    return _ROLES.get(str(inner(comment, "author").get("role", "")).lower())


def _subject(body: Row) -> str | None:
    subject = text(body.get("subject")) or ""
    return subject.removeprefix("zen:ticket:") if subject.startswith("zen:ticket:") else None


def _created_at(detail: Row, at: int) -> int | None:
    created = detail.get("created_at")
    return None if created is None else not_after(instant("detail.created_at", created), at)


ZENDESK = Source(
    "zendesk",
    map_payload,
    frozenset({
        "created", "public_reply", "customer_message", "assigned", "status", "priority", "group", "deleted",
    }),
    "id of the event; of a ticket that was read a hash of the content",
)  # fmt: skip
