"""A real Prometheus scrapes the real port, and every expression of the dashboards gives the numbers it should."""

import time
from collections import deque

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from slamon.engine.keys import SERVICE
from slamon.engine.look import standing
from slamon.notify.metrics import NotifyMetrics
from slamon.service.http import HttpServer
from slamon.service.metrics import Metrics
from slamon.service.metrics.soon import Soon
from slamon.service.status import InputStatus, PartitionStatus, StandbyStatus, WorkerStatus
from tests.availability.promises import says
from tests.broker.will import Will
from tests.deploy.asking import asked, lacking, number, result, scraped, shown
from tests.deploy.watchers import needs_prometheus, prometheus_config, start_prometheus
from tests.kit import DAY, MINUTE, Bench, book
from tests.service.promises import breach, counted, policies
from tests.service.test_services import shop

PROMISE = {"policy": "gold", "objective": "resolution"}

pytestmark = needs_prometheus


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
        self.metrics.count("ingest", ("pd", "unauthorized"))
        unit = breach("T-1")
        unit.lags.append(("breach", now - 40))
        self.metrics.on_unit(0, unit, now)
        soon = Soon(now)
        soon.add((now + 60_000, "gold", "resolution"))
        self.metrics.on_due(soon)
        ((_, head),) = self.down.store.scan(SERVICE.head)
        standings = standing(self.down.store, self.down.partition.rules, head, now)
        self.metrics.on_services(0, [("checkout", standings)], now)
        deque(self.metrics.show_services(), maxlen=0)
        inputs = [InputStatus("tickets", "slamon.tickets", "canonical", now - 500)]
        partition = PartitionStatus(0, "active", now - 30, state_keys=5, state_bytes=4096)
        copies = [StandbyStatus(1, "catching_up", 7)]
        return WorkerStatus(now, True, now, "5f3c", [partition], inputs, expected_partitions=1, standbys=copies)

    async def ticket(self, ticket: str) -> None:
        return None


async def notifying() -> web.AppRunner:
    """The metrics of a notifier with one receiver."""
    metrics = NotifyMetrics(["duty"])

    async def answer(request: web.Request) -> web.Response:
        page, content_type = metrics.page(request.headers.get("Accept", ""))
        return web.Response(body=page, headers={"Content-Type": content_type})

    app = web.Application()
    app.router.add_get("/metrics", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


@pytest_asyncio.fixture
async def api(tmp_path):
    metrics = Metrics(posted=["pd"])
    metrics.on_certificate("kafka", time.time() + 86_400)
    server, will = HttpServer(Busy(metrics), metrics, "127.0.0.1", 0), Will()
    await server.start()
    config = prometheus_config(server.port, "http://127.0.0.1:9")
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    notifier = await notifying()
    config["scrape_configs"][0]["static_configs"] += [{"targets": [f"127.0.0.1:{notifier.addresses[0][1]}"]}]
    try:
        async with aiohttp.ClientSession(start_prometheus(will, tmp_path, config)) as session:
            yield session
    finally:
        will.execute()
        await server.stop()
        await notifier.cleanup()


async def test_every_expression_of_the_dashboards_gives_numbers(api):
    await scraped(api, 6)
    assert await lacking(api) == []
    assert await number(api, "slamon-live-Attainment-A") == pytest.approx(2 / 3, abs=0.01)
    assert await number(api, "slamon-availability-Services down-A") == 1
    assert 0.7 < await number(api, "slamon-live-Lowest budget-A") <= 1, (
        "10 of 40 to 45 minutes, fewer at the first of a month"
    )
    assert 0.025 < await number(api, "slamon-itself-Detection lag-A") <= 0.05
    ends = {
        found["metric"]["use"]: float(found["value"][1]) / 1000
        for found in await result(api, shown("slamon-itself-Certificates-A"))
    }
    assert 86_000 < ends.pop("kafka") - time.time() < 86_400
    assert ends == {"http": 0}
    (state,) = await result(api, shown("slamon-live-State of services-A"))
    assert (state["metric"], float(state["value"][1])) == ({"policy": "shop", "service": "checkout"}, 3), "down"
    kept, lost = await number(api, "slamon-agreement-Kept-A"), await number(api, "slamon-agreement-Broken-A")
    (allowed,) = (
        found
        for found in await result(api, shown("slamon-agreement-Breaches still allowed-A"))
        if found["metric"] == PROMISE
    )
    assert float(allowed["value"][1]) == pytest.approx(kept * 5 / 95 - lost, rel=0.2)
    exemplars = await asked(
        api, "query_exemplars", query="slamon_breaches_total", start=str(time.time() - 60), end=str(time.time())
    )
    assert {e["labels"]["ticket_id"] for series in exemplars for e in series["exemplars"]} == {"T-1"}
    firing = {alert["labels"]["alertname"] for alert in (await asked(api, "alerts"))["alerts"]}
    assert {
        "SlamonBreach", "SlamonBreachImminent", "SlamonBreachRate", "SlamonDeadLetters", "SlamonBudgetBurn", "SlamonIngestRefused",
        "SlamonCertificateEnding",
    } <= firing  # fmt: skip
    assert not firing & {"SlamonAbsent", "SlamonWorkerDown", "SlamonStuck", "SlamonNoTick", "SlamonPartitionsUnwatched"}
