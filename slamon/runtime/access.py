"""Whether the brokers allow what slamon needs: the grants, one by one, and the command for each that is missing."""

import asyncio
from collections.abc import Collection, Iterator, Sequence

from slamon.runtime.cluster import Cluster
from slamon.runtime.finding import Finding, fail, ok
from slamon.runtime.grants import Grant, Kind, command, named, visible
from slamon.runtime.probe_access import (
    client_of,
    group_forbidden,
    topics_of,
    uncreatable,
    undescribed,
    unreadable,
    unwritable,
    unwritable_plainly,
)

TIMEOUT = 15.0
Denied = set[tuple[Kind, str, str]]  # kind, name, operation
WORDS = {
    "Read": "read", "Write": "write", "DescribeConfigs": "read the configuration", "Create": "create it",
}  # fmt: skip


async def access(cluster: Cluster, tools: str, principal: str, grants: Sequence[Grant]) -> list[Finding]:
    """What is not allowed, each with the command that allows it; a single OK when everything is."""
    names = [name for grant in grants if grant.kind == "topic" for name in grant.names]
    async with asyncio.timeout(TIMEOUT):
        async with client_of(cluster) as client:
            there, hidden = await topics_of(client, names)
        seen = visible(grants, there)
        denied = await _denied(cluster, seen) | _hidden(grants, hidden)
    found = [
        fail(_what(grant.kind, name, operation), command(tools, principal, _one(grant, name, operation)))
        for grant, name, operation in _each(grants)
        if (grant.kind, name, operation) in denied
    ]
    reads, writes = len(named(seen, "topic", "Read")), len(named(seen, "topic", "Write"))
    last = "group and transactions" if named(seen, "transactional-id", "Write") else "group"
    return found or [ok(f"access: read {reads} topics, write {writes}, {last} allowed")]


def _hidden(grants: Sequence[Grant], topics: Collection[str]) -> Denied:
    """What is not allowed on topics that may not be looked at: who may read or write one may look at it."""
    return {
        ("topic", name, operation)
        for grant, name, operation in _each(grants)
        if grant.kind == "topic" and name in topics and operation in ("Read", "Write")
    }


async def _denied(cluster: Cluster, grants: Sequence[Grant]) -> Denied:
    def topics(operation: str) -> list[str]:
        return named(grants, "topic", operation)

    found: Denied = {("topic", name, "Read") for name in await unreadable(cluster, topics("Read"))}
    found |= {("topic", name, "DescribeConfigs") for name in await undescribed(cluster, topics("DescribeConfigs"))}
    found |= {("topic", name, "Create") for name in await uncreatable(cluster, topics("Create"))}
    prefixes = named(grants, "transactional-id", "Write")
    async with client_of(cluster) as client:
        for group in named(grants, "group", "Read"):
            found |= {("group", group, "Read")} if await group_forbidden(client, group) else set()
        for prefix in prefixes:
            forbidden, refused = await unwritable(client, f"{prefix}doctor", topics("Write"))
            found |= {("topic", name, "Write") for name in refused}
            found |= {("transactional-id", prefix, "Write")} if forbidden else set()
    plainly = [] if prefixes else await unwritable_plainly(cluster, topics("Write"))
    return found | {("topic", name, "Write") for name in plainly}


def _each(grants: Sequence[Grant]) -> Iterator[tuple[Grant, str, str]]:
    return ((grant, name, operation) for grant in grants for name in grant.names for operation in grant.operations)


def _one(grant: Grant, name: str, operation: str) -> Grant:
    return Grant(grant.kind, (name,), (operation,), grant.prefixed)


def _what(kind: Kind, name: str, operation: str) -> str:
    if kind == "topic":
        return f"topic {name}: no right to {WORDS[operation]}"
    if kind == "group":
        return f"group {name}: no right to join"
    return f"transactional ids {name}*: no right to use them"
