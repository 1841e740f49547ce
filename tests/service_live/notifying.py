"""A notifier of one test: `slamon notify` processes, facts written as a worker writes them, and its settings."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aiokafka import AIOKafkaProducer

from slamon.engine.partitioner import partition_of
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topic_specs import PAGES
from slamon.runtime.topics import create
from tests.integration.reading import everything
from tests.notify.facts import event
from tests.service_live.live import ROOT, Worker

PARTITIONS = 3
KEY = "0123456789abcdef0123456789abcdef"
SECRET = "the secret of the webhook"


@dataclass
class Notifying:
    """Topics of its own; `close` leaves no process behind."""

    bootstrap: str
    prefix: str
    folder: Path
    processes: list[Worker] = field(default_factory=list)

    @property
    def cluster(self) -> KafkaCluster:
        return KafkaCluster(self.bootstrap, self.prefix)

    async def make_topics(self) -> None:
        await create(self.bootstrap, self.prefix, PARTITIONS)

    def settings(self, receivers: Sequence[dict[str, Any]], *, several: bool = False) -> Path:
        """The settings file: everybody is told of everything; `several` notifiers share it, so it names none."""
        everybody = [{"receivers": [one["name"] for one in receivers]}]
        told = {
            "bootstrap": self.bootstrap,
            "prefix": self.prefix,
            "partitions": PARTITIONS,
            "notify": {
                "http_host": "127.0.0.1",
                "http_port": 0,
                "receivers": list(receivers),
                "routes": everybody,
            },
            **({} if several else {"instance_id": "notifier"}),
        }
        file = self.folder / "slamon.yaml"
        file.write_text(yaml.safe_dump(told))
        return file

    def pagerduty(self, name: str, url: str, **more: Any) -> dict[str, Any]:
        file = self.folder / "routing-key"
        file.write_text(KEY + "\n")
        one = {"routing_key_file": str(file), "url": f"{url}/v2/enqueue"}
        return {"name": name, "pagerduty": one, "rate": 6000, "timeout": "1s", **more}

    def webhook(self, name: str, url: str, **more: Any) -> dict[str, Any]:
        file = self.folder / "secret"
        file.write_text(SECRET + "\n")
        return {"name": name, "webhook": {"url": f"{url}/hook", "secret_file": str(file)}, "rate": 6000, **more}

    def start(self, settings: Path) -> Worker:
        log = self.folder / f"notify-{len(self.processes)}.log"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SLAMON_")}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "slamon", "notify", "--config", str(settings)],
                cwd=ROOT, env=kept, stdout=out, stderr=out,
            )  # fmt: skip
        worker = Worker(process, log)
        self.processes.append(worker)
        return worker

    async def ready(self, notifier: Worker, seconds: float = 60) -> None:
        """Returns once it has caught up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert notifier.process.poll() is None, notifier.log.read_text()
            if notifier.said("notify_caught_up"):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("not ready:\n" + notifier.log.read_text()[-3000:])

    async def write(self, *facts: dict[str, Any], live: bool = True) -> None:
        """Facts in one transaction, each in the topics a worker writes it to."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, transactional_id=f"{self.prefix}test")
        await producer.start()
        try:
            async with producer.transaction():
                for fact in facts:
                    for role in roles_of(fact):
                        key = fact["subject"].encode()
                        await producer.send(
                            self.prefix + role, json.dumps(fact).encode(), key=key,
                            partition=partition_of(key, PARTITIONS), headers=[("live", b"true" if live else b"false")],
                        )  # fmt: skip
        finally:
            await producer.stop()

    async def kept(self) -> dict[str, Any]:
        """The newest record of each clock in the topic `pages`."""
        records = await everything(self.cluster, self.prefix + PAGES)
        return {record.key.decode(): record.value and json.loads(record.value) for record in records}

    def close(self) -> None:
        for each in self.processes:
            if each.process.poll() is None:
                each.process.kill()
                each.process.wait()


def roles_of(fact: dict[str, Any]) -> list[str]:
    """The topics of a fact; a correction stands in `outcomes` too."""
    data = fact["data"]
    what = data.get("corrected_what", data["what"])
    own = {"warning": "warnings", "cleared": "warnings", "breach": "breaches"}.get(what, "outcomes")
    return list(dict.fromkeys([own, "outcomes"])) if data["what"] == "correction" else [own]


def of_clock(fact: dict[str, Any], number: int) -> dict[str, Any]:
    """The same fact of another ticket and clock."""
    data = {**fact["data"], "clock_id": f"{number:032x}", "subject": f"T-{number}"}
    made = event(data, 0)
    return {**made, "id": f"{number}-{fact['id']}", "time": fact["time"]}
