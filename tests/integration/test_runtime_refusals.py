"""What a worker refuses to start on: one sentence, exit 1, before it joins any group."""

from pathlib import Path

import pytest

from tests.broker import Broker
from tests.runtime.cluster import WorkerProcess, create_topics

pytestmark = pytest.mark.integration


def refused(kafka: Broker, prefix: str, datadir: Path) -> str:
    worker = WorkerProcess(kafka.bootstrap, prefix, datadir)
    try:
        assert worker.ended(20) == 1
    finally:
        worker.kill()
    return worker.log


async def test_a_missing_topic_is_named(kafka: Broker, kafka_prefix: str, tmp_path: Path) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, 4, breaches=0)
    assert f"{kafka_prefix}breaches is missing" in refused(kafka, kafka_prefix, tmp_path / "one")


async def test_another_number_of_partitions_is_named(kafka: Broker, kafka_prefix: str, tmp_path: Path) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, 4, uptime=3)
    assert f"{kafka_prefix}uptime has 3" in refused(kafka, kafka_prefix, tmp_path / "one")


def test_a_broker_that_is_not_there_is_named(tmp_path: Path, kafka_prefix: str) -> None:
    worker = WorkerProcess("127.0.0.1:1", kafka_prefix, tmp_path / "one")
    assert worker.ended(20) == 1
    assert "127.0.0.1:1: expected a Kafka broker" in worker.log
