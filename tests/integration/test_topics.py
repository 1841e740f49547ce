"""`slamon topics create` makes the topics of architecture 6, and `check` finds what is wrong with them."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from slamon.runtime.finding import Severity
from slamon.runtime.topic_specs import SPECS
from slamon.runtime.topics import TopicsRefused, check, create, describe
from tests.broker.model import Broker
from tests.cli.calling import call

pytestmark = pytest.mark.integration


async def test_created_topics_pass_the_check_and_a_second_call_makes_nothing(kafka: Broker, kafka_prefix: str) -> None:
    made = await create(kafka.bootstrap, kafka_prefix, partitions=3)
    assert made == [kafka_prefix + spec.role for spec in SPECS]
    assert await create(kafka.bootstrap, kafka_prefix, partitions=3) == []
    (finding,) = await check(kafka.bootstrap, kafka_prefix, partitions=3)
    assert finding.severity is Severity.OK


async def test_the_check_sees_what_the_broker_really_holds(kafka: Broker, kafka_prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(kafka_prefix + "changelog", 2, 1, topic_configs={"cleanup.policy": "delete"})])
    await admin.close()
    made = await create(kafka.bootstrap, kafka_prefix, partitions=3)
    assert kafka_prefix + "changelog" not in made
    whats = [finding.what for finding in await check(kafka.bootstrap, kafka_prefix, partitions=3)]
    assert f"topic {kafka_prefix}changelog: expected 3 partitions, got 2" in whats
    assert f"topic {kafka_prefix}changelog: expected cleanup.policy compact, got delete" in whats


async def test_a_topic_that_is_not_there_is_described_as_none(kafka: Broker, kafka_prefix: str) -> None:
    assert await describe(kafka.bootstrap, [kafka_prefix + "tickets"]) == {kafka_prefix + "tickets": None}


@pytest.mark.needs_real_kafka
async def test_a_refusal_names_the_topics_and_the_reason(kafka: Broker, kafka_prefix: str) -> None:
    with pytest.raises(TopicsRefused, match=f"did not make {kafka_prefix}tickets, .*InvalidReplicationFactorError"):
        await create(kafka.bootstrap, kafka_prefix, partitions=1, replication=9)


def test_create_says_when_what_is_there_has_another_number(kafka: Broker, kafka_prefix: str) -> None:
    there = ("--bootstrap", kafka.bootstrap, "--prefix", kafka_prefix)
    assert call("topics", "create", *there, "--partitions", 3).code == 0
    again = call("topics", "create", *there, "--partitions", 3)
    assert again == (0, "all topics were there\n", "")
    other = call("topics", "create", *there, "--partitions", 5)
    assert (other.code, other.out) == (1, "all topics were there\n")
    assert "expected 5 partitions as in the settings, got 3; the number never changes for a group" in other.err


def test_the_topic_of_open_clocks_is_made_and_asked_for_where_a_setting_says_so(
    kafka: Broker, kafka_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ("--bootstrap", kafka.bootstrap, "--prefix", kafka_prefix)
    without = call("topics", "create", *there, "--partitions", 3)
    assert f"created {kafka_prefix}clocks" not in without.out
    monkeypatch.setenv("SLAMON_CLOCKS_TOPIC", "json")
    missing = call("topics", "check", *there, "--partitions", 3)
    assert (missing.code, f"missing topics: {kafka_prefix}clocks" in missing.out) == (2, True)
    assert call("topics", "create", *there, "--partitions", 3) == (0, f"created {kafka_prefix}clocks\n", "")
    assert call("topics", "check", *there, "--partitions", 3).code == 0
