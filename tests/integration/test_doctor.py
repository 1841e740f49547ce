"""`slamon doctor` names what is wrong with everything slamon stands on, and what mends it."""

import asyncio
import shutil
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from slamon.runtime import probes
from slamon.runtime.access import access
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.grants import Grant, grants_of
from slamon.runtime.policy_keeper import draft_of
from slamon.runtime.probes import Skew, judge_clock, open_transactions
from slamon.runtime.publish import publish
from slamon.runtime.topics import create
from slamon.service.doctor import Finding, Setup, Severity, diagnose, worst
from tests.broker.model import Broker, BrokerUnavailable
from tests.integration.guarded_kafka import Guarded, guarded_kafka
from tests.integration.reading import everything
from tests.runtime.policy_texts import Files, files

pytestmark = pytest.mark.integration


def setup(bootstrap: str, prefix: str = "slamon.", **more: Any) -> Setup:
    return Setup(KafkaCluster(bootstrap, prefix), 2, **more)


def bad(findings: list[Finding]) -> list[str]:
    return [f"{each.severity.name} {each.what} | {each.mend}" for each in findings if each.severity]


# -- the way to the broker ------------------------------------------------------------------------------------------


async def test_a_port_where_nobody_listens_is_named() -> None:
    (line,) = bad(await diagnose(setup("127.0.0.1:1")))
    assert line.startswith("FAIL broker 127.0.0.1:1: nobody listens there")
    assert line.endswith("| nc -vz 127.0.0.1 1   # set bootstrap (SLAMON_BOOTSTRAP) to an address of a broker")


async def test_a_name_that_does_not_resolve_is_named() -> None:
    (line,) = bad(await diagnose(setup("broker.invalid:9092")))
    assert line.startswith("FAIL broker broker.invalid:9092: the name does not resolve")
    assert "| getent hosts broker.invalid" in line


async def test_what_is_no_address_is_named() -> None:
    (line,) = bad(await diagnose(setup("broker")))
    assert line.startswith("FAIL bootstrap: expected host:port, separated by commas, got 'broker'")


@asynccontextmanager
async def listener(silent: bool) -> AsyncIterator[str]:
    """Something that accepts connections and is no Kafka."""

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if silent:
            await asyncio.sleep(60)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@pytest.mark.parametrize("silent", [True, False])
async def test_a_listener_that_is_no_kafka_is_told_within_ten_seconds(silent: bool) -> None:
    began = time.monotonic()
    async with listener(silent) as address:
        (line,) = bad(await diagnose(setup(address)))
    assert "it expects a login, or is no Kafka" in line
    assert time.monotonic() - began < 10


async def test_one_broker_of_the_list_that_is_down_is_a_warning(kafka: Broker, kafka_prefix: str) -> None:
    findings = await diagnose(setup(f"{kafka.bootstrap},127.0.0.1:1", kafka_prefix))
    assert findings[0].severity is Severity.OK
    assert bad(findings)[0].startswith("WARN broker 127.0.0.1:1: nobody listens there")


# -- what is on it --------------------------------------------------------------------------------------------------


async def test_an_installation_as_it_should_be_has_no_finding(kafka: Broker, kafka_prefix: str) -> None:
    await create(kafka.bootstrap, kafka_prefix, partitions=2)
    await publish(KafkaCluster(kafka.bootstrap, kafka_prefix), draft_of(files("gold"), "test"))
    looked = setup(kafka.bootstrap, kafka_prefix, inputs=(f"{kafka_prefix}tickets",), files=lambda: files("gold"))
    findings = await diagnose(looked)
    assert bad(findings) == []
    assert worst(findings) is Severity.OK
    assert any(each.what.startswith("clock: the broker's is") for each in findings)


async def test_the_looks_leave_nothing_to_read_behind(kafka: Broker, kafka_prefix: str) -> None:
    await create(kafka.bootstrap, kafka_prefix, partitions=2)
    looked = setup(kafka.bootstrap, kafka_prefix)
    await diagnose(looked)
    for role in ("tickets", "breaches", "changelog", "deadletter"):
        assert await everything(looked.cluster, looked.cluster.topic(role)) == []


