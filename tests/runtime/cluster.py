"""What the runtime's integration tests do to a cluster: topics, records, readers, worker processes."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

ROLES = ("tickets", "uptime", "changelog", "warnings", "breaches", "outcomes", "deadletter")
KEYS = 40
ROOT = Path(__file__).parents[2]


def partition_of(number: int, partitions: int) -> int:
    return number % KEYS % partitions


async def create_topics(bootstrap: str, prefix: str, partitions: int, **other: int) -> None:
    """`other` gives single roles another number of partitions, 0 leaves them out."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    numbers = {role: other.get(role, partitions) for role in ROLES}
    try:
        await admin.create_topics([NewTopic(prefix + role, count, 1) for role, count in numbers.items() if count])
        while not {prefix + role for role, count in numbers.items() if count} <= set(await admin.list_topics()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def feed(bootstrap: str, prefix: str, ids: range, partitions: int, due_in_ms: int | None = None) -> None:
    """One record per id, keyed by id modulo KEYS."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)
    await producer.start()
    sent = []
    for number in ids:
        due = None if due_in_ms is None else int(time.time() * 1000) + due_in_ms
        value = json.dumps({"id": number, "due": due}).encode()
        key, partition = b"T-%d" % (number % KEYS), partition_of(number, partitions)
        sent.append(await producer.send(prefix + "tickets", key=key, value=value, partition=partition))
    await asyncio.gather(*sent)
    await producer.stop()


async def send_in_transaction(bootstrap: str, topic: str, values: list[object], *, commit: bool) -> None:
    """To partition 0; the last offset of the topic is a marker afterwards."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-test")
    await producer.start()
    await producer.begin_transaction()
    for value in values:
        await producer.send(topic, key=b"T-0", value=json.dumps(value).encode(), partition=0)
    await producer.flush()
    await (producer.commit_transaction() if commit else producer.abort_transaction())
    await producer.stop()


async def make_again(bootstrap: str, topic: str, partitions: int) -> None:
    """Delete the topic and create it anew, empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])
        while topic in await admin.list_topics():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        while topic not in await admin.list_topics():
            await admin.create_topics([NewTopic(topic, partitions, 1)])
            await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def read(
    bootstrap: str, topic: str, partitions: int, enough: Callable[[list[Any]], bool], seconds: float = 40
) -> list[dict[str, Any]]:
    """What a read_committed reader sees from the beginning, until `enough` and a quiet second behind it, or time is up."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        seen: list[dict[str, Any]] = []
        until, quiet = time.monotonic() + seconds, 0
        while time.monotonic() < until and quiet < 4:
            got = await consumer.getmany(timeout_ms=250)
            seen += [json.loads(record.value) for records in got.values() for record in records]
            quiet = quiet + 1 if enough(seen) and not got else 0
        return seen
    finally:
        await consumer.stop()


class WorkerProcess:
    """A worker of tests.runtime.worker in a process of its own; its log lines are kept."""

    def __init__(self, bootstrap: str, prefix: str, datadir: Path, partitions: int = 4, **more: Any) -> None:
        config = {"bootstrap": bootstrap, "prefix": prefix, "datadir": str(datadir), "partitions": partitions}
        config |= {"session_timeout": 6.0, "heartbeat_interval": 0.5, "rebalance_timeout": 10.0, **more}
        datadir.mkdir(parents=True, exist_ok=True)
        self._log = datadir.parent / f"{datadir.name}.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.runtime.worker", json.dumps(config)], cwd=ROOT, stdout=log, stderr=log
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def said(self, words: str, times: int = 1, seconds: float = 30) -> bool:
        """Whether it says so within the time."""
        until = time.monotonic() + seconds
        while self.log.count(words) < times and time.monotonic() < until:
            time.sleep(0.1)
        return self.log.count(words) >= times

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """As a machine that loses its power."""
        if self.running:
            self._process.kill()
        self._process.wait(10)

    def ended(self, seconds: float = 30) -> int | None:
        """Its exit code, None if it still runs after so long."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
