"""`slamon check`: 0 fine, 1 problems, 2 unreadable; and what the policies make of recorded tickets."""

from pathlib import Path

import orjson
import pytest

from tests.cli.calling import POLICIES, TICKETS, call

POLICY = """\
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: gold}
spec:
  when: {customer: acme}
  statuses: {resolved: [solved], known: [new, open]}
  objectives:
    first_response: {target: 1h}
    resolution: {target: 4h}
"""


@pytest.fixture
def policy(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "gold.yaml"
        path.write_text(text)
        return path

    return write


def test_sound_policies_are_summed_up(policy):
    path = policy(POLICY)
    said = call("check", path)
    version = orjson.loads(call("check", path, "--json").out)["version"]
    assert said == (0, f"{path}: no problems (1 policy, 2 objectives, version {version})\n", "")


def test_every_problem_is_listed_with_its_line(policy):
    path = policy(POLICY.replace("1h", "1 hour").replace("4h", "0s"))
    said = call("check", path)
    assert said.code == 1
    assert said.out.startswith(f"{path}:8: spec.objectives.first_response.target: expected a duration")
    assert said.out.endswith("2 problems\n")
    told = orjson.loads(call("check", path, "--json").out)["problems"]
    assert [(problem["line"], problem["path"]) for problem in told] == [
        (8, "spec.objectives.first_response.target"), (9, "spec.objectives.resolution.target"),
    ]  # fmt: skip


@pytest.mark.parametrize("words", [["none.yaml"], ["none.yaml", POLICIES]])
def test_a_file_that_is_not_there_ends_with_two(words: list[object]):
    said = call("check", *words)
    assert said.code == 2
    assert "none.yaml: expected a policy file" in said.out


def test_a_promise_that_its_source_can_never_keep_track_of_is_refused(policy):
    path = policy(POLICY.replace("spec:\n", "spec:\n  sources: [servicenow]\n"))
    said = call("check", path)
    assert said.code == 1
    assert (
        f"{path}:9: spec.objectives.first_response: expected an objective that its sources can start and stop"
        in said.out
    )
    assert "'servicenow' can never stop 'first_response': it does not show public replies by agents" in said.out


def test_the_source_of_the_command_line_stands_in_where_a_policy_names_none(policy):
    path = policy(POLICY)
    assert call("check", path, "--source", "servicenow").code == 1
    assert call("check", path, "--source", "zendesk").code == 0
    assert (
        call("check", policy(POLICY.replace("spec:\n", "spec:\n  sources: [zendesk]\n")), "--source", "servicenow").code
        == 0
    )


SERVICES = """\
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: shop}
spec:
  period: month
  objectives:
    availability: {target: 99.9%}
"""


def test_a_source_of_tickets_does_not_stand_in_for_promises_of_services_nor_the_other_way_round(policy):
    path = policy(SERVICES)
    assert call("check", path, "--source", "jira").code == 0
    assert call("check", path, "--source", "gatus").code == 0
    assert call("check", policy(POLICY), "--source", "gatus").code == 0
    said = call("check", policy(SERVICES.replace("spec:\n", "spec:\n  sources: [jira]\n")))
    assert said.code == 1
    assert "'jira' can never start 'availability': it does not show that a service is down" in said.out


def test_a_custom_source_is_judged_by_its_mapping(policy, tmp_path: Path):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("ticket: no\nat: when\nevent: created\n")
    said = call("check", policy(POLICY), "--source", "custom", "--mapping", mapping)
    assert said.code == 1
    assert "'custom' can never stop 'resolution'" in said.out
    mapping.write_text("name: desk\nticket: no\nat: when\nevent: created\nfields: {status: state}\n")
    named = POLICY.replace("spec:\n", "spec:\n  sources: [desk, zendesk]\n")
    assert call("check", policy(named), "--source", "custom", "--mapping", mapping).code == 0


def test_an_unknown_source_is_a_mistake_of_the_caller(policy):
    said = call("check", policy(POLICY), "--source", "jra")
    assert (said.code, said.out) == (2, "")
    assert "source: expected one of" in said.err


def test_tickets_and_values_that_no_policy_thought_of_are_listed(policy):
    path = policy(POLICY)
    said = call("check", path, "--against", TICKETS)
    assert said.code == 0
    assert "2 tickets: 1 covered, 0 exempt, 1 without any promise\n" in said.out
    assert "  T-2     customer=other, priority=P2" in said.out
    assert "  status  waiting for customer  1        1" in said.out
    assert call("check", path, "--against", TICKETS, "--strict").code == 1


def test_json_holds_the_whole_report(policy):
    told = orjson.loads(call("check", policy(POLICY), "--against", TICKETS, "--json").out)
    assert told["problems"] == []
    assert told["against"]["uncovered"] == [
        {"ticket": "T-2", "looked_at": {"customer": "other", "priority": "P2"}, "hint": ""}
    ]


def test_events_that_can_not_be_read_end_with_two(policy, tmp_path: Path):
    said = call("check", policy(POLICY), "--against", tmp_path / "none.csv")
    assert (said.code, said.out) == (2, "")
    assert "none.csv: expected a file that can be read" in said.err


def test_events_that_can_not_be_understood_are_told(policy, tmp_path: Path):
    events = tmp_path / "x.ndjson"
    events.write_text("nonsense\n" + TICKETS.read_text())
    said = call("check", policy(POLICY), "--against", events)
    assert (said.code, said.err.startswith(f"{events}:1: ")) == (0, True)
