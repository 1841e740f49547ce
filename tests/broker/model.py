"""What a test may know of its broker, and what every kind of broker is started with."""

import re
import socket
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
START_LIMIT_S = 120  # testcontainers' own 30 s is too short for a busy machine


def pinned_kafka() -> str:
    """The Apache Kafka version of the tests; the pom is the one place that names it."""
    (version,) = re.findall(r"<kafka\.version>(.+?)</kafka\.version>", (HERE / "pom.xml").read_text())
    return str(version)


KAFKA_VERSION = pinned_kafka()

# Given to a real Kafka of either kind on top of its addresses.
TEST_PROPERTIES = {
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # Failover tests would otherwise wait for the least session timeout of 6 s.
    "group.min.session.timeout.ms": "1000",
    # A transaction that timed out is aborted within a second, not within ten.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # As in production: a topic that nobody created is an error, not a surprise.
    "auto.create.topics.enable": "false",
    # The default allocates 128 MiB at once.
    "log.cleaner.dedupe.buffer.size": "16777216",
}


class BrokerUnavailable(Exception):
    """This kind of broker is not to be had on this machine; the text says why."""


@dataclass(frozen=True)
class Broker:
    """A running broker: where it is and what it may be trusted with."""

    bootstrap: str
    kind: str  # given | docker | maven | embedded
    product: str
    real: bool  # an Apache Kafka, with transactions and fencing

    def __str__(self) -> str:
        return f"{self.kind}, {self.product}, {'a real Kafka' if self.real else 'not a real Kafka'}, {self.bootstrap}"


def free_ports(count: int) -> list[int]:
    """Loopback ports nobody listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
