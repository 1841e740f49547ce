"""Fixtures of the runtime's integration tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.broker import Broker
from tests.runtime.cluster import WorkerProcess

Start = Callable[..., WorkerProcess]


@pytest.fixture
def start(kafka: Broker, kafka_prefix: str, tmp_path: Path) -> Iterator[Start]:
    workers: list[WorkerProcess] = []

    def begin(name: str = "one", **more: Any) -> WorkerProcess:
        workers.append(WorkerProcess(kafka.bootstrap, kafka_prefix, tmp_path / name, **more))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.kill()
