"""`slamon doctor --print-acls` prints what is needed: with it a worker and a notifier run, and without a part of it
`doctor` says which. On a broker with an authorizer."""

import asyncio
import json
import os
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aiohttp
import pytest
import yaml
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from slamon import cli
from slamon.runtime.grants import Grant, grants_of
from slamon.runtime.topic_specs import specs_of
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


def inputs(folder: Path) -> dict[str, str]:
    """One input that is only read, and one that is posted to."""
    (folder / "hook").write_text("a-secret-of-the-hook")
    proof = {"scheme": "bearer", "secret_files": [str(folder / "hook")]}
    desk = {"name": "desk", "topic": "run.desk", "source": "canonical"}
    hook = {"name": "hook", "topic": "run.hook", "source": "canonical", "ingest": proof}
    return {"SLAMON_INPUTS": json.dumps([desk, hook])}


def post(worker: Worker, record: dict[str, Any]) -> int:
    """The status of the answer."""
    head = {"Content-Type": "application/json", "Authorization": "Bearer a-secret-of-the-hook"}
    asked = Request(f"http://127.0.0.1:{worker.port}/ingest/hook", json.dumps(record).encode(), head)
    with urlopen(asked, timeout=20) as answer:
        return int(answer.status)


async def shown(worker: Worker, breaches: int) -> set[str]:
    """The tickets of so many breaches, as the page is told of them."""
    found: set[str] = set()
    url = f"http://127.0.0.1:{worker.port}/api/v1/events"
    async with asyncio.timeout(30), aiohttp.ClientSession() as session, session.get(url) as stream:
        while len(found) < breaches:
            block = (await stream.content.readuntil(b"\n\n")).decode().strip().splitlines()
            told = json.loads(block[-1].removeprefix("data: ")) if block[0] == "event: fact" else {}
            found |= {told["ticket"]} if told.get("what") == "breach" else set()
    return found


def denied(secured: Secured) -> list[str]:
    """What the authorizer refused our user so far, as the broker's log has it."""
    log = next(secured.folder.glob("broker-*.log")).read_text(errors="replace")
    return [line for line in log.splitlines() if "User:slamon is Denied" in line]


async def test_with_exactly_the_printed_grants_workers_and_a_notifier_run(
    secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers that copy each other's partitions, their page, intake, a post; nothing is refused all the while."""
    settings = way(secured, SLAMON_PREFIX="run.", SLAMON_PARTITIONS="4", SLAMON_STANDBY_REPLICAS="1")
    settings |= inputs(tmp_path) | {"SLAMON_CLOCKS_TOPIC": "json"}
    live = Live(secured.plain, "run.", tmp_path, POLICIES, settings)
    await live.make_topics("run.desk", "run.hook")
    await create(secured.plain, "run.", 4, specs=specs_of(clocks=True))
    grant(secured, [*printed(monkeypatch, settings), *printed(monkeypatch, settings, "--for", "notify")])
    before = denied(secured)
    try:
        with notifier(tmp_path, settings) as notify:
            one, two = live.start("one"), live.start("two")
            await live.ready(one, two)
            records = [
                ticket(f"T-{number}", "created", now_ms(), "a", fields={"status": "open", "priority": "P1"})
                for number in range(3)
            ]
            await live.write(records[:1])
            await live.write(records[1:2], "run.desk")
            assert await asyncio.to_thread(post, two, records[2]) == 202
            for worker in (one, two):
                assert await shown(worker, 3) == {"T-0", "T-1", "T-2"}
                assert worker.said("standby_level")
                assert not worker.said("feed_unread")
            assert notify.said("notify_caught_up"), notify.log.read_text()
        operate(settings, tmp_path)
        cluster = cluster_of(load(None, settings).settings)
        told = ("run.desk", "run.hook"), ("run.hook",)
        for user in ("run", "notify"):
            findings = await diagnose(Setup(cluster, 4, told[0], posted=told[1], clocks=True, user=user))  # type: ignore[arg-type]
            assert [str(each) for each in findings if each.severity] == []
        assert denied(secured)[len(before) :] == []
    finally:
        live.close()


def operate(settings: dict[str, str], folder: Path) -> None:
    """The commands of an operator, with the rights of a worker."""
    policies = str(folder / "policies.yaml")
    for words in (
        ["topics", "check"], ["policy", "list"], ["policy", "publish", policies], ["deadletter", "list"],
        ["deadletter", "replay"],
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "slamon", *words], cwd=ROOT, env={**os.environ, **settings}, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stdout, done.stderr)


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
    await create(secured.plain, "one.", partitions=2)
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
