"""`slamon doctor --print-acls` prints what is needed: with it a worker and a notifier run, and without a part of it
`doctor` says which. On a broker with an authorizer."""

import asyncio
import os
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from io import StringIO
from pathlib import Path

import pytest
import yaml
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from slamon import cli
from slamon.runtime.grants import Grant, grants_of
from slamon.runtime.topics import create
from slamon.service.doctor import Finding, Setup, diagnose
from slamon.service.settings import load
from slamon.service.wiring import cluster_of
from tests.integration.secured_kafka import PASSWORD, Secured, named
from tests.service_live.conftest import POLICIES
from tests.service_live.live import ROOT, Live, Worker, now_ms, ticket

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
KINDS = {"topic": 2, "group": 3, "transactional-id": 5}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "DescribeConfigs": 10}
LITERAL, PREFIXED, ALLOW = 3, 4, 3


def way(secured: Secured, **more: str) -> dict[str, str]:
    """The settings of `slamon`, who may do nothing yet."""
    login = {"mechanism": "SCRAM-SHA-512", "username": "slamon", "password": PASSWORD}
    return named(secured.login, protocol="SASL_SSL", ca_file=secured.authority.file, **login) | more


def printed(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], *options: str) -> list[str]:
    """What `slamon doctor --print-acls` says with them."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    out = StringIO()
    assert cli.main(["doctor", "--print-acls", *options], stdout=out, stderr=sys.stderr) == 0
    return out.getvalue().splitlines()


def grant(secured: Secured, commands: Sequence[str]) -> None:
    """Does what an administrator does with them, who has an address of his own."""
    for line in commands:
        words = shlex.split(line)
        assert words[:5] == [
            "kafka-acls.sh",
            "--bootstrap-server",
            secured.login,
            "--command-config",
            "client.properties",
        ]
        secured.tool("org.apache.kafka.tools.AclCommand", *words[5:])


@contextmanager
def notifier(folder: Path, settings: dict[str, str]) -> Iterator[Worker]:
    """A `slamon notify` process that pages nobody who is there."""
    secret, config, log = folder / "secret", folder / "slamon.yaml", folder / "notify.log"
    secret.write_text("0123456789abcdef")
    hook = {"name": "nobody", "webhook": {"url": "http://127.0.0.1:1/hook", "secret_file": str(secret)}}
    routes = [{"receivers": ["nobody"]}]
    config.write_text(yaml.safe_dump({"notify": {"http_port": 0, "receivers": [hook], "routes": routes}}))
    command = [sys.executable, "-m", "slamon", "notify", "--config", str(config)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=out, stderr=out)
    try:
        yield Worker(process, log)
    finally:
        process.kill()
        process.wait()


async def test_with_exactly_the_printed_grants_a_worker_and_a_notifier_run(
    secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = way(secured, SLAMON_PREFIX="run.", SLAMON_PARTITIONS="4")
    live = Live(secured.plain, "run.", tmp_path, POLICIES, settings)
    await live.make_topics()
    grant(secured, [*printed(monkeypatch, settings), *printed(monkeypatch, settings, "--for", "notify")])
    try:
        with notifier(tmp_path, settings) as notify:
            worker = live.start()
            await live.ready(worker)
            record = ticket("T-1", "created", now_ms(), "a", fields={"status": "open", "priority": "P1"})
            await live.write([record])
            await live.until(lambda found: len(found) >= 2)
            assert notify.said("notify_caught_up"), notify.log.read_text()
        cluster = cluster_of(load(None, settings).settings)
        for user in ("run", "notify"):
            findings = await diagnose(Setup(cluster, 4, user=user))
            assert [str(each) for each in findings if each.severity] == []
    finally:
        live.close()


# -- one that is missing --------------------------------------------------------------------------------------------


class Acls:
    """Rights of `slamon`, given and taken by the protocol: Kafka's tool takes seconds for each."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client

    async def give(self, one: Grant) -> None:
        await self._change(CreateAclsRequest, one)

    async def take(self, one: Grant) -> None:
        await self._change(DeleteAclsRequest, one)

    async def _change(self, request: type, one: Grant) -> None:
        pattern = PREFIXED if one.prefixed else LITERAL
        for name in one.names:
            for operation in one.operations:
                what = KINDS[one.kind], name, pattern, "User:slamon", "*", OPERATIONS[operation], ALLOW
                await self._client.send(self._client.get_random_node(), request(*what))


@asynccontextmanager
async def acls(secured: Secured) -> AsyncIterator[Acls]:
    client = AIOKafkaClient(bootstrap_servers=secured.plain)
    await client.bootstrap()
    try:
        yield Acls(client)
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("user", "missing", "what"),
    [
        ("run", Grant("topic", ("one.changelog",), ("Read",)), "topic one.changelog: no right to read"),
        ("run", Grant("topic", ("one.policies",), ("Write",)), "topic one.policies: no right to write"),
        ("run", Grant("topic", ("one.outcomes",), ("DescribeConfigs",)), "topic one.outcomes: no right to read the configuration"),
        ("run", Grant("group", ("one",), ("Read",)), "group one: no right to join"),
        ("run", Grant("transactional-id", ("one-",), ("Write",), True), "transactional ids one-*: no right to use them"),
        ("notify", Grant("topic", ("one.breaches",), ("Read",)), "topic one.breaches: no right to read"),
        ("notify", Grant("topic", ("one.pages",), ("Write",)), "topic one.pages: no right to write"),
        ("notify", Grant("topic", ("one.pages",), ("Create",)), "topic one.pages: no right to create it"),
        ("notify", Grant("group", ("one.notify",), ("Read",)), "group one.notify: no right to join"),
    ],
)  # fmt: skip
async def test_one_grant_that_is_missing_is_named_with_the_command_that_gives_it(
    secured: Secured, user: str, missing: Grant, what: str
) -> None:
    settings = load(None, way(secured, SLAMON_PREFIX="one.")).settings
    cluster = cluster_of(settings)
    if await create(secured.plain, "one.", partitions=2):
        from aiokafka.admin import NewTopic

        from slamon.runtime.topics import admin_client

        admin = admin_client(secured.plain)
        await admin.start()
        await admin.create_topics([NewTopic("one.pages", 2, 1, topic_configs={"cleanup.policy": "compact"})])
        await admin.close()
    async with acls(secured) as rights:
        needed = grants_of(user, cluster)  # type: ignore[arg-type]
        for one in needed:
            await rights.give(one)
        await rights.take(missing)
        setup = Setup(cluster, 2, user=user, principal="User:slamon")  # type: ignore[arg-type]
        lines = [f"{each.what} | {each.mend}" for each in await looked(setup)]
        for one in needed:
            await rights.take(one)
    kind, name, operation = missing.kind, missing.names[0], missing.operations[0]
    prefixed = " --resource-pattern-type prefixed" if missing.prefixed else ""
    command = f"--add --allow-principal User:slamon --operation {operation} --{kind} {name}{prefixed}"
    (told,) = [line for line in lines if line.startswith(what)]
    assert told.endswith(command)
    rights_told = [line for line in lines if "no right" in line]
    assert rights_told == [told]


async def looked(setup: Setup) -> list[Finding]:
    """What fails once the broker has heard of the change, which its controller knows a moment before it."""
    await asyncio.sleep(0.5)
    return [each for each in await diagnose(setup) if each.severity]
