"""`slamon replay` and `slamon explain` of services: uptime files, beside ticket files or alone."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.calling import call
from tests.cli.test_explain import worker

POLICIES = """\
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: shop}
spec:
  period: month
  objectives: {availability: {target: 99.9%, warn: [50%]}, outages: {target: 3}}
---
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: desk}
spec: {objectives: {resolution: {target: 4h}}}
"""
UP = [
    {"service": "checkout", "at": "2024-04-01T00:00:00Z", "state": "up", "fields": {"tier": "gold"}},
    {"service": "checkout", "at": "2024-04-10T10:00:00Z", "state": "down"},
    {"service": "checkout", "at": "2024-04-10T11:00:00Z", "state": "up"},
    {"service": "search", "at": "2024-04-10T11:00:00Z", "state": "unknown"},
    {"service": "checkout", "at": "2024-05-02T00:00:00Z", "state": "maintenance"},
    {"service": "checkout", "at": "2024-05-03T00:00:00Z", "state": "up"},
]
TICKETS = [
    {"ticket": "T-1", "at": "2024-04-10T10:05:00Z", "event": "created"},
    {"ticket": "T-1", "at": "2024-04-10T12:05:00Z", "event": "resolved"},
]


@pytest.fixture
def written(tmp_path: Path):
    def write(name: str, content: str | list[Any]) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else b"\n".join(map(orjson.dumps, content)))
        return path

    write("policies.yaml", POLICIES)
    return write


@pytest.fixture
def promises(tmp_path: Path) -> tuple[str, Path]:
    return "--policies", tmp_path / "policies.yaml"


def facts(*words: object) -> list[tuple[str, str, str, str | None]]:
    said = call("replay", *words, "--json")
    assert said.code == 0, said.err
    events = [orjson.loads(line) for line in said.out.splitlines()]
    return [(e["time"], e["subject"], e["data"]["what"], e["data"]["objective"]) for e in events]


EXPECTED = [
    ("2024-04-10T10:21:36Z", "checkout", "warning", "availability"),
    ("2024-04-10T10:43:12Z", "checkout", "breach", "availability"),
    ("2024-05-01T00:00:00Z", "checkout", "met", "outages"),
    ("2024-05-01T00:00:00Z", "checkout", "missed", "availability"),
    ("2024-05-01T00:00:00Z", "checkout", "statement", None),
    ("2024-05-01T00:00:00Z", "search", "met", "availability"),
    ("2024-05-01T00:00:00Z", "search", "met", "outages"),
    ("2024-05-01T00:00:00Z", "search", "statement", None),
]
MET = ("2024-04-10T12:05:00Z", "T-1", "met", "resolution")


def test_an_uptime_file_is_read_as_a_ticket_file_is(written, promises):
    assert sorted(facts(*promises, written("up.ndjson", UP))) == sorted(EXPECTED)
    assert sorted(facts(*promises, "--source", "canonical_uptime", written("up.json", UP))) == sorted(EXPECTED)


def test_both_stand_in_one_file_or_in_two(written, promises):
    both = written("both.ndjson", [record for pair in zip(UP, TICKETS * 3, strict=True) for record in pair])
    assert sorted(facts(*promises, both)) == sorted([*EXPECTED, MET])
    assert facts(*promises, written("t.ndjson", TICKETS), written("u.ndjson", UP)) == facts(*promises, both)


def test_a_table_of_words_has_the_columns_of_a_record(written, promises):
    rows = [
        "service,at,state,tier,deleted,maintenance.name,maintenance.from,maintenance.until",
        "checkout,2024-04-01T00:00:00Z,up,gold,,,,",
        "checkout,1712710800000,,,,night,2024-04-10T10:30:00Z,1712746800000",  # at 01:00 of the 10th, until 11:00
        "checkout,2024-04-10T10:00:00Z,down,,,,,",
        "checkout,2024-04-10T12:00:00Z,,,true,,,",
    ]
    told = facts(*promises, written("up.csv", "\n".join(rows)), "--objective", "availability")
    # Half an hour of 720 h is taken out: 2,590,200 s, a thousandth of which is 43 m 10.2 s. 30 m are used at 10:30,
    # the rest from 11:00 on.
    assert told == [
        ("2024-04-10T10:21:35.100Z", "checkout", "warning", "availability"),
        ("2024-04-10T11:13:10.200Z", "checkout", "breach", "availability"),
        ("2024-04-10T12:00:00Z", "checkout", "cleared", "availability"),
        ("2024-04-10T12:00:00Z", "checkout", "cancelled", "availability"),
    ]


def test_the_tables_list_tickets_and_services_and_the_figures_of_each_period(written, promises):
    said = call("replay", *promises, written("t.ndjson", TICKETS), written("u.ndjson", UP))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(
        "8 records of 1 ticket and 2 services until 2024-05-03T00:00:00Z\n\nclocks by policy (9)\n"
    )
    assert "\nclocks (1)\n" in said.out
    assert "\nclocks of services (8)\n" in said.out
    periods = said.out.partition("periods of services (4)\n")[2].splitlines()[1:5]
    assert [line.split() for line in periods] == [
        ["checkout", "shop", "2024-04-01T00:00:00Z", "2024-05-01T00:00:00Z", "99.8611", "%", "1h", "0s", "0s", "1", "1h"],
        ["checkout", "shop", "2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z", "(running)", "100.0000", "%", "0s", "1d", "0s", "0", "0s"],
        ["search", "shop", "2024-04-01T00:00:00Z", "2024-05-01T00:00:00Z", "100.0000", "%", "0s", "0s", "30d", "0", "0s"],
        ["search", "shop", "2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z", "(running)", "100.0000", "%", "0s", "0s", "2d", "0", "0s"],
    ]  # fmt: skip
    assert "2024-04-10T10:43:12Z  checkout  availability  down   2024-04-10T10:43:12Z" in said.out


def test_only_services_have_no_tables_of_tickets(written, promises):
    out = call("replay", *promises, written("u.ndjson", UP)).out
    assert "6 records of 2 services until" in out
    assert "\nclocks (" not in out


def test_a_file_may_name_its_own_source_and_mapping(written, promises):
    beat = {
        "heartbeat": {"monitorID": 1, "status": 0, "time": "2024-04-10 10:00:00", "timezone": "UTC"},
        "monitor": {"id": 1, "name": "checkout"},
        "msg": "down",
    }
    kuma = written("kuma.ndjson", [beat])
    tickets = written("t.ndjson", TICKETS)
    # the month's budget is 43 m 12 s, and the monitor says nothing more
    end = ("--until", "2024-04-11T00:00:00Z")
    told = facts(*promises, f"uptime_kuma={kuma}", tickets, *end)
    assert ("2024-04-10T10:43:12Z", "checkout", "breach", "availability") in told
    assert MET in told
    mapping = written("kuma.yaml", "ttl: 10m\n")
    assert ("2024-04-10T10:43:12Z", "checkout", "breach", "availability") not in facts(
        *promises, f"uptime_kuma@{mapping}={kuma}", tickets, *end
    )
    said = call("replay", *promises, f"uptime_kumar={kuma}")
    assert (said.code, said.out) == (2, "")
    assert "got 'uptime_kumar' (did you mean 'uptime_kuma'?)" in said.err


def test_a_name_with_an_equals_sign_is_a_file_if_it_names_no_source(written, promises, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written("a=b.ndjson", UP)
    assert sorted(facts(*promises, "a=b.ndjson")) == sorted(EXPECTED)


def test_what_a_record_says_beside_a_part_that_can_not_be_understood_counts(written, promises):
    alert = {
        "status": "firing",
        "labels": {"alertname": "ProbeFailed", "service": "checkout"},
        "startsAt": "2024-04-10T10:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "1",
    }
    webhook = {"version": "4", "status": "firing", "alerts": [{**alert, "labels": {}}, alert]}
    path = written("alerts.ndjson", [webhook])
    said = call("replay", *promises, "--source", "alertmanager", path, "--until", "2024-04-11T00:00:00Z")
    assert said.err == f"{path}:1: alerts[0].labels: expected a label service or job, got nothing [missing_field]\n"
    assert said.out.startswith("1 record of 1 service until 2024-04-11T00:00:00Z, 1 that can not be understood\n")
    assert "breaches of services (1)" in said.out


def test_only_the_services_asked_for_are_told(written, promises):
    told = facts(*promises, written("u.ndjson", UP), written("t.ndjson", TICKETS), "--where", "tier=Gold")
    assert {subject for _, subject, _, _ in told} == {"checkout"}
    assert {what for _, _, what, _ in told} == {"warning", "breach", "met", "missed", "statement"}
    assert facts(*promises, written("u.ndjson", UP), "--where", "service=search", "--objective", "outages") == [
        ("2024-05-01T00:00:00Z", "search", "met", "outages")
    ]


def test_the_records_own_verdict_on_services_is_compared(written, promises):
    rows = [{**UP[0], "fields": {"kept": "yes"}}, *UP[1:3], {**UP[5], "fields": {"kept": "yes"}}]
    said = call(
        "replay", *promises, written("u.ndjson", rows), "--objective", "availability", "--compare", "fields.kept"
    )
    assert (
        "services that differ (1)\n  service   theirs           slamon\n  checkout  fields.kept yes  missed\n"
        in said.out
    )
    assert said.out.endswith("agreement 0.00 % (0 of 1)\n")


EXPLAINED = """\
checkout
  as of 2024-04-10T12:00:00Z, first heard of 2024-04-01T00:00:00Z
  tier gold
  up since 2024-04-10 11:00

