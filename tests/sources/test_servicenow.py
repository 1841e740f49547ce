"""ServiceNow rows and journal rows (semantics 3.14, 4.2)."""

from typing import Any

import pytest

from slamon.sla import instants
from slamon.sla.events import Kind, TicketEvent
from slamon.sources import SOURCES
from tests.sources.payloads import event, events, refused, shared

ROW = {
    "sys_id": "a1",
    "number": "INC1",
    "sys_updated_on": "2024-01-05 15:00:00",
    "sys_created_on": "2024-01-05 14:00:00",
    "opened_at": "2024-01-05 13:59:00",
    "sys_mod_count": "3",
    "state": "2",
}
COMMENT = {
    "sys_id": "j1",
    "element": "comments",
    "element_id": "a1",
    "name": "incident",
    "number": "INC1",
    "caller": "abel.tuter",
    "sys_created_by": "beth.anglin",
    "sys_created_on": "2024-01-05 15:00:00",
    "value": "We look into it",
}
AT = instants.parse("2024-01-05T15:00:00Z")
OPENED = instants.parse("2024-01-05T13:59:00Z")


def test_a_row_is_a_snapshot_at_its_update_with_its_creation_and_its_revision() -> None:
    assert event("servicenow", ROW) == TicketEvent(
        "INC1", "a1:3", AT, Kind.SNAPSHOT, {"status": "2"}, 3, created_at=OPENED, source="servicenow"
    )


def test_the_row_of_the_table_api_is_read_from_its_envelope() -> None:
    found = event("servicenow", shared("servicenow-table-api-incident.json"))
    assert (found.ticket, found.id, found.kind, found.revision) == ("INC0000039", "sys_id:8", Kind.SNAPSHOT, 8)
    assert found.at == instants.parse("2020-04-02T14:03:31Z")
    assert found.created_at == instants.parse("2019-09-05T00:41:01Z")
    assert found.fields["title"] == "Trouble getting to Oregon mail server"
    assert (found.fields["status"], found.fields["priority"]) == ("1", "4")
    assert (found.fields["group"], found.fields["assignee"], found.fields["customer"]) == ("test", None, "test")
    assert found.fields["u_custom_field_test"] == "NYC"


def test_the_first_row_of_a_ticket_is_its_creation() -> None:
    assert event("servicenow", ROW | {"sys_mod_count": "0"}).kind is Kind.CREATED


def test_several_rows_in_one_answer_are_several_events() -> None:
    assert [found.ticket for found in events("servicenow", {"result": [ROW, ROW | {"number": "INC2"}]})] == [
        "INC1",
        "INC2",
    ]
    assert events("servicenow", {"result": []}) == []


def test_a_column_that_is_not_in_the_row_is_unchanged_and_an_empty_one_is_cleared() -> None:
    assert event("servicenow", ROW | {"assigned_to": ""}).fields == {"status": "2", "assignee": None}


def test_the_older_column_of_the_state_is_read_only_where_the_newer_is_missing() -> None:
    assert event("servicenow", ROW | {"incident_state": "6"}).fields["status"] == "2"
    older = {column: word for column, word in ROW.items() if column != "state"}
    assert event("servicenow", older | {"incident_state": "6"}).fields["status"] == "6"


def test_references_and_values_of_every_display_setting_are_read() -> None:
    row = ROW | {
        "assignment_group": {"link": "https://x/api/now/table/sys_user_group/77", "value": "77"},
        "assigned_to": {"display_value": "Beth Anglin", "link": "https://x/api/now/table/sys_user/5"},
        "state": {"display_value": "In Progress", "value": "2"},
        "sys_updated_on": {"display_value": "05.01.2024 16:00:00", "value": "2024-01-05 15:00:00"},
    }
    found = event("servicenow", row)
    assert found.fields == {"status": "In Progress", "group": "77", "assignee": "Beth Anglin"}
    assert found.at == AT


def test_what_exports_fill_back_into_older_rows_is_never_read() -> None:
    late = dict.fromkeys(
        ["resolved_at", "closed_at", "close_code", "closed_code", "resolved_by", "closed_by", "made_sla"], "x"
    )
    assert event("servicenow", ROW | late) == event("servicenow", ROW)


def test_an_opening_typed_in_for_later_counts_as_opened_now() -> None:
    assert event("servicenow", ROW | {"opened_at": "2024-02-01 00:00:00"}).created_at == AT


