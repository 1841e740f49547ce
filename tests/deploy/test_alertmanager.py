"""The example for Alertmanager: accepted, every alert goes where its severity says, in words a person understands, and once."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.broker.will import Will
from tests.deploy.test_prometheus import ALERTS
from tests.deploy.watchers import DEPLOY, Catcher, answered, needs_alertmanager, start_alertmanager, told

CONFIG = DEPLOY / "alertmanager" / "alertmanager.yaml"
RECEIVERS = {"critical": "webhook,pagerduty,slack", "warning": "webhook,slack", "info": "webhook"}
needs_amtool = pytest.mark.skipif(
    shutil.which("amtool") is None, reason="amtool is not here (Debian: apt-get install prometheus-alertmanager)"
)


def amtool(*arguments: str) -> str:
    ran = subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.strip()


@needs_amtool
def test_amtool_accepts_the_example():
    assert "3 receivers" in amtool("check-config", str(CONFIG))


@needs_amtool
@pytest.mark.parametrize("severity", sorted({alert["labels"]["severity"] for alert in ALERTS}))
def test_an_alert_goes_where_its_severity_says(severity):
    labels = [f"severity={severity}", "policy=gold", "objective=resolution"]
    assert amtool("config", "routes", "test", f"--config.file={CONFIG}", *labels) == RECEIVERS[severity]


@needs_amtool
def test_an_alert_of_somebody_else_reaches_the_webhook_alone():
    assert amtool("config", "routes", "test", f"--config.file={CONFIG}", "alertname=Disk") == "webhook"


class Running:
    """An Alertmanager that takes alerts."""

    def __init__(self, url: str, catcher: Catcher) -> None:
        self.url, self.catcher = url, catcher

    async def post(self, *alerts: dict[str, str]) -> None:
        body = [{"labels": labels, "annotations": noted(labels["alertname"])} for labels in alerts]
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/api/v2/alerts", json=body) as response:
            assert response.status == 200, await response.text()

    async def suppressed(self) -> dict[str, bool]:
        """By what the alert says: whether it is kept back."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/api/v2/alerts") as response:
            found = await response.json()
        return {name(each["labels"]): each["status"]["state"] == "suppressed" for each in found}


def name(labels: dict[str, str]) -> str:
    return " ".join(labels[key] for key in ("alertname", "severity", "objective") if key in labels)


def noted(alert: str) -> dict[str, str]:
    return next(rule["annotations"] for rule in ALERTS if rule["alert"] == alert)


def alert(alertname: str, severity: str, **labels: str) -> dict[str, str]:
    return {"alertname": alertname, "severity": severity, **labels}


@pytest_asyncio.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    catcher, will = Catcher(), Will()
    await catcher.start()
    try:
        url = start_alertmanager(will, tmp_path, catcher.url)
        await answered(f"{url}/-/ready")
        yield Running(url, catcher)
    finally:
        will.execute()
        await catcher.stop()


def by_receiver(running: Running) -> dict[str, Any]:
    return {caught.receiver: caught.body for caught in running.catcher.caught}


@needs_alertmanager
async def test_a_critical_alert_tells_everybody_what_happened_and_where_the_runbook_is(running: Running):
    await running.post(
        alert("SlamonAvailabilityBreach", "critical", policy="shop", objective="month", service="checkout")
    )
    await running.catcher.until(lambda caught: {each.receiver for each in caught} == {"pagerduty", "slack", "webhook"})
    rule, bodies = noted("SlamonAvailabilityBreach"), by_receiver(running)
    for receiver, body in bodies.items():
        assert rule["summary"] in told(body), receiver
        assert rule["runbook_url"] in told(body), receiver
    page = bodies["pagerduty"]
    assert (page["routing_key"], page["event_action"]) == ("a-routing-key", "trigger")
    assert page["payload"]["summary"] == f"{rule['summary']} (shop)"
    assert (page["payload"]["severity"], page["payload"]["component"]) == ("critical", "checkout")
    assert page["links"] == [{"href": rule["runbook_url"], "text": "runbook"}]
    (shown,) = bodies["slack"]["attachments"]
    assert (shown["title"], shown["color"]) == (rule["summary"], "danger")
    (webhook,) = (caught for caught in running.catcher.caught if caught.receiver == "webhook")
    assert webhook.authorization == "Bearer a-token"


@needs_alertmanager
async def test_what_is_told_already_is_not_told_again(running: Running):
    """(kept back, because of)."""
    shop = {"policy": "shop", "objective": "month", "service": "checkout", "kind": "SLA"}
    gold = {"policy": "gold", "objective": "resolution"}
    await running.post(
        alert("SlamonAvailabilityBreach", "critical", **shop),
        alert("SlamonBudgetBurnSlow", "warning", **shop),
        alert("SlamonBudgetBurn", "critical", **shop | {"objective": "week"}),
        alert("SlamonBreachRate", "critical", **gold, kind="SLA"),
        alert("SlamonBreach", "critical", **gold, priority="p1"),
        alert("SlamonBreach", "critical", **gold | {"objective": "reply"}, priority="p1"),
        alert("SlamonCertificateEnding", "critical", instance="a", use="kafka"),
        alert("SlamonCertificateEnding", "warning", instance="a", use="kafka"),
        alert("SlamonAbsent", "critical"),
        alert("SlamonWorkerDown", "warning", instance="a"),
    )
    state: dict[str, bool] = {}
    for _ in range(50):
        state = await running.suppressed()
        if sum(state.values()) == 4:
            break
        await asyncio.sleep(0.1)
    assert {name for name, kept_back in state.items() if kept_back} == {
        "SlamonBudgetBurnSlow warning month",
        "SlamonBreach critical resolution",
        "SlamonCertificateEnding warning",
        "SlamonWorkerDown warning",
    }
    assert len(state) == 10
