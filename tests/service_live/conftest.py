"""One `Live` for each test, and for those of a file that ask for it a real schema registry."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.broker.model import BrokerUnavailable
from tests.broker.will import Will
from tests.registry.apicurio import Apicurio
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
