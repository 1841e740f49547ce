"""Rules for Prometheus: accepted, tested, explained, and naming only what slamon exports."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.expressions import selectors, unknown

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
GROUPS = yaml.safe_load((FOLDER / "slamon.rules.yaml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})
RECORDED = [rule["record"] for rule in RULES if "record" in rule]
TESTS = yaml.safe_load((FOLDER / "slamon.rules.test.yaml").read_text())["tests"]
CASES = [case for test in TESTS for case in test.get("alert_rule_test", ())]
RUNBOOKS = ROOT / "docs" / "runbooks"
SEVERITIES = {"critical", "warning", "info"}
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not here (Debian: apt-get install prometheus)"
)


def promtool(*arguments: str) -> None:
    ran = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@needs_promtool
def test_promtool_accepts_the_rules_and_the_configuration():
    promtool("check", "rules", "--lint-fatal", "slamon.rules.yaml")
    promtool("check", "config", "prometheus.yaml")


@needs_promtool
def test_every_alert_fires_and_keeps_quiet_as_its_cases_say():
    promtool("test", "rules", "slamon.rules.test.yaml")


@each_alert
def test_every_alert_has_a_case_in_which_it_fires_at_its_severity_and_one_in_which_it_does_not(alert):
    expected = [case.get("exp_alerts", []) for case in CASES if case["alertname"] == alert["alert"]]
    assert [] in expected
    assert alert["labels"]["severity"] in {fired["exp_labels"]["severity"] for fires in expected for fired in fires}


@each_alert
def test_every_alert_says_how_bad_what_and_what_to_do(alert):
    assert re.fullmatch(r"Slamon([A-Z][a-z]+)+", alert["alert"])
    assert alert["labels"] == {"severity": alert["labels"]["severity"]}
    assert alert["labels"]["severity"] in SEVERITIES
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert "{{" not in alert["annotations"]["summary"], "a static summary groups"
    assert alert["annotations"]["runbook_url"].endswith(f"/docs/runbooks/{alert['alert']}.md")


def test_what_a_team_or_a_supplier_promised_wakes_nobody():
    waking = [alert["expr"] for alert in ALERTS if alert["labels"]["severity"] == "critical"]
    about_promises = [text for text in waking if re.search(r"breach|burn", text)]
    assert about_promises
    assert [text for text in about_promises if 'kind="SLA"' not in text] == []


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    assert sorted(page.stem for page in RUNBOOKS.glob("Slamon*.md")) == NAMES
    listed = re.findall(r"^\| \[(\w+)\]\(\1\.md\) \|", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_runbook_says_how_bad_it_is_what_it_means_what_to_do_and_when_it_ends(name):
    text = (RUNBOOKS / f"{name}.md").read_text()
    ours = [alert for alert in ALERTS if alert["alert"] == name]
    title, _, first, *_ = text.splitlines()
    assert title == f"# {name}"
    assert first.startswith(f"{ours[0]['annotations']['summary']}. Severity: ")
    told = set(re.findall(r"\w+", first.partition("Severity: ")[2])) & SEVERITIES
    assert told == {alert["labels"]["severity"] for alert in ours}
    headings = [heading for heading in re.findall(r"^## (.+)$", text, re.MULTILINE) if heading != "Good to know"]
    assert headings == ["What it means", "What to do", "When it ends"]


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_recorded_is_named_by_level_metric_and_operations_and_has_a_case(name):
    assert re.fullmatch(r"[a-z]+:slamon_[a-z_]+:[a-z0-9_]+", name)
    asked = [case["expr"] for test in TESTS for case in test.get("promql_expr_test", ())]
    assert any(name in text for text in asked)


def test_no_name_is_recorded_twice():
    assert len(RECORDED) == len(set(RECORDED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_every_expression_names_only_series_and_labels_that_exist(rule):
    assert unknown(rule["expr"], RECORDED) == []


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["name"])
def test_a_recorded_series_is_read_by_its_own_group_after_it_was_made(group):
    made: set[str] = set()
    for rule in group["rules"]:
        assert {each.name for each in selectors(rule["expr"])} & set(RECORDED) <= made
        made.add(rule.get("record", ""))


def test_the_search_for_unknown_names_finds_them():
    assert unknown('sum(rate(slamon_breach_total[5m])) / max(slamon_partitions{state="lost", pod="x"})') == [
        "slamon_breach_total",
        "state=lost",
        "slamon_partitions{pod}",
    ]
