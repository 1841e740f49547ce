"""Dead letters can be read and, after a fix, sent again as they were (semantics 4.7)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from slamon.engine.letters import dead
from slamon.engine.partitioner import partition_of
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.deadletter import NoDeadletters, Plan, list_letters, replay
from slamon.runtime.intake import Intake, intake_producer
from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.runtime.letter import Selection
from slamon.runtime.topics import create
from slamon.sla.events import InvalidRecord
from tests.broker.model import Broker
from tests.broker.topics import create_topics
from tests.integration.reading import everything, write
from tests.runtime.test_intake_mapping import Desk, Foreign

pytestmark = pytest.mark.integration


@pytest.fixture
async def cluster(kafka: Broker, kafka_prefix: str) -> KafkaCluster:
    await create(kafka.bootstrap, kafka_prefix, partitions=2)
    await create_topics(kafka.bootstrap, f"{kafka_prefix}desk", partitions=2)
    return KafkaCluster(kafka.bootstrap, kafka_prefix)


@pytest.fixture
async def intake(cluster: KafkaCluster) -> AsyncIterator[Intake]:
    producer = intake_producer(cluster)
    await producer.start()
    feed = Feed(cluster.topic("desk"), Desk(), name="desk")
    yield Intake(cluster, [feed], producer, Mapper(2, max_record=1000))
    await producer.stop()


async def refuse(intake: Intake, cluster: KafkaCluster, *records: dict[str, Any]) -> None:
    desk = cluster.topic("desk")
    await write(cluster, desk, [{"partition": index % 2, **record} for index, record in enumerate(records)])
    for partition in (0, 1):
        some = [each for each in await everything(cluster, desk) if each.partition == partition]
        await intake.on_batch(desk, partition, some)


async def test_letters_are_listed_newest_first_and_by_reason(intake: Intake, cluster: KafkaCluster) -> None:
    await refuse(intake, cluster, {"value": b"<1>"}, {"value": b"{}"}, {"value": b"<2>"}, {"value": b"x" * 1001})
    listing = await list_letters(cluster)
    assert (len(listing.letters), listing.scanned, listing.complete) == (4, 4, True)
    assert [each.at for each in listing.letters] == sorted((each.at for each in listing.letters), reverse=True)
    (tripped,) = (await list_letters(cluster, selection=Selection(reason="mapping_failed"))).letters
    assert (tripped.value, tripped.source) == (b"{}", (cluster.topic("desk"), 1, 0))
    assert "KeyError" in tripped.message


async def test_a_listing_is_bounded_and_says_that_there_is_more(intake: Intake, cluster: KafkaCluster) -> None:
    await refuse(intake, cluster, *({"value": b"<%d>" % number} for number in range(10)))
    listing = await list_letters(cluster, limit=3)
    assert (len(listing.letters), listing.complete) == (3, False)


async def test_a_replay_sends_the_original_record_to_where_it_came_from(intake: Intake, cluster: KafkaCluster) -> None:
    await refuse(intake, cluster, {"value": b"<1>", "key": b"k", "headers": [("h", b"1")]}, {"key": b"gone"})
    done = await replay(cluster, Selection())
    assert (len(done.sent), done.kept) == (2, [])
    _, again, _, tombstone = await everything(cluster, cluster.topic("desk"))
    headers = dict(again.headers)
    assert headers.pop("slamon-replay").startswith(f"{cluster.topic('desk')}:0:0:".encode())
    assert (again.partition, again.key, again.value, headers) == (0, b"k", b"<1>", {"h": b"1"})
    assert (tombstone.partition, tombstone.key, tombstone.value) == (1, b"gone", None)


@pytest.mark.parametrize(("reason", "partition"), [("bad_type", 1), ("wrong_partition", partition_of(b"checkout", 2))])
async def test_a_record_of_a_service_goes_back_to_the_uptime_topic(
    cluster: KafkaCluster, reason: str, partition: int
) -> None:
    """As the engine writes its letters: what came in by the other door."""
    uptime = cluster.topic("uptime")
    record = Foreign(b'{"service":"checkout"}', key=b"checkout", headers=[("h", b"1")])
    letter = dead(InvalidRecord(reason, "why"), uptime, 1, record, 1000)
    written = {"key": letter.key, "value": letter.value, "headers": letter.headers, "partition": 1}
    await write(cluster, cluster.topic("deadletter"), [written])
    assert (await replay(cluster, Selection(source_topic=uptime))).kept == []
    (again,) = await everything(cluster, uptime)
    assert (again.partition, again.key, again.value) == (partition, record.key, record.value)
    assert dict(again.headers)["h"] == b"1"


async def test_a_dry_run_sends_nothing(intake: Intake, cluster: KafkaCluster) -> None:
    await refuse(intake, cluster, {"value": b"<1>"})
    done = await replay(cluster, Selection(), Plan(dry_run=True))
    assert len(done.sent) == 1
    assert len(await everything(cluster, cluster.topic("desk"))) == 1


async def test_what_was_refused_twice_is_sent_once(intake: Intake, cluster: KafkaCluster) -> None:
    await refuse(intake, cluster, {"value": b"<1>"})
    await refuse(intake, cluster)
    assert len((await list_letters(cluster)).letters) == 2
    assert len((await replay(cluster, Selection())).sent) == 1


async def test_what_is_refused_after_every_replay_comes_back_as_one_letter_each_time(
    intake: Intake, cluster: KafkaCluster
) -> None:
    """The letters of one record are one record: three replays make three more of it, and not seven."""
    await refuse(intake, cluster, {"value": b"<1>", "key": b"k"})
    desk, read = cluster.topic("desk"), 1
    for _ in range(3):
        assert len((await replay(cluster, Selection())).sent) == 1
        again = (await everything(cluster, desk))[read:]
        await intake.on_batch(desk, 0, again)
        read += len(again)
    letters = (await list_letters(cluster)).letters
    assert [letter.sent_again for letter in letters] == [True, True, True, False]
    assert len({letter.origin for letter in letters}) == 1


async def test_so_many_at_most_are_sent_the_oldest_first(intake: Intake, cluster: KafkaCluster) -> None:
    await refuse(intake, cluster, *({"value": b"<%d>" % number, "partition": 0} for number in range(6)))
    trial = await replay(cluster, Selection(), Plan(dry_run=True, limit=2))
    assert ([each.value for each in trial.sent], trial.stopped) == ([b"<0>", b"<1>"], True)
    done = await replay(cluster, Selection(), Plan(limit=6))
    assert (len(done.sent), done.stopped) == (6, False)


async def test_what_was_refused_for_its_key_is_sent_under_its_ticket_if_asked(cluster: KafkaCluster) -> None:
    tickets = cluster.topic("tickets")
    record = Foreign(b'{"ticket":"T-1"}', key=b"acme")
    letter = dead(InvalidRecord("key_mismatch", "why"), tickets, 1, record, 1000)
    written = {"key": letter.key, "value": letter.value, "headers": letter.headers, "partition": 1}
    await write(cluster, cluster.topic("deadletter"), [written])
    ((_, why),) = (await replay(cluster, Selection())).kept
    assert why == "its key b'acme' is not what it names, 'T-1' (hint: --rekey sends it under that)"
    assert len((await replay(cluster, Selection(), Plan(rekey=True))).sent) == 1
    (again,) = await everything(cluster, tickets)
    assert (again.partition, again.key, again.value) == (partition_of(b"T-1", 2), b"T-1", record.value)


@pytest.mark.needs_real_kafka
async def test_a_letter_that_its_topic_does_not_take_keeps_nothing_else_from_going(
    intake: Intake, cluster: KafkaCluster
) -> None:
    await create_topics(cluster.bootstrap, cluster.topic("small"), configs={"max.message.bytes": "500"})
    small, tickets = cluster.topic("small"), cluster.topic("tickets")
    letters = [
        dead(InvalidRecord("not_json", "why"), topic, 0, Foreign(b"x" * 800, offset=number), 1000)
        for number, topic in enumerate((small, tickets))
    ]
    written = [{"value": each.value, "headers": each.headers, "partition": 0} for each in letters]
    await write(cluster, cluster.topic("deadletter"), written)
    done = await replay(cluster, Selection())
    assert [letter.source for letter in done.sent] == [(tickets, 0, 1)]
    assert [why for _, why in done.kept] == ["it is larger than its topic takes now"]


async def test_one_letter_can_be_meant(intake: Intake, cluster: KafkaCluster) -> None:
    await refuse(intake, cluster, *({"value": b"<%d>" % number} for number in range(6)))
    done = await replay(cluster, Selection(partition=1, offset=2))
    assert [each.value for each in done.sent] == [b"<5>"]
    assert (await replay(cluster, Selection(reason="from_the_future"))).sent == []


async def test_a_cut_letter_stays_and_says_where_the_record_is(intake: Intake, cluster: KafkaCluster) -> None:
    await refuse(intake, cluster, {"value": b"x" * 1001})
    done = await replay(cluster, Selection())
    ((_, why),) = done.kept
    assert done.sent == []
    assert why == f"it was cut: the record had 1001 bytes, read it at {cluster.topic('desk')}-0@0"


async def test_letters_that_cannot_go_back_say_why(cluster: KafkaCluster) -> None:
    place = [("source_partition", b"0"), ("source_offset", b"0"), ("reason", b"not_json")]
    strange = [
        {"value": b"1", "partition": 0},
        {"value": b"2", "partition": 0, "headers": [*place, ("source_topic", b"no-such-topic")]},
        {"value": b"3", "partition": 0, "headers": [*place, ("source_topic", cluster.topic("desk").encode()), ("digest", b"0")]},
    ]  # fmt: skip
    await write(cluster, cluster.topic("deadletter"), strange)
    done = await replay(cluster, Selection())
    assert done.sent == []
    assert [why for _, why in done.kept] == [
        "it does not say where it comes from",
        "its topic no-such-topic does not exist any more",
        "its bytes are not those it was written with",
    ]


async def test_without_the_topic_there_is_a_sentence(kafka: Broker, kafka_prefix: str) -> None:
    with pytest.raises(NoDeadletters, match="hint: `slamon topics create` makes it"):
        await list_letters(KafkaCluster(kafka.bootstrap, kafka_prefix))
