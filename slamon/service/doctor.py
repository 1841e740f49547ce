"""A look at everything slamon stands on: what is wrong, and the command that mends it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from slamon.runtime.access import access
from slamon.runtime.cluster import KafkaCluster, tool_address
from slamon.runtime.finding import Finding, Severity, fail, ok, warn, worst
from slamon.runtime.grants import Grant, User, grants_of
from slamon.runtime.handshake import refused
from slamon.runtime.policy_keeper import Files
from slamon.runtime.policy_log import PolicyLog
from slamon.runtime.policy_reader import read_log
from slamon.runtime.probes import broker_addresses, clock, open_transactions
from slamon.runtime.topic_check import judge_facts
from slamon.runtime.topic_specs import PAGES, specs_of
from slamon.runtime.topics import check, describe, partition_counts
from slamon.service.reach import Address, addresses, speaks_tls, unreachable
from slamon.sla.instants import render

__all__ = ["Finding", "Setup", "Severity", "diagnose", "worst"]

LIMIT = 30.0  # of one check
REACH_LIMIT = 10.0
Trouble = Callable[[], Awaitable[str | None]]
ANYBODY = "User:ANONYMOUS"


@dataclass(frozen=True, slots=True)
class Setup:
    """What is to be looked at: the broker, the number of partitions, the input topics, and how the policy files are read.

    `files` is None where there are none (then only the topic is looked at); it raises what is wrong with them.
    `posted`: the input topics that /ingest writes to; their secrets were read with the settings. `registries`: by the name of
    the input, what asks its schema registry. `user`: who is going to connect with these settings; for `notify` the way to
    the brokers, the topics it reads and the rights are looked at.
    """

    cluster: KafkaCluster
    partitions: int
    inputs: tuple[str, ...] = ()
    files: Callable[[], Files] | None = None
    posted: tuple[str, ...] = ()
    registries: Mapping[str, Trouble] = field(default_factory=dict)
    clocks: bool = False  # whether there is a topic of open clocks
    user: User = "run"
    principal: str = ANYBODY  # who we are to the brokers

    @property
    def bootstrap(self) -> str:
        return self.cluster.bootstrap

    @property
    def grants(self) -> list[Grant]:
        """What its user needs."""
        return grants_of(self.user, self.cluster, self.inputs, self.posted, clocks=self.clocks)

    @property
    def tools(self) -> str:
        """The address for the commands that mend."""
        return tool_address(self.cluster.bootstrap, self.cluster.security)


async def diagnose(setup: Setup) -> list[Finding]:
    """Every finding, in the order of the checks; what cannot be looked at without the broker is left out.

    `worst` of them is what a command exits with: 0 all well, 1 warnings, 2 something fails.
    """
    return [finding async for finding in findings(setup)]


async def findings(setup: Setup) -> AsyncIterator[Finding]:
    """The same, one by one as they are found."""
    reached = await _reach(setup)
    for finding in reached:
        yield finding
    if worst(reached) is Severity.FAIL:
        return
    for look in NOTIFY if setup.user == "notify" else ALL:
        for finding in await _safely(look, setup):
            yield finding


async def _safely(look: Callable[[Setup], Awaitable[Sequence[Finding]]], setup: Setup) -> Sequence[Finding]:
    name = look.__name__.strip("_")
    try:
        async with asyncio.timeout(LIMIT):
            return await look(setup)
    except TimeoutError:
        return [
            fail(f"{name}: the broker did not answer in time", "run it again; then look at the broker's load and log")
        ]
    except Exception as error:  # noqa: BLE001  one check that trips must not hide the others
        return [fail(f"{name}: {type(error).__name__}: {error}", "look at the broker's log for this user and moment")]


async def _reach(setup: Setup) -> list[Finding]:
    """Whether one broker of the bootstrap list talks to us; the others are warned of."""
    try:
        wanted = addresses(setup.bootstrap)
    except ValueError as error:
        return [fail(str(error), "bootstrap: broker-1:9092,broker-2:9092 (SLAMON_BOOTSTRAP)")]
    try:
        async with asyncio.timeout(REACH_LIMIT):
            trouble = await asyncio.gather(*(_trouble(setup, each) for each in wanted))
    except TimeoutError:
        return [
            fail(f"broker {setup.bootstrap}: no answer within {REACH_LIMIT:.0f} s", "look at the broker's load and log")
        ]
    found = [each for each in trouble if each is not None]
    if len(found) == len(wanted):
        return found
    others = [warn(each.what, each.mend) for each in found]
    return [ok(f"broker {setup.bootstrap}: reached, and it talks to us"), *others]


async def _trouble(setup: Setup, address: Address) -> Finding | None:
    found = await unreachable(address, "broker", "set bootstrap (SLAMON_BOOTSTRAP) to an address of a broker")
    return found or await refused(setup.cluster, address.host, address.port, lambda: speaks_tls(address))


async def _brokers(setup: Setup) -> Sequence[Finding]:
    """Clients go on with the addresses the brokers advertise, not with the bootstrap list."""
    told = await broker_addresses(setup.cluster)
    repair = "or set advertised.listeners of that broker to an address that works from here"
    trouble = await asyncio.gather(
        *(unreachable(Address(host, port), f"broker {node} calls itself", repair) for node, host, port in told)
    )
    return [each for each in trouble if each] or [
        ok(f"brokers: all {len(told)} reached under the addresses they advertise")
    ]


async def _topics(setup: Setup) -> Sequence[Finding]:
    specs = specs_of(clocks=setup.clocks)
    return await check(setup.bootstrap, setup.cluster.prefix, setup.partitions, setup.cluster.security, specs=specs)


async def _inputs(setup: Setup) -> Sequence[Finding]:
    counts = await partition_counts(setup.cluster)
    missing = [topic for topic in setup.inputs if topic not in counts]
    create = f"kafka-topics.sh --bootstrap-server {setup.tools} --create --topic"
    found = [fail(f"input topic {topic} does not exist, or may not be seen", f"{create} {topic}") for topic in missing]
    return found or [ok(f"inputs: all {len(setup.inputs)} topics are there")] if setup.inputs else []


async def _registries(setup: Setup) -> Sequence[Finding]:
    troubles = await asyncio.gather(*(ask() for ask in setup.registries.values()))
    mend = "look at registry.url, user_file, token_file and ca_file of this input; until it answers, the input waits"
    found = [
        fail(f"registry of input {name}: {why}", mend)
        for name, why in zip(setup.registries, troubles, strict=True)
        if why
    ]
    return found or [ok(f"registries: all {len(setup.registries)} answer")] if setup.registries else []


async def _access(setup: Setup) -> Sequence[Finding]:
    return await access(setup.cluster, setup.tools, setup.principal, setup.grants)


async def _facts(setup: Setup) -> Sequence[Finding]:
    cluster, pages = setup.cluster, setup.cluster.topic(PAGES)
    seen = await describe(setup.bootstrap, [pages], cluster.security)
    return judge_facts(await partition_counts(cluster), seen[pages], cluster.prefix, setup.tools)


async def _transactions(setup: Setup) -> Sequence[Finding]:
    topics = [setup.cluster.topic("tickets"), setup.cluster.topic("uptime"), *setup.inputs]
    return await open_transactions(setup.cluster, setup.tools, topics)


async def _clock(setup: Setup) -> Sequence[Finding]:
    if setup.cluster.topic("deadletter") not in await partition_counts(setup.cluster):
        return []
    return [await clock(setup.cluster)]


async def _policies(setup: Setup) -> Sequence[Finding]:
    """Whether the policies topic can be read, and says what the files say."""
    topic = setup.cluster.topic("policies")
    if topic not in await partition_counts(setup.cluster):
        return []
    skipped: list[str] = []
    log = await read_log(setup.cluster, lambda _event, fields: skipped.append(str(fields["reason"])))
    found = [warn(f"{topic}: a record was skipped: {reason}", "see who writes to this topic") for reason in skipped[:5]]
    return [*found, await _agreement(setup, topic, log)]


async def _agreement(setup: Setup, topic: str, log: PolicyLog) -> Finding:
    published = log.publications[-1] if log.publications else None
    said = (
        f"{topic}: version {published.version} from {render(published.at)}"
        if published
        else f"{topic}: nothing published"
    )
    try:
        files = await asyncio.to_thread(setup.files) if setup.files else None
    except Exception as error:  # noqa: BLE001  whatever is wrong with the files is the finding
        return fail(f"policy files: {error}", "slamon check FILE...")
    if files is None:
        return ok(said) if published else fail(said, "slamon policy publish FILE...")
    if published is None:
        return warn(f"{said} yet", "slamon policy publish FILE...   # or start a worker, which does it")
    if published.version != files.policies.version:
        return warn(
            f"{said}; the files say version {files.policies.version}",
            "slamon policy publish FILE...   # or mend the files",
        )
    return ok(f"{said}, as the files say")


NOTIFY = (_brokers, _facts, _access)
ALL = (_brokers, _topics, _inputs, _registries, _access, _transactions, _clock, _policies)
