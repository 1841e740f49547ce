"""From a record in Kafka to somebody's webhook: a real worker, Prometheus and Alertmanager by the committed files."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.broker import Broker
from tests.broker.will import Will
from tests.deploy.watchers import (
    Catcher,
    answered,
    needs_alertmanager,
    needs_prometheus,
    prometheus_config,
    start_alertmanager,
    start_prometheus,
)
from tests.service_live.live import Live, now_ms, ticket

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka, needs_prometheus, needs_alertmanager]

POLICIES = """
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: gold}
spec:
  statuses: {resolved: [resolved], known: [open]}
  objectives:
    resolution: {target: 20m}
"""
MINUTE = 60_000
PROMISED = 15.0  # seconds


@pytest.fixture
def live(kafka: Broker, kafka_prefix: str, tmp_path: Path) -> Iterator[Live]:
    made = Live(kafka.bootstrap, kafka_prefix, tmp_path, POLICIES)
    yield made
    made.close()


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    made = Catcher()
    await made.start()
    yield made
    await made.stop()


async def test_a_ticket_about_to_breach_becomes_a_webhook(live: Live, catcher: Catcher, tmp_path: Path, capsys) -> None:
    will = Will()
    try:
        await live.make_topics()
        worker = live.start()
        await live.ready(worker)
        alertmanager = start_alertmanager(will, tmp_path, catcher.url)
        prometheus = start_prometheus(will, tmp_path, prometheus_config(worker.port, alertmanager))
        await answered(f"{alertmanager}/-/ready")
        await answered(f"{prometheus}/-/ready")

        about_to = now_ms() + 5_000  # from then on it is due within 15 minutes
        await live.write(
            [ticket("T-1", "created", about_to - 5 * MINUTE, "1", fields={"priority": "P1", "status": "open"})]
        )
        caught = await catcher.until(lambda caught: any(each.receiver == "webhook" for each in caught))
    finally:
        will.execute()

    first = next(each for each in caught if each.receiver == "webhook")
    took = first.at - about_to / 1000
    with capsys.disabled():
        print(
            f"\nfrom about to breach to the webhook: {took:.1f} s (promised: {PROMISED:g} s where the machine is free)"
        )
    assert took > 0, "it was told before it was true"
    (alert,) = first.body["alerts"]
    assert alert["labels"] | {"alertname": "SlamonBreachImminent", "severity": "warning"} == alert["labels"]
    assert (alert["labels"]["policy"], alert["labels"]["objective"]) == ("gold", "resolution")
    assert alert["annotations"]["description"] == "1 ticket(s) are due within 15 minutes under gold, resolution."
    assert "T-1" not in str(alert["labels"]), "a ticket is no label"
    assert {each.receiver for each in caught} <= {"webhook", "slack"}, "a warning wakes nobody"
