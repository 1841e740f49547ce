"""The dashboard: made from code, every expression parses and names only what slamon exports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector

from tests.deploy.expressions import promql, unknown

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana"
BOARD = json.loads((FOLDER / "slamon.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]
MACROS = {"$__rate_interval": "1m", "$__range": "6h", "$__interval": "15s"}
OF_THE_PROCESS = {metric.name for metric in ProcessCollector(registry=CollectorRegistry()).collect()}


def expression(target: dict) -> str:
    text = target["expr"]
    for macro, value in MACROS.items():
        text = text.replace(macro, value)
    return text


def test_the_committed_json_is_what_the_code_makes():
    pytest.importorskip("grafana_foundation_sdk", reason="grafana-foundation-sdk is not installed (extra `test`)")
    made = subprocess.run([sys.executable, FOLDER / "dashboard.py"], capture_output=True, text=True, check=True).stdout
    assert made == (FOLDER / "slamon.json").read_text(), (
        "run: python deploy/grafana/dashboard.py > deploy/grafana/slamon.json"
    )


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"][:60])
def test_every_expression_parses_and_names_only_what_is_exported(target):
    promql.parse(expression(target))
    of_the_process = {*OF_THE_PROCESS, *(f"{name}_total" for name in OF_THE_PROCESS)}
    assert unknown(expression(target), of_the_process) == []


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_panel_is_named_described_and_has_a_unit_and_the_chosen_source(panel):
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert sources == [{"type": "prometheus", "uid": "${datasource}"}] * len(sources)


def test_nobody_edits_by_hand_and_the_source_is_a_choice():
    assert BOARD["editable"] is False
    variables = {variable["name"]: variable["type"] for variable in BOARD["templating"]["list"]}
    assert variables == {"datasource": "datasource", "policy": "query", "objective": "query", "service": "query"}


def test_panels_have_ids_of_their_own_and_do_not_overlap():
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    cells = [
        (x, y)
        for panel in BOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_breaches_show_their_tickets_as_exemplars():
    (panel,) = (panel for panel in PANELS if panel["title"] == "Breaches by promise")
    assert panel["targets"][0]["exemplar"] is True