def test_a_row_without_a_revision_has_the_hash_of_its_content_as_its_id() -> None:
    row = {column: word for column, word in ROW.items() if column != "sys_mod_count"}
    one, other = event("servicenow", row), event("servicenow", row | {"state": "6"})
    assert one.kind is Kind.SNAPSHOT
    assert len(one.id) == 32
    assert one.id != other.id


def test_columns_of_the_customers_own_making_are_fields_unless_they_are_prose() -> None:
    assert event("servicenow", ROW | {"u_tier": "gold", "u_notes": "x" * 300}).fields == {
        "status": "2",
        "u_tier": "gold",
    }


def test_a_ticket_can_go_by_its_sys_id_so_that_plain_journal_rows_find_it() -> None:
    plain = {column: word for column, word in COMMENT.items() if column not in ("number", "caller")}
    assert event("servicenow_sys_id", ROW).ticket == "a1"
    reply = event("servicenow_sys_id", plain)
    assert (reply.ticket, reply.kind, reply.public, reply.by) == ("a1", Kind.REPLIED, True, None)


def test_a_comment_by_anyone_but_the_caller_is_an_agents_public_reply() -> None:
    assert event("servicenow_journal", COMMENT) == TicketEvent(
        "INC1", "j1", AT, Kind.REPLIED, by="agent", public=True, source="servicenow"
    )


@pytest.mark.parametrize(
    ("change", "author", "public"),
    [
        ({"sys_created_by": "Abel.Tuter"}, "customer", True),
        ({"caller": ""}, "agent", True),
        ({"sys_created_by": "system"}, "system", True),
        ({"element": "work_notes"}, "agent", False),
        ({"element": "work_notes", "sys_created_by": "abel.tuter"}, "agent", False),
    ],
)
def test_who_wrote_it_follows_from_the_caller_and_from_the_kind_of_note(
    change: dict[str, str], author: str, public: bool
) -> None:
    found = event("servicenow_journal", COMMENT | change)
    assert (found.by, found.public) == (author, public)


@pytest.mark.parametrize(
    ("source", "key", "ticket"),
    [
        ("servicenow", {"number": "INC1", "sys_id": "a1"}, "INC1"),
        ("servicenow", {"sys_id": "a1"}, None),
        ("servicenow", "a1", None),
        ("servicenow_sys_id", {"sys_id": "a1"}, "a1"),
        ("servicenow_sys_id", "a1", "a1"),
    ],
)
def test_a_tombstone_names_its_ticket_only_if_its_key_does(source: str, key: Any, ticket: str | None) -> None:
    tell = SOURCES[source].subject_of_key
    assert tell is not None
    assert tell(key) == ticket


JOIN = "read sys_journal_field through a database view that adds the ticket's number and its caller's user name"
REFUSED: list[tuple[Any, str, str]] = [
    ([3], "unknown_shape", "row: expected a ServiceNow row, a list of them, or either inside `result`, got 3"),
    (
        {},
        "unknown_shape",
        "row: expected a row of a task table with sys_updated_on, or of sys_journal_field, got an object with 0 keys",
    ),
    (
        ROW | {"number": ""},
        "missing_field",
        "number: expected the ticket's id, got nothing (add the column to sysparm_fields)",
    ),
    (
        ROW | {"sys_updated_on": ""},
        "missing_field",
        "sys_updated_on: expected an RFC 3339 instant with offset or epoch milliseconds, got nothing",
    ),
    (
        ROW | {"sys_updated_on": "05.01.2024 16:00"},
        "bad_instant",
        "sys_updated_on: expected an RFC 3339 instant with offset, got '05.01.2024 16:00' (write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00)",
    ),
    (ROW | {"sys_mod_count": "many"}, "bad_type", "sys_mod_count: expected a whole number from 0, got 'many'"),
    (
        COMMENT | {"element": "close_notes"},
        "unknown_value",
        "element: expected comments or work_notes, got 'close_notes'",
    ),
    (
        COMMENT | {"number": ""},
        "missing_field",
        f"number: expected the ticket of this journal row, got nothing ({JOIN})",
    ),
    (
        {column: word for column, word in COMMENT.items() if column != "caller"},
        "missing_field",
        f"caller: expected the user name of the ticket's caller, or an empty text, got nothing ({JOIN})",
    ),
]


@pytest.mark.parametrize(("payload", "reason", "message"), REFUSED)
def test_a_row_that_cannot_be_a_ticket_is_refused_with_the_way_out(payload: Any, reason: str, message: str) -> None:
    assert refused("servicenow", payload) == (reason, message)
