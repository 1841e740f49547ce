"""`slamon replay`: recorded tickets in virtual time, without Kafka."""

import csv
import gzip
import random
from pathlib import Path

import orjson
import pytest

from slamon.sla.instants import parse
from tests.cli.calling import POLICIES, ROOT, SAMPLE, TICKETS, call

PROMISES = ("--policies", POLICIES)
SERVICENOW = ("--policies", ROOT / "examples" / "servicenow" / "policies.yaml", "--source", "servicenow_log")
needs_sample = pytest.mark.skipif(not SAMPLE.is_file(), reason=f"{SAMPLE.name} is not beside the repository")


def facts(*words: object) -> list[dict]:
    said = call("replay", *words, "--json")
    assert said.code == 0, said.err
    return [orjson.loads(line) for line in said.out.splitlines()]


def brief(events: list[dict]) -> list[tuple[str, str, str, str]]:
    return [(e["time"][:16], e["subject"], e["data"]["what"], e["data"]["objective"]) for e in events]


def test_the_tables_show_clocks_warnings_and_breaches():
    said = call("replay", *PROMISES, TICKETS)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("8 records of 2 tickets until 2024-01-08T13:00:00Z\n\nclocks by policy (4)\n")
    assert "  T-1     resolution      missed  2h10m    2h      2024-01-08T11:00:00Z" in said.out
    assert "warnings (5)\n" in said.out
    assert "breaches (2)\n" in said.out


def test_limit_cuts_the_tables_and_says_so():
    said = call("replay", *PROMISES, TICKETS, "--limit", "1")
    assert "... and 4 more (--limit 0 shows all)\n" in said.out
    assert "more (" not in call("replay", *PROMISES, TICKETS, "--limit", "0").out


def test_json_prints_the_facts_that_stand_one_a_line_by_time_and_nothing_else():
    assert brief(facts(*PROMISES, TICKETS)) == [
        ("2024-01-08T08:15", "T-1", "warning", "first_response"),
        ("2024-01-08T08:20", "T-1", "cleared", "first_response"),
        ("2024-01-08T08:20", "T-1", "met", "first_response"),
        ("2024-01-08T09:40", "T-2", "warning", "first_response"),
        ("2024-01-08T10:00", "T-1", "warning", "resolution"),
        ("2024-01-08T10:10", "T-2", "breach", "first_response"),
        ("2024-01-08T10:45", "T-2", "missed", "first_response"),
        ("2024-01-08T10:48", "T-1", "warning", "resolution"),
        ("2024-01-08T11:00", "T-1", "breach", "resolution"),
        ("2024-01-08T11:10", "T-1", "missed", "resolution"),
        ("2024-01-08T12:40", "T-2", "warning", "resolution"),
    ]


def test_a_fact_is_a_cloud_event_as_on_kafka():
    (event, *_) = facts(*PROMISES, TICKETS)
    assert event["specversion"] == "1.0"
    assert event["type"] == "io.slamon.ticket.warning.v1"
    assert event["data"]["context"]["title"] == "No mail since this morning"
    assert event["data"]["explanation"]["counted"]


def test_time_ends_with_the_last_record_or_where_it_is_told_to(tmp_path: Path):
    early = facts(*PROMISES, TICKETS, "--until", "2024-01-08T11:00:00+01:00")
    assert brief(early)[-1] == ("2024-01-08T10:00", "T-1", "warning", "resolution")  # the end itself belongs to it
    late = facts(*PROMISES, TICKETS, "--until", "2024-01-08T16:40:00Z")
    assert brief(late)[-1] == ("2024-01-08T16:40", "T-2", "breach", "resolution")
    assert brief(facts(*PROMISES, TICKETS, "--until", "2024-01-08T16:39:59.999Z"))[-1][2] == "warning"


def test_records_after_the_end_are_left_out_and_counted():
    said = call("replay", *PROMISES, TICKETS, "--until", "2024-01-08T09:00:00Z")
    assert said.out.startswith("4 records of 2 tickets until 2024-01-08T09:00:00Z, 4 after the end left out\n")


