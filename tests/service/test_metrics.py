"""Metrics: a closed catalogue, every series there from the start, fed by units."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_plain
from structlog.testing import capture_logs

import slamon
from slamon.engine.unit import Unit
from slamon.service.metrics import FAMILIES, Metrics, reference
from slamon.service.metrics.catalogue import BY_NAME, CLOSED, FEEDS
from slamon.service.metrics.soon import Soon
from slamon.service.status import InputStatus, PartitionStatus, StandbyStatus, WorkerStatus
from slamon.sla.policy import Policy
from tests.service.promises import breach, counted, policies

PACKAGE = Path(slamon.__file__).parent
DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
NOW = 1_700_000_000_000


@dataclass
class Held:
    open: dict = field(default_factory=dict)


def made() -> Metrics:
    metrics = Metrics(inputs={"servicenow.rows": "snow"}, now=lambda: NOW / 1000, posted=["snow"])
    metrics.on_policies(policies())
    return metrics


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """Label values in the catalogue's order -> value."""
    family = next(family for family in FAMILIES if family.series == name)
    text = metrics.page("")[0].decode()
    found = (s for parsed in parse_plain(text) for s in parsed.samples if s.name == name)
    return {tuple(sample.labels[label] for label in family.labels): sample.value for sample in found}


def test_every_promise_is_there_at_zero_before_anything_happened():
    assert samples(made(), "slamon_breaches_total") == {
        (policy, objective, priority, kind, live): 0
        for policy, objective, priority, kind in [
            ("gold", "resolution", "p1", "SLA"),
            ("gold", "resolution", "p2", "SLA"),
            ("gold", "first_response", "other", "SLA"),
            ("noc", "ownership", "p1", "OLA"),
            ("noc", "ownership", "p2", "OLA"),
        ]
        for live in ("true", "false")
    }


def test_every_family_has_a_sample_from_the_start_except_those_named_after_a_partition_or_service():
    metrics = made()
    metrics.refresh(WorkerStatus(NOW))
    lacking = {
        family.series for family in FAMILIES if family.type != "histogram" and not samples(metrics, family.series)
    }
    assert lacking == {f.series for f in FAMILIES if {"partition", "service"} & set(f.labels)}
    assert b'slamon_detection_lag_seconds_bucket{le="0.01",what="breach"} 0.0' in metrics.page("")[0]


def test_facts_are_counted_by_what_they_say():
    metrics = made()
    facts = {
        ("warning", "gold", "resolution", "P1", "SLA", "live"): 3,
        ("breach", "gold", "resolution", "p2", "SLA", "old"): 2,
        ("met", "noc", "ownership", "P1", "OLA", "live"): 5,
        ("missed", "noc", "ownership", "P1", "OLA", "old"): 1,
    }
    metrics.on_unit(0, counted(facts=facts))
    metrics.on_unit(1, counted(facts=facts))
    assert samples(metrics, "slamon_warnings_total")["gold", "resolution", "p1", "SLA", "true"] == 6
    assert samples(metrics, "slamon_breaches_total")["gold", "resolution", "p2", "SLA", "false"] == 4
    outcomes = samples(metrics, "slamon_outcomes_total")
    assert {key[4]: value for key, value in outcomes.items() if value} == {"met": 10, "missed": 2}


def test_a_draft_counts_apart_and_breaks_no_promise():
    metrics = made()
    metrics.on_unit(0, counted(facts={("breach", "gold", "resolution", "P1", "SLA", "draft"): 1}))
    assert sum(samples(metrics, "slamon_breaches_total").values()) == 0
    assert samples(metrics, "slamon_draft_facts_total")["gold", "resolution", "breach"] == 1


def test_words_that_nobody_closed_fold_into_other():
    metrics = made()
    before = len(metrics.page("")[0].splitlines())
    for number in range(50):
        strange = f"x{number}"
        facts = {
            ("breach", strange, "resolution", "p1", "SLA", "live"): 1,
            ("met", "gold", "resolution", strange, "SLA", "live"): 1,
        }
        metrics.on_unit(
            0, counted(facts=facts, dead={(strange,): 1}, unknown_value={(strange,): 1}, records={(strange,): 1})
        )
    assert samples(metrics, "slamon_breaches_total")["other", "other", "other", "other", "true"] == 50
    assert samples(metrics, "slamon_outcomes_total")["gold", "resolution", "other", "SLA", "met"] == 50
    for name in ("slamon_dead_letters_total", "slamon_unknown_values_total", "slamon_records_total"):
        assert samples(metrics, name)[("other",)] == 50
    assert len(metrics.page("")[0].splitlines()) - before == 2, "the two strange promises and nothing else"


