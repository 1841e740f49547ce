"""The enriched audit log of a ServiceNow instance as UCI publishes it (DOI 10.24432/C57S4H): one row an update, as CSV.

Minutes in UTC as dd/mm/yyyy, `?` for nothing; several rows share a minute and `sys_mod_count` orders them. The columns
that the export fills back into every row (`resolved_at`, `closed_at`, `closed_code`, `resolved_by`) and the instance's
own verdict (`made_sla`) are never read.
"""

from collections.abc import Mapping
from typing import Any

from slamon.sla import canonical
from slamon.sla.events import Kind, TicketEvent
from slamon.sources.reading import Row, as_object, count, day_first, need, not_after, text
from slamon.sources.source import Headers, Source

_FIELDS: Mapping[str, str] = {
    "status": "incident_state",
    "priority": "priority",
    "group": "assignment_group",
    "assignee": "assigned_to",
    "caller": "caller_id",
    "urgency": "urgency",
    "impact": "impact",
    "category": "category",
    "subcategory": "subcategory",
    "item": "cmdb_ci",
    "location": "location",
    "channel": "contact_type",
    "active": "active",
}


def map_row(payload: Any, _headers: Headers, _received_ms: int) -> list[TicketEvent]:
    """The one event of a row of the log."""
    row = as_object("row", payload, "a row of the ServiceNow event log as an object of its columns")
    ticket = need("number", _cell(row, "number"), "the incident's number")
    at = day_first("sys_updated_at", _cell(row, "sys_updated_at"))
    revision = count("sys_mod_count", need("sys_mod_count", _cell(row, "sys_mod_count"), "the number of the update"))
    opened = _cell(row, "opened_at") or _cell(row, "sys_created_at")
    event = canonical.event(
        ticket, at, Kind.CREATED if revision == 0 else Kind.SNAPSHOT,
        {name: _cell(row, column) for name, column in _FIELDS.items() if column in row},
        record_id=f"{ticket}:{revision}", revision=revision, source="servicenow",
        created_at=None if opened is None else not_after(day_first("opened_at", opened), at),
    )  # fmt: skip
    return [event]


def _cell(row: Row, column: str) -> str | None:
    value = text(row.get(column))
    return None if value == "?" else value


SERVICENOW_LOG = Source(
    "servicenow_log",
    map_row,
    frozenset({"created", "assigned", "status", "priority", "group"}),
    "number and sys_mod_count",
    family="servicenow",
)