def test_the_order_and_the_number_of_times_records_come_changes_nothing(tmp_path: Path):
    lines = TICKETS.read_text().splitlines() * 2
    random.Random(4).shuffle(lines)
    shuffled = tmp_path / "shuffled.ndjson"
    shuffled.write_text("\n".join(lines))
    assert facts(*PROMISES, shuffled) == facts(*PROMISES, TICKETS)


@pytest.mark.parametrize("form", ["json", "csv", "ndjson.gz"])
def test_every_format_gives_the_same_facts(tmp_path: Path, form: str):
    records = [orjson.loads(line) for line in TICKETS.read_bytes().splitlines()]
    path = tmp_path / f"tickets.{form}"
    if form == "json":
        path.write_bytes(orjson.dumps(records))
    elif form == "ndjson.gz":
        path.write_bytes(gzip.compress(TICKETS.read_bytes()))
    else:
        flat = [{**{k: v for k, v in r.items() if k != "fields"}, **r.get("fields", {})} for r in records]
        with path.open("w", newline="") as file:
            names = [
                "ticket",
                "id",
                "at",
                "event",
                "by",
                "public",
                "customer",
                "priority",
                "status",
                "group",
                "title",
                "assignee",
            ]
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(flat)
    assert facts(*PROMISES, path) == facts(*PROMISES, TICKETS)


def test_records_that_can_not_be_understood_are_told_by_line_and_do_not_stop_the_rest(tmp_path: Path):
    path = tmp_path / "x.ndjson"
    bad = [
        '{"ticket":"T-9","at":"2024-01-08 10:00","event":"created"}',
        "{",
        '{"ticket":"T-1","id":"1","at":0,"event":"created"}',
    ]
    reused = '{"ticket":"T-1","id":"5","at":"2024-01-08T12:11:00+01:00","event":"closed"}'
    path.write_text("\n".join([*TICKETS.read_text().splitlines(), *bad, reused]))
    said = call("replay", *PROMISES, path)
    assert said.code == 0
    assert [line.split(": ", 1)[0] for line in said.err.splitlines()] == [f"{path}:{n}" for n in (9, 10, 11, 12)]
    assert "[bad_instant]" in said.err
    assert "[not_json]" in said.err
    assert "[id_reused]" in said.err
    assert said.out.startswith("8 records of 2 tickets until 2024-01-08T13:00:00Z, 4 that can not be understood\n")
    assert call("replay", *PROMISES, path, "--strict").code == 1
    assert call("replay", *PROMISES, TICKETS, "--strict").code == 0


def test_many_bad_records_are_counted_and_not_all_listed(tmp_path: Path):
    path = tmp_path / "x.ndjson"
    path.write_text("nonsense\n" * 1000 + TICKETS.read_text())
    said = call("replay", *PROMISES, path)
    assert len(said.err.splitlines()) == 21
    assert "1000 that can not be understood" in said.out


@pytest.mark.parametrize("content", ["", "nonsense\nmore\n"])
def test_nothing_to_read_is_an_error(tmp_path: Path, content: str):
    path = tmp_path / "x.ndjson"
    path.write_text(content)
    said = call("replay", *PROMISES, path)
    assert (said.code, said.out) == (1, "")
    assert f"expected records, got none that can be understood in {len(content.splitlines())} rows" in said.err


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ([TICKETS, "none.ndjson"], "none.ndjson: expected a file that can be read, got none: No such file"),
        (
            ["--source", "jra", TICKETS],
            "source: expected one of alertmanager, canonical, canonical_uptime, custom, gatus, github,",
        ),
        (["--source", "custom", TICKETS], "mapping: expected a mapping file for source 'custom', got none"),
        (["--mapping", "x.yaml", TICKETS], "mapping: expected nothing for source 'canonical', got x.yaml"),
        (["--objective", "resolutoin", TICKETS], "got 'resolutoin' (did you mean 'resolution'?)"),
        (
            ["--compare", "made_sla", TICKETS],
            "--compare: expected --objective beside it, got none (known: first_response, resolution)",
        ),
    ],
)
def test_what_is_wrong_on_the_command_line_is_said(words: list[object], wrong: str):
    said = call("replay", *PROMISES, *words)
    assert (said.code, said.out) == (2, "")
    assert wrong in said.err


