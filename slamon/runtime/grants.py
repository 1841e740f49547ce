"""What the brokers must allow, for each of slamon's users, as an authorizer has it; and the words that grant it.

Kafka takes Read and Write for Describe too. An idempotent producer needs no right of its own from Kafka 2.8 on.
"""

import json
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from slamon.runtime.cluster import Cluster
from slamon.runtime.topic_specs import FACTS, PAGES, specs_of

Kind = Literal["topic", "group", "transactional-id"]
User = Literal["run", "notify"]
FOR_THE_PAGE = ("warnings", "breaches")
OWN_READS = ("tickets", "uptime", "changelog", "policies", "deadletter", *FOR_THE_PAGE)


@dataclass(frozen=True, slots=True)
class Grant:
    """The operations that are wanted on each of these names, or on all that begin with them."""

    kind: Kind
    names: tuple[str, ...]
    operations: tuple[str, ...]
    prefixed: bool = False


def grants_of(
    user: User, cluster: Cluster, inputs: Sequence[str] = (), posted: Sequence[str] = (), *, clocks: bool = False
) -> list[Grant]:
    """What `slamon run` and the commands of its settings need (with the topic of open clocks, or not), or `slamon notify`."""
    found = _notify(cluster) if user == "notify" else _run(cluster, inputs, posted, clocks=clocks)
    return [grant for grant in found if grant.names]


def _run(cluster: Cluster, inputs: Sequence[str], posted: Sequence[str], *, clocks: bool) -> list[Grant]:
    own = tuple(cluster.topic(spec.role) for spec in specs_of(clocks=clocks) if not spec.optional)
    reads = tuple(cluster.topic(role) for role in OWN_READS)
    return [
        Grant("topic", reads, ("Read", "Write", "DescribeConfigs")),
        Grant("topic", tuple(name for name in own if name not in reads), ("Write", "DescribeConfigs")),
        Grant("topic", tuple(name for name in inputs if name not in posted), ("Read",)),
        Grant("topic", tuple(posted), ("Read", "Write")),
        Grant("group", (cluster.group,), ("Read",)),
        Grant("transactional-id", (f"{cluster.group}-",), ("Write",), prefixed=True),
    ]


def _notify(cluster: Cluster) -> list[Grant]:
    return [
        Grant("topic", tuple(cluster.topic(role) for role in FACTS), ("Read",)),
        Grant("topic", (cluster.topic(PAGES),), ("Read", "Write", "DescribeConfigs", "Create")),
        Grant("group", (cluster.topic("notify"),), ("Read",)),
    ]


def visible(grants: Sequence[Grant], topics: Collection[str]) -> list[Grant]:
    """The grants as far as they can be looked at: of a topic that is not there only the right to create it."""
    return [kept for grant in grants for kept in _visible(grant, topics) if kept.names and kept.operations]


def _visible(grant: Grant, topics: Collection[str]) -> list[Grant]:
    if grant.kind != "topic":
        return [grant]
    there = tuple(name for name in grant.names if name in topics)
    missing = tuple(name for name in grant.names if name not in topics)
    create = tuple(operation for operation in grant.operations if operation == "Create")
    return [replace(grant, names=there), replace(grant, names=missing, operations=create)]


def named(grants: Sequence[Grant], kind: Kind, operation: str) -> list[str]:
    """What the operation is wanted on."""
    return [name for grant in grants if grant.kind == kind and operation in grant.operations for name in grant.names]


def command(tools: str, principal: str, grant: Grant) -> str:
    """What an administrator types; `tools` is what stands behind --bootstrap-server."""
    words = [f"kafka-acls.sh --bootstrap-server {tools} --add --allow-principal {shlex.quote(principal)}"]
    words += [f"--operation {operation}" for operation in grant.operations]
    words += [f"--{grant.kind} {name}" for name in grant.names]
    return " ".join([*words, *(["--resource-pattern-type prefixed"] if grant.prefixed else [])])


STRIMZI_KINDS = {"topic": "topic", "group": "group", "transactional-id": "transactionalId"}


def kafka_user(name: str, login: str | None, grants: Sequence[Grant]) -> str:
    """The same as a KafkaUser of Strimzi's; `login` is its authentication, None where Strimzi does not make it."""
    return "\n".join(_kafka_user(name, login, grants))


def _kafka_user(name: str, login: str | None, grants: Sequence[Grant]) -> Iterator[str]:
    yield from (
        "apiVersion: kafka.strimzi.io/v1",
        "kind: KafkaUser",
        "metadata:",
        f"  name: {json.dumps(name)}",
        "  labels:",
    )
    yield "    strimzi.io/cluster: my-cluster  # the name of your Kafka resource"
    yield "spec:"
    if login:
        yield from ("  authentication:", f"    type: {login}")
    yield from ("  authorization:", "    type: simple", "    acls:")
    for grant in grants:
        pattern = "prefix" if grant.prefixed else "literal"
        for each in grant.names:
            kind = STRIMZI_KINDS[grant.kind]
            yield f"      - resource: {{type: {kind}, name: {json.dumps(each)}, patternType: {pattern}}}"
            yield f"        operations: [{', '.join(grant.operations)}]"