def test_records_are_counted_by_role_and_input():
    metrics = made()
    metrics.on_unit(0, counted(records={("slamon.tickets",): 7, ("servicenow.rows",): 2}))
    assert samples(metrics, "slamon_records_total") == {("tickets",): 7, ("uptime",): 0, ("snow",): 2, ("other",): 0}


@pytest.mark.parametrize(
    ("count", "values", "name"),
    [
        ("late", (), "slamon_late_records_total"),
        ("duplicate", (), "slamon_duplicate_records_total"),
        ("forgotten", (), "slamon_forgotten_tickets_total"),
        ("gap", ("slamon.tickets",), "slamon_gap_records_total"),
        ("partial", (), "slamon_partial_clocks_total"),
        ("uncovered", (), "slamon_uncovered_tickets_total"),
        ("unknown_value", ("status",), "slamon_unknown_values_total"),
        ("dead", ("not_json",), "slamon_dead_letters_total"),
        ("corrections", ("breach", "reopened"), "slamon_corrections_total"),
    ],
)
def test_what_the_engine_counts_is_shown(count, values, name):
    metrics = made()
    metrics.on_unit(0, counted(**{count: {values: 4}}))
    assert sum(samples(metrics, name).values()) == 4


def test_a_count_without_a_row_is_told_once_and_harms_nothing():
    metrics = made()
    with capture_logs() as told:
        metrics.on_unit(0, counted(novelty={("x",): 1}, late={(): 1}))
        metrics.on_unit(0, counted(novelty={("y",): 1}))
    assert [(line["event"], line["count"]) for line in told] == [("count_unmapped", "novelty")]
    assert samples(metrics, "slamon_late_records_total") == {(): 1}


def test_the_lag_of_a_live_fact_runs_from_its_instant_to_the_commit():
    metrics = made()
    metrics.on_unit(0, Unit(lags=[("breach", NOW - 60), ("warning", NOW - 2000)]), NOW)
    text = metrics.page("")[0].decode()
    assert 'slamon_detection_lag_seconds_bucket{le="0.05",what="breach"} 0.0' in text
    assert 'slamon_detection_lag_seconds_bucket{le="0.075",what="breach"} 1.0' in text
    assert 'slamon_detection_lag_seconds_sum{what="warning"} 2.0' in text


def test_a_breach_carries_its_ticket_as_exemplar_in_openmetrics_alone():
    metrics = made()
    metrics.on_unit(0, breach("T-1"))
    metrics.on_unit(0, breach("T-2", priority="P2", live=False))
    families = parse_openmetrics(metrics.page(OPENMETRICS)[0].decode())
    found = [s for family in families for s in family.samples if s.name == "slamon_breaches_total" and s.exemplar]
    assert {(s.labels["priority"], s.labels["live"], s.exemplar.labels["ticket_id"]) for s in found} == {
        ("p1", "true", "T-1"),
        ("p2", "false", "T-2"),
    }
    assert [s.value for s in found] == [1, 1]
    assert b"T-1" not in metrics.page("")[0]


def test_a_ticket_id_too_long_for_an_exemplar_is_counted_without():
    metrics = made()
    metrics.on_unit(0, breach("T" * 200))
    assert samples(metrics, "slamon_breaches_total")["gold", "resolution", "p1", "SLA", "true"] == 1


def test_open_clocks_are_summed_over_the_partitions_that_are_owned():
    metrics = made()
    key = ("gold", "resolution", "P1", "active")
    metrics.watch(0, Held({key: 2}))
    metrics.watch(1, Held({key: 3, ("gold", "resolution", "P2", "paused"): 1}))
    both = WorkerStatus(NOW, partitions=[PartitionStatus(0, "active"), PartitionStatus(1, "active")])
    metrics.refresh(both)
    assert samples(metrics, "slamon_open_clocks")["gold", "resolution", "p1", "active"] == 5
    metrics.refresh(WorkerStatus(NOW, partitions=[PartitionStatus(0, "active")]))
    open_clocks = samples(metrics, "slamon_open_clocks")
    assert open_clocks["gold", "resolution", "p1", "active"] == 2
    assert open_clocks["gold", "resolution", "p2", "paused"] == 0


