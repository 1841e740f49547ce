"""The JSON Schema of facts takes everything that really leaves a partition, and nothing that is broken."""

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slamon.engine.render import MAX_EVENT
from slamon.engine.unit import Outgoing
from slamon.offline.machine import Machine
from slamon.scenario import Scenario, read
from slamon.scenario.find import find
from slamon.scenario.run import until_of
from slamon.sla.events import State, What
from slamon.sla.policy import ObjectiveKind, Policy, PolicyKind
from tests.availability.promises import promise, says, uptime
from tests.kit import DAY, Bench, at, book, objective, paused_by, policies, record

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "fact.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
SCENARIOS = sorted(find([ROOT / "tests" / "scenarios", ROOT / "examples"]))
MINUTE = 60_000


class Ear:
    """Keeps every fact and correction as it left."""

    def __init__(self) -> None:
        self.heard: list[Outgoing] = []

    def hear(self, outgoing: Iterable[Outgoing]) -> None:
        self.heard += [sent for sent in outgoing if sent.topic != "deadletter"]


def told_in(scenario: Scenario) -> list[Outgoing]:
    """What left while the scenario's records arrived one by one, with a tick before each."""
    ear = Ear()
    machine = Machine(scenario.book, scenario.limits, ear)
    for arrival in scenario.arrivals:
        passed = [tick for tick in scenario.ticks if tick < arrival.at]
        if passed:
            machine.tick(passed[-1])
        present = passed[-1] if passed else None
        machine.deliver([(arrival.event, arrival.stamp)], arrival.at, present)
    machine.tick(max(until_of(scenario), *scenario.ticks, 0) + scenario.limits.allowed_lateness_ms + 1)
    return ear.heard


@cache
def everything() -> tuple[dict[str, Any], ...]:
    """Every event of every scenario there is."""
    return tuple(json.loads(sent.value) for path in SCENARIOS for sent in told_in(read(path)))


