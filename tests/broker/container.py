"""An Apache Kafka in a container, through whatever Docker API testcontainers finds."""

import uuid
from typing import Any

from tests.broker.model import KAFKA_VERSION, START_LIMIT_S, TEST_PROPERTIES, Broker, BrokerUnavailable, free_ports
from tests.broker.will import Will

IMAGE = f"apache/kafka:{KAFKA_VERSION}"


def variables(port: int) -> dict[str, str]:
    """The image's settings: each property as KAFKA_A_B_C.

    The host's port must be known beforehand since the broker hands it out; it cannot reach itself there, as its
    transactions must, so there is a second listener for that.
    """
    addresses = {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.quorum.voters": "1@localhost:9093",
        "listeners": "HOST://:9092,SELF://localhost:9094,CONTROLLER://localhost:9093",
        "advertised.listeners": f"HOST://127.0.0.1:{port},SELF://localhost:9094",
        "inter.broker.listener.name": "SELF",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "HOST:PLAINTEXT,SELF:PLAINTEXT,CONTROLLER:PLAINTEXT",
    }
    named = {f"KAFKA_{key.upper().replace('.', '_')}": value for key, value in (addresses | TEST_PROPERTIES).items()}
    return named | {"KAFKA_HEAP_OPTS": "-Xmx768M"}


def container(name: str, port: int) -> Any:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    started = LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(START_LIMIT_S)
    made = DockerContainer(IMAGE, name=name).with_bind_ports(9092, port).waiting_for(started)
    for key, value in variables(port).items():
        made.with_env(key, value)
    return made


def start(will: Will) -> Broker:
    """A container of its own; the will removes it, also where no reaper of testcontainers runs."""
    try:
        (port,) = free_ports(1)
        name = f"slamon-test-{uuid.uuid4().hex[:12]}"
        made = container(name, port)
        will.add("container", name)
        made.start()
    except Exception as problem:  # docker, requests and testcontainers each have their own
        raise BrokerUnavailable(f"no container of {IMAGE}: {problem}") from problem
    return Broker(f"127.0.0.1:{port}", "docker", f"Apache Kafka {KAFKA_VERSION}", real=True)
