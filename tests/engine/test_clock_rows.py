"""The topic `clocks`: a row for each open clock, written with the unit that changed it (docs/clocks.md)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from slamon.engine.clock_rows import COLUMNS, REQUIRED, _connect_schema
from slamon.engine.keys import APPLIED
from slamon.engine.listing import PAGE
from slamon.engine.position import LISTED
from slamon.engine.version import VERSION
from slamon.sla.policy import Agreement, Policy, Threshold
from tests.availability.promises import promise, says, uptime
from tests.engine.reader_of_clocks import Listed
from tests.kit import DAY, HOUR, at, book, limits, objective, paused_by, policies, record, threshold

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "clock.schema.json").read_text())
NINE = at("2024-01-08 09:00")
GOLD = Policy(
    "gold",
    (objective("resolution", "4h", pause=paused_by("hold")),),
    agreement=Agreement("acme"),
    links={"runbook": "https://wiki.example.com/gold"},
)  # fmt: skip


def bench(*objectives: Any, **more: Any) -> Listed:
    return Listed(book(*objectives), **more)


def sent(listed: Listed) -> list[tuple[str, dict[str, Any] | None]]:
    """(stage or nothing, ...) of every record of the topic, in order."""
    found = (one for unit in listed.units for one in unit.outgoing if one.topic == "clocks")
    return [(one.key.decode(), None if one.value is None else orjson.loads(one.value)) for one in found if one.key]


def test_a_row_says_what_a_person_asks_of_an_open_clock():
    listed = bench(GOLD)
    fields = {
        "title": "No mail",
        "url": "https://desk.example.com/T-1",
        "customer": "acme",
        "group": "mail",
        "assignee": "ada",
    }
    listed.deliver(record(NINE, "created", priority="P1", status="open", **fields))
    ((clock_id, row),) = listed.rows.items()
    assert list(row) == list(COLUMNS)
    assert row == {
        "clock_id": clock_id, "kind": "ticket", "subject": "T-1", "slot": "sla", "policy": "gold", "policy_kind": "SLA",
        "version": "v1", "agreement": "acme", "supports": None, "objective": "resolution", "objective_kind": "resolution",
        "cycle": 1, "cycle_start": "2024-01-08T09:00:00Z", "stage": "active", "target": "4h", "target_seconds": 14400,
        "due_at": "2024-01-08T13:00:00Z", "remaining_seconds": None, "breached_at": None, "thresholds": "", "severity": None,
        "escalate_to": None, "partial": False, "priority": "P1", "status": "open", **fields,
        "runbook": "https://wiki.example.com/gold",
    }  # fmt: skip


def test_the_row_follows_the_clock_from_its_start_to_its_end():
    warned = Threshold("50%", percent=5_000, severity="warning", escalate_to="head")
    promised = objective("resolution", "4h", pause=paused_by("hold"))
    listed = bench(replace(promised, thresholds=(warned, threshold("90%"))))
    listed.deliver(record(NINE, "created", status="open"))
    listed.deliver(record(NINE + HOUR, "updated", status="hold"))
    listed.deliver(record(NINE + 2 * HOUR, "updated", status="open"))
    listed.tick(NINE + 3 * HOUR + 1)
    listed.tick(NINE + 5 * HOUR + 1)
    listed.deliver(record(NINE + 6 * HOUR, "resolved"))
    listed.tick(NINE + 7 * HOUR)
    told = [
        row
        and (
            row["stage"],
            row["due_at"],
            row["remaining_seconds"],
            row["thresholds"],
            row["severity"],
            row["breached_at"],
        )
        for _, row in sent(listed)
    ]
    due = "2024-01-08T14:00:00Z"
    assert told == [
        ("active", "2024-01-08T13:00:00Z", None, "", None, None),
        ("paused", None, 10800, "", None, None),
        ("active", due, None, "", None, None),
        ("active", due, None, "50%", "warning", None),
        ("active", due, None, "50%, 90%", None, due),
        None,
    ]
    assert listed.rows == {}


def test_nothing_is_written_where_nothing_of_the_row_changed():
    listed = bench(objective("resolution", "4h"))
    listed.deliver(record(NINE, "created", status="open"))
    listed.deliver(record(NINE + 1, "replied", by="agent", public=True), record(NINE + 2, "updated", tags="x"))
    listed.deliver(record(NINE, "created", status="open"))
    listed.tick(NINE + HOUR)
    assert len(sent(listed)) == 1


def test_off_it_writes_nothing_and_the_position_is_of_the_version_that_others_read():
    listed = bench(objective("resolution", "4h"), form=None)
    listed.deliver(record(NINE, "created"))
    listed.tick(NINE + HOUR)
    assert not sent(listed)
    assert orjson.loads(listed.store.pairs[APPLIED])[0] == VERSION
    assert listed.partition.next_due() == NINE + 4 * HOUR


def test_a_late_record_that_makes_a_clock_another_one_takes_its_row_away():
    listed = bench(objective("resolution", "4h"))
    listed.deliver(record(NINE, "created", "first", status="open"))
    (before,) = listed.rows
    listed.deliver(record(NINE - HOUR, "created", "earlier", status="open"))
    (after,) = listed.rows
    assert before != after
    listed.check()


def test_a_draft_has_no_row():
    listed = bench(Policy("next", (objective("resolution", "4h"),), draft=True), objective("resolution", "8h"))
    listed.deliver(record(NINE, "created"))
    assert {row["slot"] for row in listed.rows.values()} == {"sla"}


def test_every_text_is_one_and_a_long_one_is_cut():
    listed = bench(objective("resolution", "4h"))
    listed.deliver(record(NINE, "created", "e1", url="u" * 5_000, status=7, assignee=("ann", "bob")))
    (row,) = listed.rows.values()
    assert row["url"] == "u" * 512
    assert (row["status"], row["assignee"]) == ("7", "ann, bob")


def test_a_forgotten_ticket_has_no_row_left():
    listed = bench(objective("resolution", "4h"), limits=limits(retention_ms=DAY))
    listed.deliver(record(NINE, "created"), record(NINE + HOUR, "resolved"))
    listed.tick(NINE + 3 * DAY)
    listed.tick(NINE + 3 * DAY + 1)
    assert listed.store.pairs.keys() == {APPLIED}
    assert listed.rows == {}


def test_the_clock_of_a_service_has_a_row_too():
    promises = book(
        policies(uptime(promise("availability", "99.9%", "month", "50%"), promise("outages", "2", "month")))
    )
    listed = Listed(promises)
    start = at("2024-06-01 00:00")
    listed.deliver(says(start, "up"))
    listed.deliver(says(start + DAY, "down"))
    listed.tick(start + DAY + HOUR)
    listed.check()
    rows = {row["objective"]: row for row in listed.rows.values()}
    assert {row["kind"] for row in rows.values()} == {"service"}
    assert (rows["availability month"]["target"], rows["availability month"]["target_seconds"]) == ("99.9%", None)
    assert rows["availability month"]["breached_at"] is not None
    assert rows["availability month"]["thresholds"] == "50%"
    assert (rows["outages month"]["target"], rows["outages month"]["target_seconds"]) == ("2", None)


def test_turned_on_over_state_every_open_clock_is_listed_once_page_by_page():
    listed = bench(objective("resolution", "4h"), form=None)
    many = 2 * PAGE + 7
    listed.deliver(*(record(NINE, "created", f"c{n}", ticket=f"T-{n}") for n in range(many)))
    listed.turn("json")
    assert listed.partition.next_due() == 0, "there is something to do"
    before = len(listed.units)
    listed.tick(NINE + 1)
    pages = [[one for one in unit.outgoing if one.topic == "clocks"] for unit in listed.units[before:]]
    assert [len(page) for page in pages] == [PAGE, PAGE, 7]
    listed.check()
    listed.listing = False
    listed.rebuild()
    listed.tick(NINE + 2)
    assert orjson.loads(listed.store.pairs[APPLIED])[0] == f"{VERSION}{LISTED}json"
    assert listed.partition.next_due() == NINE + 4 * HOUR


def test_a_worker_that_ends_while_it_lists_begins_again():
    listed = bench(objective("resolution", "4h"), form=None)
    listed.deliver(*(record(NINE, "created", f"c{n}", ticket=f"T-{n}") for n in range(2 * PAGE)))
    listed.turn("json")
    listed._take(listed.partition.on_tick(NINE + 1, NINE + 1))
    assert len(listed.rows) == PAGE
    listed.rebuild()
    listed.tick(NINE + 1)
    listed.check()


def test_what_ended_while_nobody_wrote_is_taken_away_when_it_is_turned_on_again():
    listed = bench(objective("resolution", "4h"), objective("first_response", "1h"), objective("next_response", "1h"))
    listed.deliver(record(NINE, "created"))
    assert len(listed.rows) == 2
    listed.turn(None)
    listed.deliver(record(NINE + 1, "replied", by="agent", public=True))
    listed.turn("json")
    listed.tick(NINE + 2)
    assert [row["objective"] for row in listed.rows.values()] == ["resolution"]
    listed.check()


def test_another_form_lists_again():
    listed = bench(objective("resolution", "4h"))
    listed.deliver(record(NINE, "created"))
    listed.turn("connect")
    listed.tick(NINE + 1)
    (row,) = listed.rows.values()
    assert (row["cycle_start"], row["due_at"]) == (NINE, NINE + 4 * HOUR)
    listed.check()


def test_a_new_partition_has_nothing_to_list():
    assert bench(objective("resolution", "4h")).partition.next_due() is None


def test_the_form_for_connect_carries_a_schema_that_fits_its_payload():
    listed = bench(objective("resolution", "4h"), form="connect")
    listed.deliver(record(NINE, "created", status="open"))
    (unit,) = listed.units
    (one,) = (one for one in unit.outgoing if one.topic == "clocks")
    value = orjson.loads(one.value or b"")
    assert value["schema"] == _connect_schema()
    kinds = {"string": str, "int64": int, "int32": int, "double": (int, float), "boolean": bool}
    assert [field["field"] for field in value["schema"]["fields"]] == list(value["payload"])
    for field in value["schema"]["fields"]:
        told = value["payload"][field["field"]]
        assert isinstance(told, kinds[field["type"]]) or (told is None and field["optional"])


@pytest.mark.parametrize("objectives", [(objective("resolution", "4h", "50%"),), (GOLD,)])
def test_every_row_fits_the_published_schema(objectives: Any):
    Draft202012Validator.check_schema(SCHEMA)
    listed = bench(*objectives)
    listed.deliver(record(NINE, "created", status="open"), record(NINE + HOUR, "updated", status="hold"))
    listed.deliver(record(NINE + 2 * HOUR, "updated", status="open"))
    listed.tick(NINE + 30 * HOUR)
    for _, row in sent(listed):
        assert list(Draft202012Validator(SCHEMA).iter_errors(row)) == []


def test_the_published_schema_has_the_columns_of_the_code():
    assert tuple(SCHEMA["properties"]) == COLUMNS
    assert SCHEMA["required"] == list(COLUMNS)
    optional = {name for name, told in SCHEMA["properties"].items() if "null" in str(told)}
    assert optional == set(COLUMNS) - set(REQUIRED)