def problems(event: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(event)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_names_the_words_of_the_code() -> None:
    emitted = {what.value for what in What}
    defs = SCHEMA["$defs"]
    identity, fact = defs["identity"]["properties"], defs["fact"]["properties"]
    assert set(identity["what"]["enum"]) == emitted
    assert set(fact["what"]["enum"]) == emitted - {"statement"}
    told_of = {("ticket", w) for w in emitted - {"statement"}} | {("service", w) for w in emitted}
    told_of |= {("ticket", "correction"), ("service", "correction")}
    assert set(SCHEMA["properties"]["type"]["enum"]) == {f"io.slamon.{kind}.{what}.v1" for kind, what in told_of}
    of_services = set(defs["service_objective"]["enum"]) - {None}
    assert set(fact["objective_kind"]["enum"]) | of_services == {kind.value for kind in ObjectiveKind}
    assert not set(fact["objective_kind"]["enum"]) & of_services
    assert set(identity["policy_kind"]["enum"]) == {kind.value for kind in PolicyKind}
    states = set(defs["service_fact"]["properties"]["state"]["enum"])
    assert states == {state.value for state in State} | {"no_data"}


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_everything_a_scenario_tells_fits_the_schema(path: Path) -> None:
    for sent in told_in(read(path)):
        event = json.loads(sent.value)
        assert problems(event) == []
        assert event["type"].endswith(f".{event['data']['what']}.v1")
        assert event["subject"] == event["data"]["subject"] == (sent.key or b"").decode()


def test_the_scenarios_tell_every_kind_of_fact_and_both_kinds_of_correction() -> None:
    kinds = {event["type"] for event in everything()}
    assert kinds == set(SCHEMA["properties"]["type"]["enum"])
    corrections = [event for event in everything() if event["data"]["what"] == "correction"]
    assert {event["data"]["reinstates"] for event in corrections} == {True, False}
    assert {event["type"].split(".")[2] for event in corrections} == {"ticket", "service"}


def keys(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield f"{path}.{key}"
            yield from keys(below, f"{path}.{key}")


def test_what_is_optional_in_the_schema_is_really_told_by_some_fact() -> None:
    met = {key for event in everything() for key in keys(event["data"].get("fact", event["data"]))}
    defs = [SCHEMA["$defs"][name] for name in ("identity", "fact", "service_fact")]
    optional = {key for each in defs for key in each["properties"].keys() - set(each["required"])}
    assert {f".{key}" for key in optional - {"runbook_url"}} <= met
    assert {".explanation.overrides", ".target.unrelaxed_seconds"} <= met


def test_a_clock_with_very_many_pauses_fits_the_schema() -> None:
    bench = Bench(book(objective("resolution", "4h", pause=paused_by("waiting"))))
    start = 1_700_000_000_000
    turns = [
        record(start + n * MINUTE, "updated", status="waiting" if n % 2 else "open", ticket="T-1")
        for n in range(1, 301)
    ]
    bench.deliver(record(start, "created"), *turns, time=start)
    bench.tick(start + 10 * 24 * 60 * MINUTE)
    (breach,) = (body for body in bench.reader.bodies.values() if body["what"] == "breach")
    assert {"older", "truncated"} <= breach["explanation"].keys()
    assert [problems(json.loads(sent.value)) for unit in bench.units for sent in unit.outgoing] == [[]]


def test_a_fact_that_would_be_too_large_is_shortened_and_fits_the_schema() -> None:
    links = {f"link {n}": "x" * 8_000 for n in range(50)}
    warned = objective("resolution", "1h")
    bench = Bench(book(policies(Policy("wordy", (warned,), links=links))))
    bench.deliver(record("2024-01-05 10:00", "created", title="y" * 100), time=1)
    bench.tick("2024-01-06 10:00")
    (sent,) = (sent for unit in bench.units for sent in unit.outgoing)
    assert len(sent.value) <= MAX_EVENT
    assert json.loads(sent.value)["data"]["explanation"]["truncated"] is True
    assert problems(json.loads(sent.value)) == []


def a_warning() -> dict[str, Any]:
    bench = Bench(book(objective("resolution", "1h", "50%")))
    bench.deliver(record("2024-01-05 10:00", "created"), time=1)
    bench.tick("2024-01-05 10:45")
    (sent,) = (sent for unit in bench.units for sent in unit.outgoing)
    return json.loads(sent.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), "e-1"),
        (("type",), "io.slamon.ticket.statement.v1"),
        (("time",), "2024-01-05T10:30:00"),
        (("data", "what"), "breached"),
        (("data", "stage"), "stopped"),
        (("data", "threshold"), None),
        (("data", "target", "seconds"), "3600"),
        (("data", "explanation", "counted"), None),
        (("data", "explanation", "surprise"), 1),
        (("data", "surprise"), 1),
        (("data", "availability"), 1),
        (("data", "objective"), None),
    ],
)
def test_a_broken_fact_does_not_fit(path: tuple[str, ...], value: Any) -> None:
    _breaks(a_warning(), path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("type",), "io.slamon.ticket.breach.v1"),
        (("data", "what"), "outage"),
        (("data", "state"), "broken"),
        (("data", "objective"), None),
        (("data", "objective_kind"), "resolution"),
        (("data", "target"), None),
        (("data", "target", "seconds"), 1),
        (("data", "period", "until"), "month"),
        (("data", "availability"), 1.01),
        (("data", "budget", "used_ratio"), "1"),
        (("data", "priority"), "P1"),
        (("data", "objectives"), []),
        (("data", "explanation", "outages"), None),
        (("data", "explanation", "by_status"), {}),
    ],
)
def test_a_broken_fact_of_a_service_does_not_fit(path: tuple[str, ...], value: Any) -> None:
    _breaks(
        next(e for e in everything() if e["type"] == "io.slamon.service.breach.v1" and "budget" in e["data"]),
        path,
        value,
    )


@pytest.mark.parametrize(("path", "value"), [(("data", "objectives"), None), (("data", "objective"), "availability")])
def test_a_broken_statement_does_not_fit(path: tuple[str, ...], value: Any) -> None:
    _breaks(next(e for e in everything() if e["data"]["what"] == "statement"), path, value)


def test_a_service_with_very_many_outages_fits_the_schema() -> None:
    start = at("2024-04-01 00:00")
    bench = Bench(book(uptime(promise("availability", "99.9%", "month"))))
    flaps = [says(start + n * MINUTE, "down" if n % 2 else "up") for n in range(500)]
    bench.deliver(*flaps, time=start + DAY)
    bench.tick(start + 40 * DAY)
    said = [json.loads(sent.value) for unit in bench.units for sent in unit.outgoing]
    assert {event["data"]["what"] for event in said} >= {"breach", "missed", "statement"}
    (statement,) = (event["data"] for event in said if event["data"]["what"] == "statement")
    assert statement["explanation"]["older"]["stretches"] == 149  # of 250, one goes on and 100 are listed
    assert [problem for event in said for problem in problems(event)] == []


def _breaks(event: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    event = deepcopy(event)
    assert problems(event) == []
    place = event
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert problems(event) != []
