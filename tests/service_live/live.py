"""A whole cluster for one test: topics of its own, `slamon run` processes, records in, facts out."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from slamon.engine.partitioner import partition_of
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topics import admin_client, create
from tests.integration.reading import everything

ROOT = Path(__file__).parents[2]
PARTITIONS = 4
OUTPUTS = ("warnings", "breaches", "outcomes")


def now_ms() -> int:
    return int(time.time() * 1000)


def ticket(name: str, kind: str, at: int, record_id: str, **more: Any) -> dict[str, Any]:
    """A canonical record."""
    return {"ticket": name, "id": record_id, "at": at, "event": kind, **more}


def word(service: str, state: str, at: int, **more: Any) -> dict[str, Any]:
    """A canonical record of a service."""
    return {"service": service, "at": at, "state": state, **more}


@dataclass
class Worker:
    """One `slamon run` process and where its log goes."""

    process: subprocess.Popen[bytes]
    log: Path
    opened_by: Mapping[str, str] = field(default_factory=dict)

    def logged(self) -> list[dict[str, Any]]:
        """Its log lines so far."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def said(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.logged() if line.get("event") == event]

    @property
    def port(self) -> int:
        return int(self.said("http_started")[0]["port"])

    def own(self) -> dict[str, Any]:
        """What it says of itself alone."""
        told: dict[str, Any] = self.get("/api/v1/status", **{**self.opened_by, "Slamon-Hop": "1"})["workers"][0]
        return told

    def get(self, path: str, **headers: str) -> Any:
        """The JSON its port answers with, whatever the status."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, seconds: float = 40) -> int:
        """Its exit code."""
        return await asyncio.to_thread(self.process.wait, seconds)


@dataclass
class Live:
    """Everything a test of the service needs; `close` leaves no process behind."""

    bootstrap: str
    prefix: str
    folder: Path
    policies: str
    environment: Mapping[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)  # what opens the API of its workers

    @property
    def cluster(self) -> KafkaCluster:
        return KafkaCluster(self.bootstrap, self.prefix)

    async def make_topics(self, *inputs: str) -> None:
        await create(self.bootstrap, self.prefix, PARTITIONS)
        if inputs:
            from aiokafka.admin import NewTopic

            admin = admin_client(self.bootstrap)
            await admin.start()
            await admin.create_topics([NewTopic(name, 3, 1) for name in inputs])
            await admin.close()
            await asyncio.sleep(1)

    def start(self, name: str = "one", **environment: str) -> Worker:
        """A worker of that name; starting it again finds its state again."""
        policies = self.folder / "policies.yaml"
        if not policies.exists():
            policies.write_text(self.policies)
        settings = {
            "SLAMON_BOOTSTRAP": self.bootstrap,
            "SLAMON_PREFIX": self.prefix,
            "SLAMON_PARTITIONS": str(PARTITIONS),
            "SLAMON_POLICIES": json.dumps([str(policies)]),
            "SLAMON_DATADIR": str(self.folder / name),
            "SLAMON_INSTANCE_ID": name,
            "SLAMON_HTTP_HOST": "127.0.0.1",
            "SLAMON_HTTP_PORT": "0",
            "SLAMON_KAFKA__SESSION_TIMEOUT": "6s",
            "SLAMON_KAFKA__HEARTBEAT_INTERVAL": "1s",
            **self.environment,
            **environment,
        }
        log = self.folder / f"{name}-{len(self.workers)}.log"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SLAMON_")}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "slamon", "run"], cwd=ROOT, env={**kept, **settings}, stdout=out, stderr=out
            )
        worker = Worker(process, log, self.headers)
        self.workers.append(worker)
        return worker

    async def ready(self, *workers: Worker, seconds: float = 60) -> None:
        """Return when all of them say they are ready and own all partitions between them."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for worker in workers:
                assert worker.process.poll() is None, worker.log.read_text()
            with contextlib.suppress(OSError):  # busy or not there yet: if it has ended, the line above says so
                if all(worker.said("http_started") for worker in workers) and self._all_active(workers):
                    return
            await asyncio.sleep(0.2)
        raise AssertionError("not ready:\n" + "\n".join(worker.log.read_text()[-3000:] for worker in workers))

    @staticmethod
    def _all_active(workers: Sequence[Worker]) -> bool:
        shares = [len(worker.own()["partitions"]) for worker in workers]
        if max(shares) - min(shares) > 1:
            return False
        owned = [p["number"] for worker in workers for p in worker.own()["partitions"] if p["state"] == "active"]
        return sorted(owned) == list(range(PARTITIONS))

    async def write(self, records: Sequence[Mapping[str, Any]], topic: str | None = None) -> None:
        """Canonical records to `tickets` or `uptime` under their keys, or any JSON to another topic."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, linger_ms=5)
        await producer.start()
        try:
            for record in records:
                value = json.dumps(record).encode()
                if topic is not None:
                    await producer.send(topic, value)
                    continue
                role, key = ("tickets", record["ticket"]) if "ticket" in record else ("uptime", record["service"])
                await self._send(producer, role, str(key).encode(), value)
            await producer.flush()
        finally:
            await producer.stop()

    async def _send(self, producer: AIOKafkaProducer, role: str, key: bytes, value: bytes | None) -> None:
        await producer.send(self.prefix + role, value, key=key, partition=partition_of(key, PARTITIONS))

    async def bury(self, service: str) -> None:
        """A tombstone of the service."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap)
        await producer.start()
        try:
            await self._send(producer, "uptime", service.encode(), None)
        finally:
            await producer.stop()

    async def facts(self) -> list[dict[str, Any]]:
        """Every CloudEvent a read_committed reader finds, with its headers under `headers`."""
        found = []
        for role in OUTPUTS:
            for record in await everything(self.cluster, self.prefix + role):
                headers = {name: value.decode() for name, value in record.headers}
                found.append({**json.loads(record.value), "headers": headers, "topic": role})
        return found

    async def until(self, enough: Any, seconds: float = 40) -> list[dict[str, Any]]:
        """The facts once `enough(facts)` holds."""
        end = time.monotonic() + seconds
        facts: list[dict[str, Any]] = []
        while time.monotonic() < end:
            facts = await self.facts()
            if enough(facts):
                return facts
            await asyncio.sleep(0.5)
        logs = "\n".join(worker.log.read_text()[-2000:] for worker in self.workers)
        raise AssertionError(f"not enough: {[(f['type'], f['subject'], f['time']) for f in facts]}\n{logs}")

    def close(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                worker.process.kill()
                worker.process.wait()


def kinds(facts: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """(subject, what, objective) of each fact, sorted."""
    return sorted((f["subject"], f["data"]["what"], f["data"].get("objective", "")) for f in facts)
