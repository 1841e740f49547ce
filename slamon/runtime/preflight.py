"""What has to be true of the topics before a worker joins the group: they exist, with one number of partitions."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from slamon.runtime.absence import Absence
from slamon.runtime.errors import WorkerMustEnd, in_words
from slamon.runtime.recovery import DAY_MS
from slamon.runtime.settings import Input, RuntimeSettings

AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Topics:
    """How many partitions each input has, and how long the changelog keeps a deletion."""

    inputs: Mapping[str, int]
    delete_retention_ms: int

    def holding(self, inputs: Iterable[Input]) -> frozenset[tuple[str, int]]:
        """The input partitions that partition time waits for."""
        return frozenset((one.topic, n) for one in inputs if one.hold for n in range(self.inputs[one.topic]))


async def look_at_topics(settings: RuntimeSettings) -> Topics:
    """Raises `WorkerMustEnd` with everything that is missing or differs."""
    try:
        return await _look(settings)
    except KafkaError as error:
        Absence(settings.datadir).begin()
        raise WorkerMustEnd(
            f"{settings.bootstrap}: expected a Kafka broker, got {in_words(error)} (hint: `slamon doctor` says what is wrong)"
        ) from error


async def look_again(settings: RuntimeSettings, before: Topics) -> None:
    """Raises `WorkerMustEnd` if topics are not what they were at the start.

    A broker that does not answer says nothing, and one that has just come back may not know everything yet: what it
    misses is asked for twice.
    """
    with contextlib.suppress(KafkaError, TimeoutError):
        try:
            _check_same(before, await _look(settings))
        except WorkerMustEnd:
            await asyncio.sleep(AGAIN_SECONDS)
            _check_same(before, await _look(settings))


def _check_same(before: Topics, now: Topics) -> None:
    grown = [
        f"{topic} has {now.inputs[topic]} instead of {count}"
        for topic, count in before.inputs.items()
        if now.inputs[topic] != count
    ]
    if grown:
        raise WorkerMustEnd(
            f"expected the inputs to keep their number of partitions while a worker runs, got: {'; '.join(grown)}; "
            f"the worker ends, and the next start reads them all"
        )


async def _look(settings: RuntimeSettings) -> Topics:
    admin = AIOKafkaAdminClient(**settings.client("preflight"))
    try:
        await admin.start()
        # All topics, not by name: a broker with automatic creation would make the ones that are missing.
        partitions = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
        check_topics(settings, partitions)
        inputs = {one.topic: partitions[one.topic] for one in settings.inputs}
        return Topics(inputs, await _delete_retention(admin, settings.changelog))
    finally:
        await admin.close()


def check_topics(settings: RuntimeSettings, partitions: Mapping[str, int]) -> None:
    """Raises `WorkerMustEnd`: a group's number of partitions can't change, since a key would move away from its state."""
    needed = (*settings.sources, settings.changelog, *settings.outputs)
    wrong = [f"{topic} is missing" for topic in needed if topic not in partitions]
    wrong += [
        f"{topic} has {partitions[topic]}"
        for topic in needed
        if topic in partitions and partitions[topic] != settings.partitions
    ]
    wrong += [f"input {one.topic} is missing" for one in settings.inputs if one.topic not in partitions]
    if wrong:
        raise WorkerMustEnd(
            f"expected the topics {', '.join(needed)} with {settings.partitions} partitions each, "
            f"got: {'; '.join(wrong)} (hint: `slamon topics create` makes them; the number of a group never changes)"
        )


async def _delete_retention(admin: AIOKafkaAdminClient, changelog: str) -> int:
    """delete.retention.ms of the changelog; Kafka's default when the broker won't say."""
    try:
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, changelog)])
    except KafkaError:
        return DAY_MS
    entries = {entry[0]: entry[1] for answer in answers for resource in answer.resources for entry in resource[4]}
    return int(entries.get("delete.retention.ms") or DAY_MS)
