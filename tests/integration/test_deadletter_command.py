"""`slamon deadletter` as an operator calls it: what it says, and what it ends with (semantics 4.7)."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from slamon.engine.letters import dead
from slamon.engine.replayed import Origin
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topics import create
from slamon.sla.events import InvalidRecord
from tests.broker.model import Broker
from tests.cli.calling import Said, call
from tests.integration.reading import write
from tests.runtime.test_intake_mapping import Foreign

pytestmark = pytest.mark.integration


@pytest.fixture
def cluster(kafka: Broker, kafka_prefix: str) -> KafkaCluster:
    """With three letters in one partition: one refused, the same one refused again, one that was cut."""
    asyncio.run(create(kafka.bootstrap, kafka_prefix, partitions=1))
    cluster = KafkaCluster(kafka.bootstrap, kafka_prefix)
    tickets = cluster.topic("tickets")
    refused = InvalidRecord("not_json", "value: expected JSON")
    again = [Origin(tickets, 0, 7, 900).header()]
    asyncio.run(
        put(
            cluster,
            dead(refused, tickets, 0, Foreign(b"{", key=b"T-1", timestamp=900), 10),
            dead(refused, tickets, 0, Foreign(b"{", key=b"T-1", timestamp=950, offset=8, headers=again), 10),
            dead(InvalidRecord("too_large", "value: too large"), tickets, 0, Foreign(b"x" * 11, offset=9), 10),
        )
    )
    return cluster


async def put(cluster: KafkaCluster, *letters: object) -> None:
    written = [{"key": each.key, "value": each.value, "headers": each.headers} for each in letters]  # type: ignore[attr-defined]
    await write(cluster, cluster.topic("deadletter"), written)


def deadletter(cluster: KafkaCluster, *words: str) -> Said:
    return call("deadletter", *words, "--bootstrap", cluster.bootstrap, "--prefix", cluster.prefix)


def test_a_list_tells_what_came_back_of_a_replay(cluster: KafkaCluster) -> None:
    said = deadletter(cluster, "list")
    heads = [line for line in said.out.splitlines() if "  from " in line]
    assert said.code == 0
    assert [head.rpartition("(letter ")[2] for head in heads] == ["0@2)", "0@1, sent again)", "0@0)"]
    assert said.out.splitlines()[-1] == "3 of 3 letters looked at"
    lines = deadletter(cluster, "list", "--json", "--reason", "not_json", "--limit", "1").out.splitlines()
    (letter,) = map(json.loads, lines)
    tickets = cluster.topic("tickets")
    assert (letter["from"], letter["first"], letter["key"]) == (f"{tickets}-0@8", f"{tickets}-0@7", "T-1")


def test_a_dry_run_names_what_would_be_sent_and_why_the_rest_can_not_be(cluster: KafkaCluster) -> None:
    tickets = cluster.topic("tickets")
    said = deadletter(cluster, "replay", "--dry-run")
    assert (said.code, said.out.splitlines()) == (
        1, [f"letter 0@0 (not_json): from {tickets}-0@7", "1 would be sent, 1 cannot be"],
    )  # fmt: skip
    assert (
        said.err == f"letter 0@2 (too_large): not sent: it was cut: the record had 11 bytes, read it at {tickets}-0@9\n"
    )
    assert deadletter(cluster, "replay", "--reason", "not_json").code == 0
    assert deadletter(cluster, "replay", "--reason", "nothing").out == "0 sent, 0 cannot be\n"


@pytest.mark.parametrize(
    "words", [("replay", "--limit", "0"), ("list", "--limit", "-1"), ("replay", "--limit", "many")]
)
def test_a_limit_is_a_number_from_one_on(words: Sequence[str]) -> None:
    said = call("deadletter", *words, "--bootstrap", "127.0.0.1:9")
    assert (said.code, "expected a number from 1 on, got" in said.err) == (2, True), said.err


def test_without_a_broker_there_is_a_sentence() -> None:
    said = call("deadletter", "replay", "--bootstrap", "127.0.0.1:9")
    assert (said.code, "expected a Kafka broker that answers" in said.err) == (1, True)
