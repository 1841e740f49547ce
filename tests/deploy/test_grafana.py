"""The dashboards: made from code, every expression parses and names only what slamon exports, all look alike."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, ProcessCollector

from slamon.service.metrics import FAMILIES
from slamon.service.metrics.notify_catalogue import NOTIFY_FAMILIES
from tests.deploy.expressions import family_of, promql, selectors, unknown

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana"
PROVISIONING = FOLDER / "provisioning"
BOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))}
PANELS = [
    pytest.param(panel, id=f"{uid}-{panel['title']}")
    for uid, board in BOARDS.items()
    for panel in board["panels"]
    if panel["type"] != "row"
]
TARGETS = {
    f"{panel.id}-{target['refId']}": target["expr"] for panel in PANELS for target in panel.values[0]["targets"]
}  # "uid-title-ref" -> expression
MACROS = {"$__rate_interval": "1m", "$__range": "6h", "$__interval": "15s", "$target": "0.95"}
OF_THE_PROCESS = {metric.name for metric in ProcessCollector(registry=CollectorRegistry()).collect()}
PROMISES = ["datasource", "policy", "objective", "service"]
each_board = pytest.mark.parametrize("uid", BOARDS)
each_panel = pytest.mark.parametrize("panel", PANELS)


def plain(text: str) -> str:
    """The expression as Prometheus is asked it, but for variables within strings."""
    for macro, value in MACROS.items():
        text = text.replace(macro, value)
    return text


def test_the_committed_files_are_what_the_code_makes(tmp_path):
    pytest.importorskip("grafana_foundation_sdk", reason="grafana-foundation-sdk is not installed (extra `test`)")
    subprocess.run([sys.executable, FOLDER / "dashboard.py", tmp_path], check=True)
    made = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}
    assert made == BOARDS, "run: python deploy/grafana/dashboard.py"


def test_there_is_a_dashboard_for_each_question():
    assert {uid: [each["name"] for each in board["templating"]["list"]] for uid, board in BOARDS.items()} == {
        "slamon-live": PROMISES,
        "slamon-at-risk": PROMISES,
        "slamon-availability": PROMISES,
        "slamon-agreement": [*PROMISES, "target"],
        "slamon-itself": ["datasource", "worker"],
    }


@pytest.mark.parametrize("text", TARGETS.values(), ids=TARGETS)
def test_every_expression_parses_and_names_only_what_is_exported(text):
    promql.parse(plain(text))
    of_the_process = {*OF_THE_PROCESS, *(f"{name}_total" for name in OF_THE_PROCESS)}
    assert unknown(plain(text), of_the_process) == []


def test_every_metric_is_on_a_dashboard():
    shown = {family_of(found.name) for text in TARGETS.values() for found in selectors(plain(text))}
    assert [family.series for family in (*FAMILIES, *NOTIFY_FAMILIES) if family not in shown] == []


@each_panel
def test_every_panel_is_named_described_has_a_unit_words_for_nothing_and_the_chosen_source(panel):
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"]
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert sources == [{"type": "prometheus", "uid": "${datasource}"}] * len(sources)


@each_panel
def test_every_number_at_a_glance_says_whether_it_is_good_or_is_only_a_count(panel):
    if panel["type"] != "stat" or panel["fieldConfig"]["defaults"]["unit"] not in {"s", "percentunit"}:
        return
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]


@each_panel
def test_every_column_of_a_table_has_a_name_and_nobody_sees_the_time_of_the_query(panel):
    if panel["type"] != "table":
        return
    merge, organize = panel["transformations"]
    assert (merge["id"], organize["id"]) == ("merge", "organize")
    refs = [target["refId"] for target in panel["targets"]]
    values = {f"Value #{ref}" for ref in refs} if len(refs) > 1 else {"Value"}
    grouped = set(re.findall(r"\w+", " ".join(re.findall(r" by \(([^)]*)\)", panel["targets"][0]["expr"]))))
    assert organize["options"]["excludeByName"] == {"Time": True}
    assert values | grouped <= set(organize["options"]["renameByName"])
    assert {name for name in organize["options"]["renameByName"] if name.startswith("Value")} == values


@each_board
def test_nobody_edits_by_hand_and_the_source_is_a_choice(uid):
    board = BOARDS[uid]
    assert (board["uid"], board["editable"], board["tags"]) == (uid, False, ["slamon", "sla"])
    assert board["title"].startswith("slamon")
    assert board["description"].endswith(".")
    kinds = {variable["name"]: variable["type"] for variable in board["templating"]["list"]}
    assert kinds.pop("datasource") == "datasource"
    assert kinds.pop("target", "custom") == "custom"
    assert set(kinds.values()) == {"query"}


@each_board
def test_every_choice_is_used_and_every_choice_that_is_used_is_offered(uid):
    used = set(re.findall(r"\$(\w+)", "".join(text for name, text in TARGETS.items() if name.startswith(f"{uid}-"))))
    offered = {variable["name"] for variable in BOARDS[uid]["templating"]["list"]} - {"datasource"}
    assert {name for name in used if not name.startswith("__")} == offered


@each_board
def test_each_leads_to_the_others_with_the_same_choices_and_times(uid):
    (link,) = BOARDS[uid]["links"]
    assert (link["type"], link["tags"], link["includeVars"], link["keepTime"]) == ("dashboards", ["slamon"], True, True)


@each_board
def test_panels_have_ids_of_their_own_and_do_not_overlap(uid):
    panels = BOARDS[uid]["panels"]
    titles = [panel["title"] for panel in panels]
    assert len(set(titles)) == len(titles)
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_breaches_show_their_tickets_as_exemplars():
    (panel,) = (panel for panel in BOARDS["slamon-live"]["panels"] if panel["title"] == "Breaches by promise")
    assert panel["targets"][0]["exemplar"] is True


def test_grafana_is_told_where_the_dashboards_are_and_that_nobody_edits_them():
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "slamon.yaml").read_text())["providers"]
    assert (provider["type"], provider["allowUiUpdates"], provider["disableDeletion"]) == ("file", False, True)
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "slamon.yaml").read_text())["datasources"]
    assert (source["type"], source["editable"]) == ("prometheus", False)
    scraping = yaml.safe_load((FOLDER.parent / "prometheus" / "prometheus.yaml").read_text())["global"]
    assert source["jsonData"]["timeInterval"] == scraping["scrape_interval"]
