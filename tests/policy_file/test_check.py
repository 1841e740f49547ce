"""Policies held against sources that can not show what they need, and against tickets nobody thought of (semantics 3.9, 3.14)."""

from collections.abc import Collection
from pathlib import Path

from slamon.policy_file import Report, Uncovered, UnknownValue, against, check_sources, from_text
from slamon.sla import instants
from slamon.sla.events import Kind, TicketEvent, Value
from slamon.sla.policy import Objective
from slamon.sources import SOURCES
from slamon.sources.capabilities import missing
from tests.policy_file.writing import GOOD, loaded, policy, uptime

AT = instants.parse("2024-03-04T10:00:00Z")


def record(ticket: str, minute: int = 0, kind: Kind = Kind.CREATED, at: int = AT, **fields: Value) -> TicketEvent:
    """A record of the ticket so many minutes after Monday morning."""
    return TicketEvent(ticket, f"{ticket}-{minute}", at + minute * 60_000, kind, fields)


def says_no(sources: Collection[str], objective: Objective) -> list[str]:
    """A `missing` that objects to first responses."""
    return [f"{sorted(sources)} can not stop it"] if objective.name == "first_response" else []


def test_an_objective_that_its_sources_can_not_stop_is_refused_where_it_stands(tmp_path: Path) -> None:
    text = policy("\n    first_response: {target: 1h}\n    resolution: {target: 2h}", more="sources: [a, b]")
    (problem,) = check_sources(loaded(tmp_path, text), {"a", "b"}, says_no)
    assert str(problem).removeprefix(f"{tmp_path}/") == (
        "policies.yaml:7: spec.objectives.first_response: expected an objective that its sources can start and stop, "
        "got 'first_response' (['a', 'b'] can not stop it)"
    )


def test_servicenow_rows_alone_can_not_show_a_first_response(tmp_path: Path) -> None:
    text = policy("{first_response: {target: 1h}, resolution: {target: 2h}}", more="sources: servicenow_log")
    (problem,) = check_sources(loaded(tmp_path, text), SOURCES, missing)
    assert problem.path == "spec.objectives.first_response"
    assert problem.hint != ""


def test_an_unknown_source_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    found = check_sources(loaded(tmp_path, policy(more="sources: [servicenov]")), {"servicenow"}, says_no)
    assert [str(problem).removeprefix(f"{tmp_path}/") for problem in found] == [
        "policies.yaml:4: spec.sources: expected a known source, got 'servicenov' (did you mean 'servicenow'?)"
    ]


def test_a_set_that_came_as_text_names_its_policy_instead_of_a_line(tmp_path: Path) -> None:
    text = loaded(tmp_path, policy("{first_response: {target: 1h}}", more="sources: [a]")).text
    (problem,) = check_sources(from_text(text), {"a"}, says_no)
    assert str(problem).startswith("policy p: spec.objectives.first_response: expected")


def test_a_policy_that_names_no_source_is_not_judged(tmp_path: Path) -> None:
    assert check_sources(loaded(tmp_path, policy("{first_response: {target: 1h}}")), {"a"}, says_no) == []


def test_tickets_without_any_promise_are_listed_with_the_nearest_miss(tmp_path: Path) -> None:
    """Semantics 3.9: a promise nobody watches must not be invisible."""
    events = [
        record("T-1", customer="ACME"),
        record("T-2", customer="acne", priority="P1"),
        record("T-3", customer="initech"),
        record("T-4"),
        record("T-5", at=instants.parse("2026-01-01T00:00:00Z"), customer="acme"),
    ]
    report = against(loaded(tmp_path, GOOD), events)
    assert (report.tickets, report.covered, report.exempt) == (5, 1, 0)
    assert report.uncovered == (
        Uncovered("T-2", {"customer": "acne", "priority": "P1"}, "customer 'acne': did you mean 'acme'?"),
        Uncovered("T-3", {"customer": "initech", "priority": None}, ""),
        Uncovered("T-4", {"customer": None, "priority": None}, ""),
        Uncovered("T-5", {"customer": "acme", "priority": None}, "its agreement is not in force then"),
    )


def test_a_ticket_counts_as_covered_once_any_of_its_records_was(tmp_path: Path) -> None:
    events = [
        record("T-1", 5, Kind.UPDATED, customer="other"),
        record("T-1", 3, Kind.UPDATED, customer="acme"),
        record("T-1"),
    ]
    assert against(loaded(tmp_path, GOOD), events) == Report(1, 1, 0, (), ())


def test_an_exempt_ticket_is_neither_covered_nor_forgotten(tmp_path: Path) -> None:
    text = GOOD + policy("", name="no-tests", more="level: customer\nexempt: true\nwhen: {type: test}")
    report = against(loaded(tmp_path, text), [record("T-1", customer="acme", type="test"), record("T-2", type="test")])
    assert (report.tickets, report.covered, report.exempt, report.uncovered) == (2, 0, 2, ())


def test_values_no_policy_knows_are_counted_with_the_nearest_known_one(tmp_path: Path) -> None:
    events = [
        record("T-1", customer="acme", status="New"),
        record("T-1", 1, Kind.UPDATED, status="Waitng"),
        record("T-2", customer="acme", status="Waitng"),
        record("T-3", customer="acme", status="At vendor"),
        record("T-3", 1, Kind.UPDATED, status="CLOSED"),
        record("T-3", 2, Kind.UPDATED, status=None),
    ]
    assert against(loaded(tmp_path, GOOD), events).unknown == (
        UnknownValue("status", "Waitng", 2, 2, "did you mean 'waiting'?"),
        UnknownValue("status", "At vendor", 1, 1, ""),
    )


def test_priorities_without_a_target_are_unknown_values(tmp_path: Path) -> None:
    text = policy("{resolution: {targets: {P1: 1h, P2: 2h}}}")
    report = against(loaded(tmp_path, text), [record("T-1", priority="P3"), record("T-2", priority="p1")])
    assert [(u.field, u.value, u.records) for u in report.unknown] == [("priority", "P3", 1)]
    assert [u.ticket for u in report.uncovered] == ["T-1"]


def test_a_policy_for_services_neither_covers_nor_exempts_a_ticket_nor_knows_its_values(tmp_path: Path) -> None:
    text = uptime(more="when: {customer: acme}") + uptime("", "none", more="exempt: true\nlevel: customer")
    report = against(
        loaded(tmp_path, policy(more="when: {customer: globex}") + text), [record("T-1", customer="acmee")]
    )
    assert (report.covered, report.exempt) == (0, 0)
    assert report.uncovered == (Uncovered("T-1", {"customer": "acmee", "priority": None}, ""),)