availability: active, breached
  policy      shop (SLA, version {version})
  period      month, 2024-04-01 00:00 to 2024-05-01 00:00
  target      99.9% (default)
  downtime    1h of 9d12h so far
  available   99.5614 %
  budget      43m12s, 1h used, 16m48s over
  outages     1, longest 1h, mttr 1h, mtbf 9d11h
  due_at      2024-04-10 10:43:12
  breached_at 2024-04-10 10:43:12
  calendar    always, on the wall clock of UTC
  down:
    from              to                time  sum  reason
    2024-04-10 10:00  2024-04-10 11:00  1h    1h   down
  thresholds  50% at 2024-04-10 10:21:36
"""


def test_a_service_is_explained_so_that_a_pencil_can_check_it(written, promises):
    words = (*promises, written("u.ndjson", UP), written("t.ndjson", TICKETS), "--at", "2024-04-10T12:00:00Z")
    said = call("explain", "checkout", *words)
    version = orjson.loads(call("explain", "checkout", *words, "--json").out)["clocks"][0]["version"]
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(EXPLAINED.format(version=version))
    assert call("explain", "chekout", *words) == (
        1, "", "ticket: expected one with records before --at in these files, got 'chekout' (did you mean 'checkout'?)\n",
    )  # fmt: skip


def test_of_a_ticket_and_a_service_of_one_name_the_ticket_is_explained_unless_asked(written, promises):
    same = written("x.ndjson", [*UP, {**TICKETS[0], "ticket": "checkout"}])
    assert "\nresolution: " in call("explain", "checkout", *promises, same).out
    assert "\navailability: " in call("explain", "checkout", "--service", *promises, same).out
    assert call("explain", "T-1", "--service", *promises, same).code == 1


def test_a_worker_is_asked_about_a_service_by_name(written, promises):
    told = call("explain", "checkout", *promises, written("u.ndjson", UP), "--json").out
    with worker(200, told.encode()) as (url, asked):
        said = call("explain", "checkout", "--service", "--from", url)
    assert asked == ["/api/v1/services/checkout"]
    assert said == call("explain", "checkout", *promises, written("u.ndjson", UP))


def test_services_are_no_tickets_that_check_could_miss(written, promises):
    said = call("check", promises[1], "--against", written("u.ndjson", UP), "--against", written("t.ndjson", TICKETS))
    assert (said.code, said.err) == (0, "")
    assert "1 ticket: 1 covered" in said.out
