"""The policy files we hand out: they load without a word, and mean what their comments say."""

from pathlib import Path

import pytest

from slamon.policy_file import Loaded, check_sources, load
from slamon.sla import instants
from slamon.sla.coverage import SLA, cover
from slamon.sources import SOURCES
from slamon.sources.capabilities import missing

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(EXAMPLES.glob("*/policies.yaml"))
NOW = instants.parse("2024-03-01T00:00:00Z")


def example(name: str) -> Loaded:
    """The example's policies."""
    return load([EXAMPLES / name / "policies.yaml"], NOW)


def promises(name: str, at: str, **fields: str) -> dict[str, tuple[str, str]]:
    """Objective -> policy and target that the example gives a ticket with these fields."""
    found = cover(example(name).policies, fields, instants.parse(at))
    return {objective: (p.policy.name, p.target.text) for (slot, objective), p in found.items() if slot == SLA}


@pytest.mark.parametrize("file", FILES, ids=[file.parent.name for file in FILES])
def test_an_example_loads_and_its_sources_can_keep_track_of_it(file: Path) -> None:
    loaded = load([file], NOW)
    assert loaded.policies.policies
    assert check_sources(loaded, SOURCES, missing) == []


def test_quickstart_gold_overrides_everybody_objective_by_objective() -> None:
    everybody = {"first_response": ("everybody", "2h"), "resolution": ("everybody", "8h")}
    assert promises("quickstart", "2024-03-01T00:00:00Z", priority="P2") == everybody
    gold = {"first_response": ("gold", "30m"), "resolution": ("gold", "4h")}
    assert promises("quickstart", "2024-03-01T00:00:00Z", priority="P2", customer="Acme") == gold


def test_quickstart_exempts_test_tickets_and_starts_with_the_agreement() -> None:
    assert promises("quickstart", "2024-03-01T00:00:00Z", priority="P2", customer="acme", type="test") == {}
    assert promises("quickstart", "2023-12-31T22:59:59Z", priority="P2") == {}
    assert promises("quickstart", "2023-12-31T23:00:00Z", priority="P2") != {}


def test_servicenow_promises_moderate_incidents_something_and_others_nothing() -> None:
    wanted = {"resolution": ("moderate-incidents", "153h42m")}
    assert promises("servicenow", "2016-03-01T00:00:00Z", priority="3 - Moderate") == wanted
    assert promises("servicenow", "2016-03-01T00:00:00Z", priority="2 - High") == {}
