"""The topics of one installation on the broker: made if missing, described, checked."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code

from slamon.runtime.cluster import Cluster, tool_address
from slamon.runtime.finding import Finding, ok
from slamon.runtime.topic_check import judge
from slamon.runtime.topic_specs import SPECS, Seen, TopicSpec

OPTIONAL = tuple(spec.role for spec in SPECS if spec.optional)
Security = Mapping[str, Any]  # what every aiokafka client is given beside its bootstrap servers


class TopicsRefused(Exception):
    """The broker would not make or describe the topics; the text says which and why."""


def admin_client(bootstrap: str, security: Security | None = None, timeout_ms: int = 30_000) -> AIOKafkaAdminClient:
    return AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=timeout_ms, **(security or {}))


async def partition_counts(cluster: Cluster) -> dict[str, int]:
    """How many partitions each topic has that we may see.

    All are asked for: to ask for a missing one by its name makes it, where automatic creation is on.
    """
    admin = AIOKafkaAdminClient(**cluster.client("topics"))
    await admin.start()
    try:
        return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    finally:
        await admin.close()


async def create(
    bootstrap: str,
    prefix: str,
    partitions: int,
    replication: int = 1,
    security: Security | None = None,
    specs: Sequence[TopicSpec] = SPECS,
) -> list[str]:
    """Full names of the topics that were missing and now exist; those that exist already are left as they are.

    Raises TopicsRefused.
    """
    admin = admin_client(bootstrap, security)
    await admin.start()
    try:
        wanted = [_new_topic(spec, prefix, partitions, replication) for spec in specs]
        made = _made((await admin.create_topics(wanted)).topic_errors)
        await _until_visible(admin, made)
    finally:
        await admin.close()
    return made


async def _until_visible(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    """Return when the brokers tell of the topics (a moment after the controller has), or after five seconds."""
    for _ in range(50):
        if len(await _there(admin, names)) == len(names):
            return
        await asyncio.sleep(0.1)


def _new_topic(spec: TopicSpec, prefix: str, partitions: int, replication: int) -> NewTopic:
    # With three copies one broker may be away; with fewer a second copy would make every restart of a broker a halt.
    durable = {"min.insync.replicas": "2" if replication >= 3 else "1"}
    configs = spec.all_configs() | durable
    return NewTopic(prefix + spec.role, spec.partitions(partitions), replication, topic_configs=configs)


def _made(results: Sequence[Sequence[Any]]) -> list[str]:
    made: list[str] = []
    refused: dict[str, list[str]] = {}
    for name, code, *message in results:
        error = for_code(code)
        if not code:
            made.append(name)
        elif error is not TopicAlreadyExistsError:
            reason = f"{error.__name__}: {(message and message[0]) or error.description}"
            refused.setdefault(reason, []).append(name)
    if refused:
        said = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in refused.items())
        raise TopicsRefused(f"the broker did not make {said}")
    return made


async def describe(
    bootstrap: str, names: Sequence[str], security: Security | None = None, timeout_ms: int = 30_000
) -> dict[str, Seen | None]:
    """What the broker says of each topic, None = there is no such topic, or it is another user's. Raises TopicsRefused."""
    admin = admin_client(bootstrap, security, timeout_ms)
    await admin.start()
    try:
        there = await _there(admin, names)
        configs = await _configs(admin, list(there)) if there else {}
    finally:
        await admin.close()
    return {name: _seen(there[name], configs[name]) if name in configs else None for name in names}


async def _there(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    # All topics are asked for: to ask for a missing one by its name makes it, where automatic creation is on.
    topics = await admin.describe_topics()
    return {topic["topic"]: topic for topic in topics if topic["topic"] in names and not topic["error_code"]}


def _seen(topic: Mapping[str, Any], configs: Mapping[str, str]) -> Seen:
    partitions = topic["partitions"]
    return Seen(len(partitions), min((len(each["replicas"]) for each in partitions), default=0), configs)


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    responses = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    found: dict[str, dict[str, str]] = {}
    for response in responses:
        for code, message, _kind, name, entries in response.resources:
            if name.endswith(OPTIONAL) and for_code(code) is TopicAuthorizationFailedError:
                continue
            if code:
                raise TopicsRefused(f"{name}: cannot read its configuration: {for_code(code).__name__}: {message}")
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


async def check(
    bootstrap: str,
    prefix: str,
    partitions: int,
    security: Security | None = None,
    timeout_ms: int = 30_000,
    specs: Sequence[TopicSpec] = SPECS,
) -> list[Finding]:
    """What is wrong with the topics, worst first; a single OK when nothing is. Raises TopicsRefused."""
    seen = await describe(bootstrap, [prefix + spec.role for spec in specs], security, timeout_ms)
    found = judge(seen, tool_address(bootstrap, security), prefix, partitions, specs)
    there = sum(topic is not None for topic in seen.values())
    return found or [ok(f"topics: all {there} of {prefix}* are there, {partitions} partitions each")]
