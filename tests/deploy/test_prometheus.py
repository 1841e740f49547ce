"""Rules for Prometheus: accepted, tested, explained, and naming only what slamon exports."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.expressions import unknown

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
GROUPS = yaml.safe_load((FOLDER / "slamon.rules.yaml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
CASES = [
    case
    for test in yaml.safe_load((FOLDER / "slamon.rules.test.yaml").read_text())["tests"]
    for case in test.get("alert_rule_test", ())
]
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


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(name):
    fires = {bool(case.get("exp_alerts")) for case in CASES if case["alertname"] == name}
    assert fires == {True, False}


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_says_how_bad_what_and_what_to_do(name):
    alert = ALERTS[name]
    assert re.fullmatch(r"Slamon([A-Z][a-z]+)+", name)
    assert alert["labels"] == {"severity": alert["labels"]["severity"]}
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert "{{" not in alert["annotations"]["summary"], "a static summary groups"
    assert alert["annotations"]["runbook_url"].endswith(f"/docs/runbooks.md#{name.lower()}")


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    titles = re.findall(r"^### (\w+)$", (ROOT / "docs" / "runbooks.md").read_text(), re.MULTILINE)
    assert sorted(titles) == sorted(ALERTS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_every_expression_names_only_series_and_labels_that_exist(rule):
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    assert unknown(rule["expr"], recorded) == []


def test_the_search_for_unknown_names_finds_them():
    assert unknown('sum(rate(slamon_breach_total[5m])) / max(slamon_partitions{state="lost", pod="x"})') == [
        "slamon_breach_total",
        "state=lost",
        "slamon_partitions{pod}",
    ]
