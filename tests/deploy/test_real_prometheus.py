"""A real Prometheus scrapes the real port, and every expression of the dashboard gives numbers."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml

from slamon.engine.keys import SERVICE
from slamon.engine.look import standing
from slamon.service.http import HttpServer
from slamon.service.metrics import Metrics
from slamon.service.status import InputStatus, PartitionStatus, WorkerStatus
from tests.availability.promises import says
from tests.broker.will import Will
from tests.deploy.test_grafana import TARGETS, expression
from tests.kit import DAY, MINUTE, Bench, book
from tests.service.promises import breach, counted, policies
from tests.service.test_services import shop

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "slamon.rules.yaml"
VARIABLES = {"$policy": ".*", "$objective": ".*", "$service": ".*"}
SECONDS = 30

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is not here (Debian: apt-get install prometheus)"
)


class Busy:
    """A worker with everything to tell; each look at it breaks and keeps some promises."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        metrics.watch(0, self)
        metrics.on_policies(policies(shop()))
        now = int(time.time() * 1000)
        self.down = Bench(book(policies(shop())))
        self.down.deliver(says(now - 2 * DAY, "up"), says(now - 10 * MINUTE, "down"))
        self.down.tick(now)

    open = {("gold", "resolution", "p1", "active"): 3, ("gold", "resolution", "p2", "paused"): 1}  # noqa: RUF012

    def status(self) -> WorkerStatus:
        now = int(time.time() * 1000)
        keys = [("warning", "P1", "live"), ("met", "P1", "live"), ("missed", "P1", "live")]
        facts = {(what, "gold", "resolution", priority, "SLA", live): 2 for what, priority, live in keys}
        self.metrics.on_unit(0, counted(facts=facts, records={("slamon.tickets",): 10}, dead={("not_json",): 1}))
        unit = breach("T-1")
        unit.lags.append(("breach", now - 40))
        self.metrics.on_unit(0, unit, now)
        self.metrics.on_due([(now + 60_000, "gold", "resolution")], now)
        ((_, head),) = self.down.store.scan(SERVICE.head)
        standings = standing(self.down.store, self.down.partition.rules, head, now)
        self.metrics.on_services(0, [("checkout", standings)], now)
        deque(self.metrics.show_services(), maxlen=0)
        inputs = [InputStatus("tickets", "slamon.tickets", "canonical", now - 500)]
        partition = PartitionStatus(0, "active", now - 30, state_keys=5, state_bytes=4096)
        return WorkerStatus(now, True, now, "5f3c", [partition], inputs, expected_partitions=1)

    async def ticket(self, ticket: str) -> None:
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """A Prometheus with the configuration of the folder."""
    return subprocess.Popen(
        [
            "prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage", "--log.level=error",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest_asyncio.fixture
async def api(tmp_path):
    metrics = Metrics()
    server = HttpServer(Busy(metrics), metrics, "127.0.0.1", 0)
    await server.start()
    job = {"job_name": "slamon", "static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}]}
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [job],
    }
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
    port = free_port()
    will = Will()
    will.add_child(started(tmp_path, port))
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield session
    finally:
        will.execute()
        await server.stop()


async def asked(api: aiohttp.ClientSession, path: str, **query: str) -> dict | list:
    async with api.get(f"/api/v1/{path}", params=query) as response:
        body = await response.json()
    assert body["status"] == "success", body
    return body["data"]


async def result(api: aiohttp.ClientSession, text: str) -> list:
    return (await asked(api, "query", query=text))["result"]


async def scraped(api: aiohttp.ClientSession, times: int) -> None:
    """Return once the worker was scraped so often."""
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(aiohttp.ClientError):
                found = await result(api, 'count_over_time(slamon_build_info{job="slamon"}[5m])')
                if found and float(found[0]["value"][1]) >= times:
                    return
            await asyncio.sleep(0.5)


def as_shown(target: dict) -> str:
    text = expression(target)
    for variable, value in VARIABLES.items():
        text = text.replace(variable, value)
    return text


async def test_every_expression_of_the_dashboard_gives_numbers(api):
    await scraped(api, 6)
    lacking = [as_shown(target) for target in TARGETS if not await result(api, as_shown(target))]
    assert lacking == []
    (attainment,) = await result(
        api, next(as_shown(t) for t in TARGETS if t["expr"].startswith("sum(increase(slamon_outcomes"))
    )
    assert float(attainment["value"][1]) == pytest.approx(0.5)
    (state,) = await result(api, next(as_shown(t) for t in TARGETS if "slamon_service_state" in t["expr"]))
    assert (state["metric"], float(state["value"][1])) == ({"policy": "shop", "service": "checkout"}, 3), "down"
    (left,) = await result(api, next(as_shown(t) for t in TARGETS if "budget_remaining_ratio" in t["expr"]))
    assert 0.7 < float(left["value"][1]) <= 1, "10 of 40 to 45 minutes, fewer at the first of a month"
    (lag,) = await result(api, next(as_shown(t) for t in TARGETS if "histogram_quantile(0.5" in t["expr"]))
    assert 0.025 < float(lag["value"][1]) <= 0.05
    exemplars = await asked(
        api, "query_exemplars", query="slamon_breaches_total", start=str(time.time() - 60), end=str(time.time())
    )
    assert {e["labels"]["ticket_id"] for series in exemplars for e in series["exemplars"]} == {"T-1"}
    firing = {alert["labels"]["alertname"] for alert in (await asked(api, "alerts"))["alerts"]}
    assert {"SlamonBreach", "SlamonBreachImminent", "SlamonDeadLetters", "SlamonBudgetBurn"} <= firing
    assert not firing & {"SlamonAbsent", "SlamonWorkerDown", "SlamonStuck", "SlamonNoTick", "SlamonPartitionsUnwatched"}