def soon(*deadlines: tuple[int, str, str]) -> Soon:
    found = Soon(NOW)
    for deadline in deadlines:
        found.add(deadline)
    return found


def test_due_clocks_are_counted_in_every_horizon_they_lie_in():
    metrics = made()
    minute = 60_000
    deadlines = [(NOW + minute, "gold", "resolution"), (NOW + 30 * minute, "gold", "resolution")]
    metrics.on_due(soon(*deadlines, (NOW + 200 * minute, "noc", "ownership")))
    due = samples(metrics, "slamon_due_clocks")
    assert [due["gold", "resolution", within] for within in ("15m", "1h", "4h")] == [1, 2, 2]
    assert [due["noc", "ownership", within] for within in ("15m", "1h", "4h")] == [0, 0, 1]
    assert samples(metrics, "slamon_nearest_deadline_timestamp_seconds")["gold", "resolution"] == (NOW + minute) / 1000
    metrics.on_due(soon())
    assert set(samples(metrics, "slamon_nearest_deadline_timestamp_seconds").values()) == {0}


def test_the_worker_tells_how_its_partitions_are():
    metrics = made()
    partitions = [
        PartitionStatus(0, "active", NOW - 1500, lag={"tickets": 4}, state_keys=10, state_bytes=100),
        PartitionStatus(3, "recovering", recovery_remaining=900, recovery_started_at=NOW - 60_000),
    ]
    inputs = [InputStatus("snow", "servicenow.rows", "servicenow", NOW - 1000, lag=3, silent=True)]
    metrics.refresh(
        WorkerStatus(NOW, True, NOW - 20, "5f3c", partitions, inputs, open_transactions={"tickets": 75_000})
    )
    assert samples(metrics, "slamon_partition_time_lag_seconds") == {("0",): 1.5}
    assert samples(metrics, "slamon_partitions")[("recovering",)] == 1
    assert samples(metrics, "slamon_event_lag_records")[("tickets",)] == 4
    assert samples(metrics, "slamon_event_lag_records")[("snow",)] == 3
    assert samples(metrics, "slamon_recovery_remaining_records") == {(): 900}
    assert samples(metrics, "slamon_recovery_start_timestamp_seconds") == {(): (NOW - 60_000) / 1000}
    assert samples(metrics, "slamon_input_silent")[("snow",)] == 1
    assert samples(metrics, "slamon_open_transaction_seconds")[("tickets",)] == 75
    assert samples(metrics, "slamon_open_transaction_seconds")[("snow",)] == 0
    assert samples(metrics, "slamon_last_record_timestamp_seconds")[("snow",)] == (NOW - 1000) / 1000
    metrics.refresh(WorkerStatus(NOW))
    assert samples(metrics, "slamon_open_transaction_seconds")[("tickets",)] == 0
    assert samples(metrics, "slamon_partition_time_lag_seconds") == {}
    assert samples(metrics, "slamon_partitions")[("recovering",)] == 0


def test_copies_of_other_workers_partitions_have_their_lag_and_count_as_state_on_disk():
    metrics = made()
    partitions = [PartitionStatus(0, "active", state_keys=10, state_bytes=100)]
    standbys = [StandbyStatus(1, "catching_up", 700, 5, 50), StandbyStatus(2, "catching_up")]
    metrics.refresh(WorkerStatus(NOW, True, NOW, "5f3c", partitions, standbys=standbys))
    assert samples(metrics, "slamon_standby_lag_records") == {("1",): 700}
    assert samples(metrics, "slamon_state_bytes") == {(): 150}
    assert samples(metrics, "slamon_state_keys") == {(): 15}
    assert samples(metrics, "slamon_partitions")[("active",)] == 1
    metrics.refresh(WorkerStatus(NOW))
    assert samples(metrics, "slamon_standby_lag_records") == {}


