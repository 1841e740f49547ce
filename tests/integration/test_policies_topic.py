"""Workers agree on policies through the topic (architecture 6 "Policies", semantics 3.12)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from slamon import policy_file
from slamon.runtime import policy_keeper
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.policies import PolicyFollower
from slamon.runtime.policy_keeper import PolicyKeeper, draft_of
from slamon.runtime.policy_log import PublicationRefused
from slamon.runtime.policy_reader import read_log
from slamon.runtime.publish import PublicationFailed, publish
from slamon.runtime.topics import create, partition_counts
from tests.broker.model import Broker
from tests.runtime.policy_texts import Files, files, from_text

pytestmark = pytest.mark.integration
NOW = 1_700_000_000_000
Follow = Callable[..., Awaitable[PolicyFollower]]


@pytest.fixture
async def cluster(kafka: Broker, kafka_prefix: str) -> KafkaCluster:
    await create(kafka.bootstrap, kafka_prefix, partitions=2)
    return KafkaCluster(kafka.bootstrap, kafka_prefix)


@pytest.fixture
async def follow(cluster: KafkaCluster) -> AsyncIterator[Follow]:
    started: list[PolicyFollower] = []

    async def start(**more: Any) -> PolicyFollower:
        follower = PolicyFollower(cluster, from_text, **more)
        started.append(follower)
        await follower.start()
        return follower

    yield start
    for follower in started:
        await follower.stop()


async def published(cluster: KafkaCluster, text: Files, now: int = NOW) -> Any:
    return await publish(cluster, draft_of(text, "test"), now=lambda: now)


async def test_a_published_text_is_what_every_follower_reads(cluster: KafkaCluster, follow: Follow) -> None:
    early = await follow()
    assert early.book is None
    done = await published(cluster, files("gold"))
    assert (done.at, done.new) == (NOW + 10_000, True)
    for _ in range(100):  # Kafka answers a commit before its markers are written, and until then nobody reads it
        await early.look()
        if early.book is not None:
            break
        await asyncio.sleep(0.1)
    late = await follow()
    for follower in (early, late):
        assert follower.book is not None
        assert follower.book.at(0) == files("gold").policies
        assert follower.fresh()


async def test_publishing_the_same_text_again_changes_nothing(cluster: KafkaCluster) -> None:
    first = await published(cluster, files("gold"))
    again = await published(cluster, files("gold"), now=NOW + 60_000)
    assert (again.at, again.new) == (first.at, False)
    assert len((await read_log(cluster)).publications) == 1


async def test_a_later_text_holds_from_its_own_instant_on(cluster: KafkaCluster, follow: Follow) -> None:
    await published(cluster, files("gold"))
    await published(cluster, files("silver"), now=NOW + 60_000)
    book = (await follow()).book
    assert book is not None
    assert book.at(NOW + 69_999) == files("gold").policies
    assert book.at(NOW + 70_000) == files("silver").policies


async def test_a_later_text_for_the_past_is_refused_and_leaves_no_trace(cluster: KafkaCluster) -> None:
    await published(cluster, files("gold"))
    with pytest.raises(PublicationRefused, match=r"valid_from: expected .* or later \(now \+ 10 s\)"):
        await published(cluster, files("silver", valid_from=NOW), now=NOW + 60_000)
    log = await read_log(cluster)
    assert (len(log.publications), len(log.texts)) == (1, 1)


async def test_workers_that_start_at_once_with_the_same_files_publish_one_version(cluster: KafkaCluster) -> None:
    draft = draft_of(files("gold"), "test")
    done = await asyncio.gather(*(publish(cluster, draft, only_unknown=True) for _ in range(3)))
    log = await read_log(cluster)
    assert [each.version for each in log.publications] == [draft.version]
    assert {each.at for each in done} == {log.publications[0].at}
    assert sum(each.new for each in done) == 1


@pytest.mark.needs_real_kafka
async def test_of_two_first_texts_at_once_the_one_that_commits_first_holds_before(cluster: KafkaCluster) -> None:
    drafts = [draft_of(files(name), "test") for name in ("gold", "silver")]
    await asyncio.gather(*(publish(cluster, draft, only_unknown=True) for draft in drafts))
    log = await read_log(cluster)
    first, second = log.publications
    assert {first.version, second.version} == {draft.version for draft in drafts}
    assert second.at >= second.published_at + 10_000
    assert second.published_at >= first.published_at


async def test_foreign_records_are_reported_and_skipped(cluster: KafkaCluster, follow: Follow) -> None:
    producer = AIOKafkaProducer(**cluster.client("test"))
    await producer.start()
    for key, value in [(b"text/abc", b"{"), (b"text/def", files("gold").text), (b"?", b"?"), (b"activation/1/x", b"?")]:
        await producer.send_and_wait(cluster.topic("policies"), value, key=key, partition=0)
    await producer.stop()
    told: list[str] = []
    follower = await follow(report=lambda event, fields: told.append(event))
    assert follower.book is None
    assert told == ["policy_record_skipped", "policy_record_skipped", "policy_text_unreadable", "policy_text_corrupt"]


async def test_a_change_is_called_back_while_following(cluster: KafkaCluster, follow: Follow) -> None:
    changed = asyncio.Event()
    follower = await follow(on_change=lambda book: changed.set())
    before = follower.last_look
    await published(cluster, files("gold"))
    async with asyncio.timeout(10):
        await changed.wait()
    await follower.look()
    assert before is not None
    assert follower.last_look is not None
    assert follower.last_look > before
    assert not follower.fresh(follower.last_look + 5_001)


class Worker:
    """A keeper whose one policy file holds a name."""

    def __init__(self, cluster: KafkaCluster, follower: PolicyFollower, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        self.keeper = PolicyKeeper(
            cluster, follower, [path], self.load, report=lambda event, fields: self.told.append(event), by="test"
        )

    def load(self) -> Files:
        name = self.path.read_text()
        if "bad" in name:
            raise ValueError("gold.yaml:1: expected a policy, got 'bad'")
        return files(name)


async def test_a_worker_publishes_at_the_start_and_on_change_and_keeps_the_old_set_on_a_bad_file(
    cluster: KafkaCluster, follow: Follow, tmp_path: Path
) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text("gold")
    worker = Worker(cluster, await follow(), path)
    await worker.keeper.start()
    path.write_text("bad")
    assert await worker.keeper.changed()
    assert worker.keeper.refused
    path.write_text("silver")
    assert await worker.keeper.changed()
    assert not worker.keeper.refused
    assert worker.told == ["policy_published", "policy_files_refused", "policy_published"]
    await worker.keeper.stop()


async def test_at_the_start_the_topic_is_the_truth_about_a_text_it_knows(
    cluster: KafkaCluster, follow: Follow, tmp_path: Path
) -> None:
    await published(cluster, files("gold"))
    await published(cluster, files("silver"), now=NOW + 60_000)
    path = tmp_path / "gold.yaml"
    path.write_text("gold")
    worker = Worker(cluster, await follow(), path)
    await worker.keeper.start()
    assert worker.told == ["policy_files_differ"]
    assert worker.keeper.differs
    assert len((await read_log(cluster)).publications) == 2
    await worker.keeper.stop()


async def test_bad_files_end_a_start_only_where_nothing_was_ever_published(
    cluster: KafkaCluster, follow: Follow, tmp_path: Path
) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text("bad")
    with pytest.raises(ValueError, match="expected a policy"):
        await Worker(cluster, await follow(), path).keeper.start()
    await published(cluster, files("gold"))
    worker = Worker(cluster, await follow(), path)
    await worker.keeper.start()
    assert worker.told == ["policy_files_refused"]
    await worker.keeper.stop()


async def test_a_worker_without_files_follows_the_topic_or_says_that_there_is_nothing(
    cluster: KafkaCluster, follow: Follow
) -> None:
    def keeper(follower: PolicyFollower) -> PolicyKeeper:
        return PolicyKeeper(cluster, follower, [], lambda: files("gold"), report=lambda event, fields: None)

    with pytest.raises(WorkerMustEnd, match=f"neither files nor anything published in {cluster.topic('policies')}"):
        await keeper(await follow()).start()
    await published(cluster, files("gold"))
    await keeper(await follow()).start()


async def test_a_change_that_could_not_be_published_is_tried_again(
    cluster: KafkaCluster, follow: Follow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text("gold")
    worker = Worker(cluster, await follow(), path)
    await worker.keeper.start()

    async def fail(*_: object, **__: object) -> None:
        raise PublicationFailed("the broker is away")

    path.write_text("silver")
    with monkeypatch.context() as patched:
        patched.setattr(policy_keeper, "publish", fail)
        assert not await worker.keeper.changed()
    assert await worker.keeper.changed()
    assert worker.told == ["policy_published", "policy_publication_refused", "policy_published"]
    await worker.keeper.stop()


async def test_policy_files_come_back_from_the_topic_as_they_were_read(cluster: KafkaCluster) -> None:
    paths = [Path(__file__).parents[2] / "examples" / "quickstart"]
    read = policy_file.load(paths, NOW)
    follower = PolicyFollower(cluster, policy_file.from_text)
    await follower.start()
    await publish(cluster, draft_of(read, "test"))
    await follower.look()
    await follower.stop()
    assert follower.book is not None
    found = follower.book.at(NOW)
    assert found.version == read.policies.version
    assert [each.name for each in found.policies] == [each.name for each in read.policies.policies]


@pytest.mark.needs_real_kafka
@pytest.mark.parametrize("again", [1, 3])
async def test_a_topic_that_was_made_again_ends_the_worker_with_a_sentence(
    cluster: KafkaCluster, follow: Follow, again: int
) -> None:
    for number in range(2):
        await published(cluster, files(f"gold-{number}"), now=NOW + number * 60_000)
    follower = await follow()
    await delete(cluster, cluster.topic("policies"))
    await create(cluster.bootstrap, cluster.prefix, partitions=2)
    for number in range(again):
        await published(cluster, files(f"silver-{number}"), now=NOW + number * 60_000)
    with pytest.raises(WorkerMustEnd, match="it was re-created or cut off"):
        await until_it_ends(follower)


async def delete(cluster: KafkaCluster, topic: str) -> None:
    """Return when the broker has forgotten the topic."""
    admin = AIOKafkaAdminClient(**cluster.client("test"))
    await admin.start()
    await admin.delete_topics([topic])
    await admin.close()
    for _ in range(200):
        if topic not in await partition_counts(cluster):
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"{topic} is still there")


async def until_it_ends(follower: PolicyFollower) -> None:
    """What the follower ends with: it looks once a second by itself."""
    assert follower.task is not None
    async with asyncio.timeout(30):
        await follower.task


async def test_without_the_topic_there_is_a_sentence_at_once(kafka: Broker, kafka_prefix: str) -> None:
    nowhere = KafkaCluster(kafka.bootstrap, kafka_prefix)
    follower = PolicyFollower(nowhere, from_text)
    with pytest.raises(WorkerMustEnd, match=r"policies does not exist .hint: `slamon topics create` makes it"):
        await follower.start()
    await follower.stop()
    with pytest.raises(PublicationFailed, match="policies does not exist"):
        await published(nowhere, files("gold"))