async def test_missing_topics_and_inputs_are_named_with_what_creates_them(kafka: Broker, kafka_prefix: str) -> None:
    lines = bad(await diagnose(setup(kafka.bootstrap, kafka_prefix, inputs=(f"{kafka_prefix}desk",))))
    assert lines[0].startswith(f"FAIL missing topics: {kafka_prefix}tickets, ")
    assert lines[1].endswith(
        f"| kafka-topics.sh --bootstrap-server {kafka.bootstrap} --create --topic {kafka_prefix}desk"
    )


async def test_files_that_say_something_else_than_the_topic_are_a_warning(kafka: Broker, kafka_prefix: str) -> None:
    await create(kafka.bootstrap, kafka_prefix, partitions=2)
    await publish(KafkaCluster(kafka.bootstrap, kafka_prefix), draft_of(files("gold"), "test"))
    (line,) = bad(await diagnose(setup(kafka.bootstrap, kafka_prefix, files=lambda: files("silver"))))
    assert line.startswith(f"WARN {kafka_prefix}policies: version {files('gold').policies.version} from 2")
    assert f"; the files say version {files('silver').policies.version} | slamon policy publish" in line


async def test_bad_files_are_a_finding_and_no_end(kafka: Broker, kafka_prefix: str) -> None:
    await create(kafka.bootstrap, kafka_prefix, partitions=2)

    def load() -> Files:
        raise ValueError("gold.yaml:1: expected a policy, got 'bad'")

    (line,) = bad(await diagnose(setup(kafka.bootstrap, kafka_prefix, files=load)))
    assert line == "FAIL policy files: gold.yaml:1: expected a policy, got 'bad' | slamon check FILE..."


