"""The published audit log of a ServiceNow instance (semantics 3.4, 4.2)."""

import csv
import gzip
from typing import Any

import pytest

from slamon.sla import instants
from slamon.sla.events import Kind, TicketEvent
from tests.sources.payloads import RECEIVED, event, refused, shared_file

ROW = {
    "number": "INC0000086",
    "incident_state": "Awaiting User Info",
    "sys_mod_count": "4",
    "opened_at": "29/2/2016 08:43",
    "sys_updated_at": "1/3/2016 08:54",
    "priority": "3 - Moderate",
    "assignment_group": "Group 23",
    "assigned_to": "?",
}


def test_a_row_is_a_snapshot_at_its_minute_in_utc_ordered_by_its_revision() -> None:
    fields = {"status": "Awaiting User Info", "priority": "3 - Moderate", "group": "Group 23", "assignee": None}
    assert event("servicenow_log", ROW) == TicketEvent(
        "INC0000086",
        "INC0000086:4",
        instants.parse("2016-03-01T08:54:00Z"),
        Kind.SNAPSHOT,
        fields,
        4,
        created_at=instants.parse("2016-02-29T08:43:00Z"),
        source="servicenow",
    )


def test_the_first_row_is_the_creation_and_what_was_filled_back_is_never_read() -> None:
    first = event("servicenow_log", ROW | {"sys_mod_count": "0"})
    late = dict.fromkeys(["resolved_at", "closed_at", "closed_code", "resolved_by", "made_sla"], "1/4/2016 08:00")
    assert first.kind is Kind.CREATED
    assert event("servicenow_log", ROW | late) == event("servicenow_log", ROW)


@pytest.mark.parametrize(
    ("change", "reason", "message"),
    [
        ({"number": "?"}, "missing_field", "number: expected the incident's number, got nothing"),
        ({"sys_mod_count": "?"}, "missing_field", "sys_mod_count: expected the number of the update, got nothing"),
        (
            {"sys_updated_at": "2016-03-01"},
            "bad_instant",
            "sys_updated_at: expected an instant in UTC like '31/1/2024 15:00', got '2016-03-01'",
        ),
        (
            {"sys_updated_at": "31/2/2016 08:00"},
            "bad_instant",
            "sys_updated_at: expected an RFC 3339 instant with offset, got '2016-02-31T08:00:00Z' (day is out of range for month)",
        ),
    ],
)
def test_a_broken_row_is_refused_by_name(change: dict[str, Any], reason: str, message: str) -> None:
    assert refused("servicenow_log", ROW | change) == (reason, message)


def test_every_row_of_the_published_sample_is_read_and_has_an_id_of_its_own() -> None:
    from slamon.sources import SOURCES

    with gzip.open(shared_file("data/servicenow-incidents-sample.csv.gz"), "rt", encoding="utf-8") as lines:
        found = [event for row in csv.DictReader(lines) for event in SOURCES["servicenow_log"].map(row, {}, RECEIVED)]
    assert (len(found), len({event.id for event in found}), len({event.ticket for event in found})) == (
        6706,
        6706,
        1174,
    )
    assert sum(event.kind is Kind.CREATED for event in found) == 1174
    assert all(event.created_at is not None and event.created_at <= event.at for event in found)