def test_a_reload_brings_new_series_and_keeps_the_old():
    metrics = made()
    metrics.on_unit(0, breach("T-1"))
    silver = Policy("silver", policies().policies[0].objectives)
    metrics.on_policies(policies(silver))
    breaches = samples(metrics, "slamon_breaches_total")
    assert breaches["gold", "resolution", "p1", "SLA", "true"] == 1
    assert breaches["silver", "resolution", "p1", "SLA", "true"] == 0
    assert samples(metrics, "slamon_policy_info") == {("5f3c",): 1}


def test_a_clock_pinned_to_an_older_version_keeps_its_name():
    metrics = Metrics()
    metrics.on_policies(policies(), others=[policies(Policy("retired", policies().policies[0].objectives))])
    metrics.on_unit(0, counted(facts={("met", "retired", "resolution", "p1", "SLA", "live"): 1}))
    assert samples(metrics, "slamon_outcomes_total")["retired", "resolution", "p1", "SLA", "met"] == 1


def test_a_refused_reload_is_told_until_one_succeeds():
    metrics = made()
    metrics.on_refused_policies()
    assert samples(metrics, "slamon_policy_reload_successful") == {(): 0}
    assert samples(metrics, "slamon_policy_reload_failures_total") == {(): 1}
    metrics.on_policies(policies())
    assert samples(metrics, "slamon_policy_reload_successful") == {(): 1}


def test_every_row_fits_the_catalogue():
    for feed in FEEDS:
        assert len(feed.labels) == len(BY_NAME[feed.family].labels), feed
    closed = {"policy", "objective", "priority", "kind", "stage", "topic", "input", "field", "partition"}
    known = closed | {"version", "python", "faust", "service", "factor", "window"} | set(CLOSED)
    assert [family.name for family in FAMILIES if not set(family.labels) <= known] == []
    assert "ticket" not in known


def calls(*names: str) -> Iterator[tuple[str, ast.expr]]:
    """First argument of every call of these names in the package, with its place."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in names:
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.args[0]


def test_every_reason_of_a_dead_letter_is_a_label_of_its_own():
    modules = [ast.parse(path.read_text()).body for path in PACKAGE.rglob("*.py")]
    assigned = [node for body in modules for node in body if isinstance(node, ast.AnnAssign)]
    constants = {
        node.target.id: node.value.value
        for node in assigned
        if isinstance(node.target, ast.Name) and isinstance(node.value, ast.Constant)
    }
    assigned_plainly = [node for body in modules for node in body if isinstance(node, ast.Assign)]
    constants |= {
        node.targets[0].id: node.value.value
        for node in assigned_plainly
        if isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)
    }
    given = {where: reason for where, reason in calls("InvalidRecord", "refusal") if not where.startswith("offline")}
    reasons = {
        where: constants.get(r.id) if isinstance(r, ast.Name) else r.value
        for where, r in given.items()
        if isinstance(r, ast.Constant) or (isinstance(r, ast.Name) and r.id.isupper())
    }
    found = {where: reason for where, reason in reasons.items() if isinstance(reason, str)}
    assert len(found) > 20, "the search has gone blind"
    assert {where: reason for where, reason in found.items() if reason not in CLOSED["reason"]} == {}


def test_every_count_of_the_engine_has_a_row():
    counted = {
        where: name.value
        for where, name in calls("count")
        if where.startswith(("sla", "engine", "service")) and isinstance(name, ast.Constant)
        if isinstance(name.value, str) and name.value.isidentifier()
    }
    for path in (PACKAGE / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            subscript = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)
            if subscript and getattr(node.value, "attr", "") == "counts":
                counted[f"{path.name}:{node.lineno}"] = node.slice.elts[0].value
    assert {"facts", "records", "dead", "late", "duplicate"} <= set(counted.values()), "the search has gone blind"
    rows = {feed.count for feed in FEEDS}
    assert {where: name for where, name in counted.items() if name not in rows} == {}


def test_the_docs_are_current():
    assert DOCS.read_text() == reference(), "run: python -m slamon.service.metrics > docs/metrics.md"


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not here (Debian: apt-get install prometheus)"
)
def test_promtool_finds_nothing_to_say():
    metrics = made()
    metrics.on_unit(0, breach("T-1"))
    metrics.refresh(WorkerStatus(NOW, partitions=[PartitionStatus(0, "active", NOW)]))
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics.page("")[0], capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
