"""Every panel of every dashboard has something to show of a worker under the demo's load: real Kafka, real Prometheus."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from slamon.demo.worker import POLICIES
from tests.broker import Broker
from tests.broker.will import Will
from tests.deploy.asking import lacking, scraped
from tests.deploy.test_grafana import TARGETS
from tests.deploy.watchers import needs_prometheus, prometheus_config, start_prometheus
from tests.service_live.live import ROOT, Live
from tests.service_live.test_ingest import opened, post, webhook

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka, needs_prometheus]

SECONDS = 120
# One worker alone keeps no copies, and no notifier runs beside it; test_real_prometheus.py shows both.
NOT_HERE = {name for name, text in TARGETS.items() if re.search("slamon_standby|slamon_notify", text)}


@pytest.fixture
def live(kafka: Broker, kafka_prefix: str, tmp_path: Path) -> Iterator[Live]:
    made = Live(kafka.bootstrap, kafka_prefix, tmp_path, POLICIES.read_text())
    yield made
    made.close()


def simulate(live: Live) -> "subprocess.Popen[bytes]":
    """The demo's tickets and services, with many outages and some records that nobody can read."""
    load = ["--rate", "3", "--services", "2", "--outages", "8", "--bad", "--for", f"{SECONDS}s"]
    return subprocess.Popen(
        [sys.executable, "-m", "slamon", "simulate", "--bootstrap", live.bootstrap, "--prefix", live.prefix, *load],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


async def empty_all_the_while(api: aiohttp.ClientSession) -> set[str]:
    """The queries that gave nothing at any look."""
    end, empty = time.monotonic() + SECONDS, set(TARGETS)
    while empty - NOT_HERE and time.monotonic() < end:
        empty &= set(await lacking(api))
        await asyncio.sleep(2)
    return empty


async def test_every_panel_has_data_of_a_running_worker(live: Live, tmp_path: Path) -> None:
    topic, will = f"{live.prefix}pd", Will()
    try:
        await live.make_topics(topic)
        worker = live.start(SLAMON_INPUTS=opened(topic, live.folder))
        await live.ready(worker)
        config = prometheus_config(worker.port, "http://127.0.0.1:9")
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        async with aiohttp.ClientSession(start_prometheus(will, tmp_path, config)) as api:
            await scraped(api, 3)  # or the first post would not be seen to rise
            will.add_child(simulate(live))
            assert (await asyncio.to_thread(post, worker, webhook("incident.triggered", "2026-01-05T10:00:00Z")))[
                0
            ] == 202
            empty = await empty_all_the_while(api)
    finally:
        will.execute()
    assert empty == NOT_HERE
