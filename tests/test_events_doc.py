"""docs/events.md shows facts as they are: its examples are parts of what a replay and a partition really tell."""

import json
import random
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from slamon import policy_file
from slamon.cli import main
from slamon.engine.codec import decode_ticket
from slamon.engine.render import Reading
from slamon.engine.unit import Outgoing
from slamon.offline.machine import Machine
from slamon.offline.replay import PATIENT
from slamon.offline.world import World
from slamon.runtime.topic_specs import OUTPUT_DAYS
from slamon.scenario.find import find
from slamon.scenario.read import read
from slamon.sla.events import TicketEvent
from slamon.sla.instants import parse
from slamon.sla.policy import Activation, PolicyBook
from tests.test_fact_schema import SCHEMA, VALIDATOR, everything, told_in

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "events.md").read_text()
QUICKSTART = ROOT / "examples" / "quickstart"
BAD_JANUARY = ROOT / "examples" / "availability" / "scenarios" / "a_bad_january.yaml"
FACTS = re.findall(r"<!-- fact: (\S+) (\S+) (\S+) (\S+) -->\n```json\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
NOW = 1_704_067_200_000


def replayed() -> list[dict[str, Any]]:
    out, err = StringIO(), StringIO()
    files = [str(QUICKSTART / "policies.yaml"), str(QUICKSTART / "tickets.ndjson")]
    assert main(["replay", "--json", "--policies", *files], out, err) == 0, err.getvalue()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def of_services() -> list[dict[str, Any]]:
    return [json.loads(sent.value) for sent in told_in(read(BAD_JANUARY))]


def is_part(shown: Any, real: Any) -> bool:
    """Whether `shown` leaves out keys of `real` at most; `...` stands for a text that changes with the years."""
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(key in real and is_part(below, real[key]) for key, below in shown.items())
    return shown == "..." or shown == real


@pytest.mark.parametrize(("subject", "time", "what", "objective", "text"), FACTS, ids=[f"{f[0]} {f[2]}" for f in FACTS])
def test_an_example_is_part_of_a_fact_of_the_replay_or_the_scenario(
    subject: str, time: str, what: str, objective: str, text: str
) -> None:
    shown = json.loads(text)
    wanted = (subject, time, what, None if objective == "null" else objective)
    events = of_services() if ".service." in shown["type"] else replayed()
    told = [e for e in events if (e["subject"], e["time"], e["data"]["what"], e["data"].get("objective")) == wanted]
    assert is_part(shown, told[0])


def test_there_is_an_example_of_every_kind_of_fact() -> None:
    kinds = {json.loads(fact[4])["type"] for fact in FACTS}
    every = set(SCHEMA["properties"]["type"]["enum"])
    assert kinds == {kind for kind in every if ".correction." not in kind}


@pytest.mark.parametrize("subject", ["T-1", "checkout"])
def test_the_whole_example_is_whole(subject: str) -> None:
    first = next(fact for fact in FACTS if fact[0] == subject)
    assert list(VALIDATOR.iter_errors(json.loads(first[4]))) == []


def test_the_correction_of_a_service_is_the_one_of_the_scenario() -> None:
    (shown,) = re.findall(r"<!-- correction of a service -->\n```json\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
    assert json.loads(shown) in of_services()


def events() -> list[TicketEvent]:
    lines = (QUICKSTART / "tickets.ndjson").read_bytes().splitlines()
    return [decode_ticket(line, (), None, 0) for line in lines]


class Ear:
    def __init__(self) -> None:
        self.heard: list[Outgoing] = []

    def hear(self, outgoing: Any) -> None:
        self.heard += outgoing


def test_the_correction_is_the_one_that_leaves_when_the_resolve_is_late() -> None:
    ear = Ear()
    book = PolicyBook((Activation(0, policy_file.load([QUICKSTART / "policies.yaml"], NOW).policies),))
    machine = Machine(book, PATIENT, ear)
    *before, _ = [event for event in events() if event.ticket == "T-1"]
    present = parse("2024-01-08T10:20:00Z")
    machine.deliver([(event, event.at) for event in before], present)
    machine.tick(present)
    late = decode_ticket(b'{"ticket":"T-1","id":"10","at":"2024-01-08T10:10:00Z","event":"resolved"}', (), None, 0)
    machine.deliver([(late, present)], present, present)
    own = [sent for sent in ear.heard if b".correction." in sent.value and b'"breach"' in sent.value]
    assert [sent.topic for sent in own] == ["breaches", "outcomes"]
    (shown,) = re.findall(r"<!-- correction -->\n```json\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
    assert json.loads(shown) == json.loads(own[0].value) == json.loads(own[1].value)


def test_the_headers_named_are_those_sent() -> None:
    reading = Reading(now=10, page_within=1, behind=True, silent=frozenset({("ticket", "jira")}))
    sent = {name for name, _ in reading.headers(0, ("ticket", "jira"))}
    table = DOC.partition("## Headers")[2].partition("##")[0]
    assert set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)) == sent
    assert f"kept {OUTPUT_DAYS} days" in DOC


def test_the_reasons_named_are_those_given() -> None:
    """Of all scenarios; `override NAME` and conditions are worded."""
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`", DOC))))
    given = {str(event["data"].get("reason") or "true_again") for event in everything()}
    assert {reason for reason in given if not reason.startswith("override ")} <= named


@pytest.mark.parametrize("path", sorted(find([ROOT / "tests" / "scenarios"])), ids=lambda path: path.stem)
def test_the_consumer_shown_knows_what_stands_whatever_the_order(path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
    shown: dict[str, Any] = {}
    exec(code, shown)
    told = told_in(read(path))
    world = World()
    world.hear(told)
    read_twice = [json.loads(sent.value) for sent in told] * 2
    random.Random(1).shuffle(read_twice)
    facts: dict[str, Any] = {}
    corrections: dict[str, Any] = {}
    for event in read_twice:
        shown["hear"](event, facts, corrections)
    assert {each for each in facts if shown["is_true"](each, facts, corrections)} == world.facts.keys()
