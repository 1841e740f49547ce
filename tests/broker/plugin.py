"""What pytest gets of the broker: the fixture, the marker that needs a real one, and a closing line that says which it was."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.broker.choose import chosen_broker
from tests.broker.model import Broker
from tests.broker.topics import delete_topics

SEEN = pytest.StashKey[list[str]]()
NOT_REAL = "needs a real Apache Kafka (transactions, fencing), got {}"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SEEN] = []


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """The broker of this run, started when the first test asks."""
    passed_over: list[str] = []
    with chosen_broker(passed_over) as broker:
        seen = request.config.stash[SEEN]
        seen.append(f"broker of the tests: {broker}")
        seen.extend(f"  not {reason.strip().splitlines()[0]}" for reason in passed_over)
        yield broker


@pytest.fixture
def kafka_prefix(kafka: Broker) -> Iterator[str]:
    """A prefix for this test's own topics and groups; on a broker that outlives us its topics are deleted afterwards."""
    prefix = f"t{uuid.uuid4().hex[:10]}."
    yield prefix
    if kafka.kind == "given":
        delete_topics(kafka.bootstrap, prefix)


@pytest.fixture(autouse=True)
def _real_kafka_where_it_is_needed(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("needs_real_kafka") is None:
        return
    broker = request.getfixturevalue("kafka")
    if not broker.real:
        pytest.skip(NOT_REAL.format(broker.product))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:  # one of several processes (pytest -n)
        output["brokers"] = session.config.stash[SEEN]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Tell what the process that has ended here saw."""
    node.config.stash[SEEN] += getattr(node, "workeroutput", {}).get("brokers", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[SEEN]:
        terminalreporter.write_line(line)