@pytest.mark.needs_real_kafka
async def test_an_upstream_transaction_left_open_is_found_with_its_offset(
    kafka: Broker, kafka_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create(kafka.bootstrap, kafka_prefix, partitions=2)
    cluster = KafkaCluster(kafka.bootstrap, kafka_prefix)
    producer = AIOKafkaProducer(**cluster.client("upstream"), transactional_id=f"{kafka_prefix}upstream")
    await producer.start()
    await producer.begin_transaction()
    await producer.send_and_wait(cluster.topic("tickets"), b"1", partition=1)
    monkeypatch.setattr(probes, "MAX_OPEN_MS", -1)
    (line,) = bad(await open_transactions(cluster, kafka.bootstrap, [cluster.topic("tickets")]))
    monkeypatch.setattr(probes, "MAX_OPEN_MS", 60_000)
    assert bad(await open_transactions(cluster, kafka.bootstrap, [cluster.topic("tickets")])) == []
    await producer.abort_transaction()
    await producer.stop()
    assert line.startswith(
        f"FAIL topic {kafka_prefix}tickets, partition 1: a transaction stands open since 0 s (from offset 0)"
    )
    assert f"kafka-transactions.sh --bootstrap-server {kafka.bootstrap} abort --topic {kafka_prefix}tickets" in line


@pytest.mark.parametrize(
    ("skew", "severity"),
    [
        (Skew(499, 0), Severity.OK),
        (Skew(-600, 101), Severity.OK),
        (Skew(-600, 99), Severity.WARN),
        (Skew(5_100, 50), Severity.FAIL),
    ],
)
def test_only_a_difference_that_is_certain_counts(skew: Skew, severity: Severity) -> None:
    assert judge_clock(skew).severity is severity


# -- who may do what ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    if shutil.which("java") is None or shutil.which("mvn") is None or shutil.which("openssl") is None:
        pytest.skip("needs java, mvn and openssl for a Kafka with listeners of its own")
    try:
        with guarded_kafka() as broker:
            yield broker
    except BrokerUnavailable as why:
        pytest.skip(str(why))


def login(guarded: Guarded, user: str = "bob", password: str = "secret", mechanism: str = "PLAIN") -> KafkaCluster:
    security = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": mechanism}
    return KafkaCluster(guarded.login, "g.", {**security, "sasl_plain_username": user, "sasl_plain_password": password})


async def only(cluster: KafkaCluster) -> str:
    (line,) = bad(await diagnose(Setup(cluster, 2)))
    return line


async def test_wrong_security_settings_are_told_apart(guarded: Guarded) -> None:
    tls = {"security_protocol": "SSL", "ssl_context": ssl.create_default_context()}
    assert "it expects a login, or is no Kafka" in await only(KafkaCluster(guarded.login))
    assert "the listener speaks TLS, the settings say PLAINTEXT | security.protocol: SSL" in await only(
        KafkaCluster(guarded.tls)
    )
    assert "the listener speaks no TLS, the settings say SSL" in await only(KafkaCluster(guarded.plain, "g.", tls))
    assert "its certificate is not trusted" in await only(KafkaCluster(guarded.tls, "g.", tls))
    assert "user 'bob' was refused" in await only(login(guarded, password="wrong"))
    assert "no login by SCRAM-SHA-512" in await only(login(guarded, mechanism="SCRAM-SHA-512"))
    plain = KafkaCluster(guarded.plain, "g.", login(guarded).security)
    assert "the listener takes no login, the settings say SASL_PLAINTEXT" in await only(plain)


async def test_a_trusted_certificate_is_let_in(guarded: Guarded) -> None:
    context = ssl.create_default_context(cafile=str(guarded.authority))
    cluster = KafkaCluster(guarded.tls, "g.", {"security_protocol": "SSL", "ssl_context": context})
    findings = await diagnose(Setup(cluster, 2))
    assert findings[0].what == f"broker {guarded.tls}: reached, and it talks to us"


async def test_a_user_without_rights_is_told_which_to_ask_for(guarded: Guarded) -> None:
    await create(guarded.plain, "g.", partitions=2)
    lines = bad(await diagnose(Setup(login(guarded), 2)))
    assert any(line.startswith("FAIL missing topics: g.tickets") and "grant DESCRIBE" in line for line in lines)
    assert any("FAIL group g: no right to join | kafka-acls.sh" in line for line in lines)
    assert any("FAIL transactional ids g-*: no right to use them | kafka-acls.sh" in line for line in lines)


async def test_each_topic_that_may_not_be_read_or_written_is_named_with_the_command(guarded: Guarded) -> None:
    await create(guarded.plain, "r.", partitions=2)
    prefixed = ("--resource-pattern-type", "prefixed")
    guarded.allow("--operation", "Describe", "--operation", "DescribeConfigs", "--topic", "r.", *prefixed)
    guarded.allow("--operation", "Read", "--group", "r", "--topic", "r.tickets")
    guarded.allow("--operation", "Write", "--operation", "Describe", "--transactional-id", "r-", *prefixed)
    guarded.allow("--operation", "Write", "--topic", "r.breaches")
    cluster = KafkaCluster(guarded.login, "r.", login(guarded).security)
    wanted = [
        Grant("topic", ("r.tickets", "r.policies"), ("Read", "DescribeConfigs")),
        Grant("topic", ("r.breaches", "r.outcomes"), ("Write",)),
        *(grant for grant in grants_of("run", cluster) if grant.kind != "topic"),
    ]
    lines = bad(await access(cluster, guarded.login, "User:bob", wanted))
    command = f"kafka-acls.sh --bootstrap-server {guarded.login} --add --allow-principal User:bob --operation"
    assert lines == [
        f"FAIL topic r.policies: no right to read | {command} Read --topic r.policies",
        f"FAIL topic r.outcomes: no right to write | {command} Write --topic r.outcomes",
    ]


async def test_a_user_with_all_rights_has_none_missing(guarded: Guarded) -> None:
    await create(guarded.plain, "g.", partitions=2)
    findings = await diagnose(Setup(login(guarded, "admin"), 2))
    assert any(each.what.startswith("access: read 7 topics, write 8") for each in findings)