def test_a_wrong_instant_is_refused_with_the_way_out():
    said = call("replay", *PROMISES, TICKETS, "--until", "2024-01-08 10:00")
    assert said.code == 2
    assert (
        "expected an instant like 2024-01-05T15:00:00Z, got '2024-01-08 10:00' (it has no offset: append Z" in said.err
    )


@pytest.mark.parametrize(("text", "code"), [("apiVersion: slamon/v2\nkind: TicketSLA\n", 1), (None, 2)])
def test_policies_with_problems_are_all_told(tmp_path: Path, text: str | None, code: int):
    path = tmp_path / "policies.yaml"
    if text:
        path.write_text(text)
    said = call("replay", "--policies", path, TICKETS)
    assert (said.code, said.out) == (code, "")
    assert str(path) in said.err


def test_only_the_tickets_and_the_objective_asked_for_are_told():
    said = call("replay", *PROMISES, TICKETS, "--where", "customer=ACME", "--objective", "resolution")
    assert "clocks (1)\n" in said.out
    assert "T-2" not in said.out
    assert {e["subject"] for e in facts(*PROMISES, TICKETS, "--where", "priority=P2")} == {"T-2"}


def test_a_custom_source_is_read_through_its_mapping(tmp_path: Path):
    mapping, rows = tmp_path / "mapping.yaml", tmp_path / "rows.csv"
    mapping.write_text(
        "ticket: no\nat: when\nevent: {value: what, map: {opened: created, done: resolved}}\nfields: {customer: who, priority: prio}\n"
    )
    rows.write_text(
        "no,when,what,who,prio\n7,2024-01-08T09:00:00Z,opened,acme,P1\n7,2024-01-08T10:00:00Z,done,acme,P1\n"
    )
    events = facts(*PROMISES, "--source", "custom", "--mapping", mapping, rows, "--objective", "resolution")
    assert [e["data"]["what"] for e in events] == ["met"]
    mapping.write_text("ticket: no\nat: ']when'\nevent: created\nid: ']'\n")
    said = call("replay", *PROMISES, "--source", "custom", "--mapping", mapping, rows)
    assert said.code == 2
    assert [line.split(" ")[0] for line in said.err.splitlines()] == [f"{mapping}:2:", f"{mapping}:4:"]


@needs_sample
def test_the_verdicts_on_the_servicenow_sample_agree_with_the_instance_on_moderate_incidents():
    said = call(
        "replay", *SERVICENOW, SAMPLE, "--compare", "made_sla", "--where", "priority=3 - Moderate", "--limit", "0"
    )
    assert said.code == 0, said.err
    *_, title, last = (line for line in said.out.splitlines() if line.startswith(("tickets that differ", "agreement")))
    agreed, compared = map(int, last.removesuffix(")").rpartition("(")[2].split(" of "))
    assert agreed * 100 >= compared * 99
    assert compared > 1000
    assert last == said.out.splitlines()[-1]
    assert title == f"tickets that differ ({compared - agreed})"
    assert sum("made_sla" in line for line in said.out.splitlines()) == compared - agreed


@needs_sample
def test_comparing_beside_json_leaves_stdout_to_the_facts():
    said = call("replay", *SERVICENOW, SAMPLE, "--compare", "made_sla", "--json")
    events = [orjson.loads(line) for line in said.out.splitlines()]
    assert said.err.splitlines()[-1].startswith("agreement ")
    instants = [parse(event["time"]) for event in events]
    assert instants == sorted(instants)
    assert len({event["id"] for event in events}) == len(events)


def test_a_field_to_compare_that_no_record_has_is_a_mistake():
    said = call("replay", *PROMISES, TICKETS, "--objective", "resolution", "--compare", "made_slo")
    assert said == (2, "", "--compare: expected a field of the records, got 'made_slo' (none of them has it)\n")
