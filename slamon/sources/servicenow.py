"""ServiceNow: rows of the task tables as the Table API and connectors deliver them, and journal rows for replies.

All values are text, references are objects, instants are UTC without saying so. `resolved_at`, `closed_at`,
`close_code`, `resolved_by` and `made_sla` are never read: exports fill them back into older rows.
"""

from collections.abc import Mapping
from typing import Any

from slamon.sla import canonical
from slamon.sla.events import Kind, TicketEvent
from slamon.sla.refusals import UNKNOWN_SHAPE, UNKNOWN_VALUE, refusal
from slamon.sources.reading import Row, as_object, count, need, not_after, text, utc
from slamon.sources.source import Headers, Source

_FIELDS: Mapping[str, tuple[str, ...]] = {  # the first column that the row has gives the field
    "status": ("state", "incident_state"),
    "priority": ("priority",),
    "group": ("assignment_group",),
    "assignee": ("assigned_to",),
    "customer": ("company",),
    "title": ("short_description",),
    "type": ("sys_class_name",),
    "caller": ("caller_id",),
    "urgency": ("urgency",),
    "impact": ("impact",),
    "category": ("category",),
    "subcategory": ("subcategory",),
    "service": ("business_service",),
    "item": ("cmdb_ci",),
    "location": ("location",),
    "channel": ("contact_type",),
    "hold_reason": ("hold_reason",),
    "active": ("active",),
}
_MAX_OWN = 32  # columns of the customer's own making (u_...) that are carried
_MAX_OWN_TEXT = 256
_SYSTEM_USERS = frozenset({"system", "guest"})
_JOIN = "read sys_journal_field through a database view that adds the ticket's number and its caller's user name"


def by_number(payload: Any, _headers: Headers, _received_ms: int) -> list[TicketEvent]:
    """The events of task and journal rows; the ticket is its number (INC0010001)."""
    return [_reply(row, "number") if "element_id" in row else _snapshot(row, "number") for row in rows(payload)]


def by_sys_id(payload: Any, _headers: Headers, _received_ms: int) -> list[TicketEvent]:
    """The events of task and journal rows; the ticket is its sys_id, which plain journal rows carry too."""
    return [_reply(row, "element_id") if "element_id" in row else _snapshot(row, "sys_id") for row in rows(payload)]


def rows(payload: Any) -> list[Row]:
    """The rows of a Table API answer, of a list, or the one row that the payload is."""
    if isinstance(payload, Mapping):
        payload = payload.get("result", payload.get("records", payload))
    found = payload if isinstance(payload, list) else [payload]
    return [as_object("row", row, "a ServiceNow row, a list of them, or either inside `result`") for row in found]


def plain(value: Any) -> str | None:
    """The text of a value or of a reference: the display value if the row has one, since people write that in policies."""
    if isinstance(value, Mapping):
        return text(value.get("display_value")) or text(value.get("value"))
    return text(value)


def number_of_key(key: Any) -> str | None:
    """The number in the key of a row, if its connector put it there."""
    return plain(key.get("number")) if isinstance(key, Mapping) else None


def sys_id_of_key(key: Any) -> str | None:
    """The sys_id that the key of a row is, or that stands in it."""
    return plain(key.get("sys_id")) if isinstance(key, Mapping) else text(key)


def _snapshot(row: Row, key: str) -> TicketEvent:
    _require_task(row)
    ticket = need(key, plain(row.get(key)), "the ticket's id", "add the column to sysparm_fields")
    at = utc("sys_updated_on", _raw(row, "sys_updated_on"))
    revision = count("sys_mod_count", _raw(row, "sys_mod_count"))
    opened = _raw(row, "opened_at") or _raw(row, "sys_created_on")
    return canonical.event(
        ticket, at, Kind.CREATED if revision == 0 else Kind.SNAPSHOT, _fields(row),
        record_id=None if revision is None else f"{_raw(row, 'sys_id') or ticket}:{revision}", revision=revision,
        created_at=None if opened is None else not_after(utc("opened_at", opened), at), source="servicenow",
    )  # fmt: skip


def _reply(row: Row, key: str) -> TicketEvent:
    element = need("element", plain(row.get("element")), "comments or work_notes")
    if element not in ("comments", "work_notes"):
        raise refusal(UNKNOWN_VALUE, "element", "comments or work_notes", element)
    ticket = need(key, plain(row.get(key)), "the ticket of this journal row", _JOIN)
    at = utc("sys_created_on", _raw(row, "sys_created_on"))
    public = element == "comments"
    author = _author(row, joined=key == "number") if public else "agent"  # only agents can write work notes
    record_id = _raw(row, "sys_id")
    return canonical.event(ticket, at, Kind.REPLIED, record_id=record_id, by=author, public=public, source="servicenow")


def _author(row: Row, *, joined: bool) -> str | None:
    """A comment's author is the customer if he is the ticket's caller; without the caller in the row nobody knows."""
    if joined and "caller" not in row:
        need("caller", None, "the user name of the ticket's caller, or an empty text", _JOIN)
    user, caller = plain(row.get("sys_created_by")), plain(row.get("caller"))
    if user in _SYSTEM_USERS:
        return "system"
    if "caller" not in row or user is None:
        return None
    return "customer" if caller is not None and user.casefold() == caller.casefold() else "agent"


def _fields(row: Row) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, columns in _FIELDS.items():
        column = next((column for column in columns if column in row), None)
        if column is not None:
            fields[name] = plain(row[column])
    own = sorted(column for column in row if column.startswith("u_"))[:_MAX_OWN]
    found = {column: plain(row[column]) for column in own}
    return fields | {column: word for column, word in found.items() if word is None or len(word) <= _MAX_OWN_TEXT}


def _raw(row: Row, column: str) -> Any:
    """The stored value: the display value of an instant is in its reader's own zone and form."""
    value = row.get(column)
    value = value.get("value") if isinstance(value, Mapping) else value
    return None if value == "" else value


def _require_task(row: Row) -> None:
    if "sys_updated_on" not in row:
        raise refusal(UNKNOWN_SHAPE, "row", "a row of a task table with sys_updated_on, or of sys_journal_field", row)


_SHOWS = frozenset({"created", "assigned", "status", "priority", "group"})
_ROW_ID = "sys_id (else number) and sys_mod_count; of a journal row its sys_id; without them a hash of the content"
SERVICENOW = Source("servicenow", by_number, _SHOWS, _ROW_ID, number_of_key)
SERVICENOW_SYS_ID = Source("servicenow_sys_id", by_sys_id, _SHOWS, _ROW_ID, sys_id_of_key, "servicenow")
SERVICENOW_JOURNAL = Source(
    "servicenow_journal",
    by_number,
    frozenset({"public_reply", "customer_message"}),
    "sys_id of the journal row",
    family="servicenow",
)
