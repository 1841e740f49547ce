"""One `Live` for each test, and for those of a file that ask for it a real schema registry, PostgreSQL and Kafka Connect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.broker.model import BrokerUnavailable
from tests.broker.will import Will
from tests.connect.postgres import Postgres, programs
from tests.connect.worker import Connect, plugins
from tests.registry.apicurio import Apicurio, java
from tests.service_live.live import Live

POLICIES = """
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: quick}
spec:
  statuses: {resolved: [resolved], closed: [closed], known: [open, pending]}
  pause: {status: pending}
  objectives:
    first_response: {target: 1h}
    resolution:
      targets: {P1: 4s, default: 4h}
      warn: [50%]
"""


@pytest.fixture
def live(kafka: Broker, kafka_prefix: str, tmp_path: Path) -> Iterator[Live]:
    made = Live(kafka.bootstrap, kafka_prefix, tmp_path, POLICIES)
    yield made
    made.close()


@pytest.fixture(scope="module")
def apicurio() -> Iterator[Apicurio]:
    will = Will()
    try:
        registry = Apicurio(will)
    except BrokerUnavailable as why:  # what it is made of is not to be had; that it does not start is a failure
        will.execute()
        pytest.skip(str(why))
    try:
        registry.start()
        yield registry
    finally:
        will.execute()


@pytest.fixture(scope="module")
def will() -> Iterator[Will]:
    made = Will()
    yield made
    made.execute()


@pytest.fixture(scope="module")
def postgres(will: Will) -> Postgres:
    try:
        programs()
    except BrokerUnavailable as why:
        pytest.skip(str(why))
    return Postgres(will)


@pytest.fixture(scope="module")
def connect(will: Will, kafka: Broker) -> Connect:
    try:
        plugins()
        java()
    except BrokerUnavailable as why:
        pytest.skip(str(why))
    return Connect(will, kafka.bootstrap)
