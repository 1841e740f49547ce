"""The policy files we hand out: they load without a word, and mean what their comments say."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from slamon.policy_file import Loaded, check_sources, load
from slamon.sla import instants
from slamon.sla.coverage import SLA, Coverage, Rules
from slamon.sla.events import TicketEvent
from slamon.sla.fold import refold
from slamon.sla.policy import Activation, PolicyBook
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
    found = Coverage(example(name).policies).of(fields, instants.parse(at))
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


def test_availability_allows_what_its_comments_say() -> None:
    """Semantics 5.7, with the arithmetic of the comments: budgets of 30 and of 365 days."""
    policies = {policy.name: policy for policy in example("availability").policies.policies}
    assert {policy.uptime is not None for policy in policies.values()} == {True}
    shares = {o.name: o.targets.default.down_ppb for o in policies["checkout-gold"].objectives if o.targets.default}
    assert shares["availability"] == 1_000_000
    assert 30 * 86_400_000 * 1_000_000 // 10**9 == (43 * 60 + 12) * 1000
    assert shares["yearly"] == 100_000
    assert 365 * 86_400_000 * 100_000 // 10**9 == (52 * 60 + 33) * 1000 + 600


def test_availability_plans_maintenance_on_sunday_nights_and_once_for_new_disks() -> None:
    disks, sundays = example("availability").policies.maintenance
    assert (disks.name, sundays.name) == ("new-disks", "sunday-night")
    span = instants.parse("2024-03-01T00:00:00Z"), instants.parse("2024-04-10T00:00:00Z")
    assert [instants.render(at) for window in disks.windows.between(*span) for at in window] == [
        "2024-03-12T21:00:00Z", "2024-03-13T00:00:00Z",
    ]  # fmt: skip
    assert [instants.render(start) for start, _ in sundays.windows.between(*span)][-3:] == [
        "2024-03-24T01:00:00Z", "2024-03-31T01:00:00Z", "2024-04-07T00:00:00Z",
    ]  # fmt: skip


SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "servicenow-incidents-sample.csv.gz"


@pytest.mark.skipif(not SAMPLE.exists(), reason="the ServiceNow sample lies beside the repository, in ../shared/data")
def test_servicenow_says_what_the_instance_itself_said_of_99_of_100_moderate_incidents() -> None:
    with gzip.open(SAMPLE, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    closed = {row["number"]: row for row in rows if row["incident_state"] == "Closed"}
    said = {number: row["made_sla"] == "true" for number, row in closed.items() if row["priority"] == "3 - Moderate"}
    found = {ticket: stage for ticket, stage in _verdicts(rows) if ticket in said}
    assert found.keys() == said.keys()
    assert sum((found[ticket] == "met") is said[ticket] for ticket in said) >= 0.99 * len(said)


def _verdicts(rows: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Ticket and stage of every clock that the example's policy gives these rows."""
    rules = Rules(PolicyBook((Activation(0, example("servicenow").policies),)))
    records: dict[str, list[TicketEvent]] = {}
    for row in rows:
        for event in SOURCES["servicenow_log"].map(row, {}, 0):
            records.setdefault(event.ticket, []).append(event)
    for ticket, events in records.items():
        fold = refold(rules, ticket, events, max(event.at for event in events))
        yield from ((ticket, clock.stage.value) for clock in fold.ticket.clocks)
