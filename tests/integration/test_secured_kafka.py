"""slamon gets in where a broker demands TLS, certificates and logins, and stays in when they are renewed."""

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.offsets import Offsets
from slamon.runtime.topics import create, partition_counts
from slamon.service.doctor import Setup, diagnose
from slamon.service.settings import load
from slamon.service.wiring import cluster_of
from tests.integration.secured_kafka import PASSWORD, SESSION_MS, Secured, named
from tests.service_live.conftest import POLICIES
from tests.service_live.live import Live, Worker, now_ms, ticket

NEXT_PASSWORD, TOKEN = "the-one-after-it", "token-that-opens-the-api"
PAGES = (
    "/metrics",
    "/readyz",
    "/api/v1/status",
    "/api/v1/at-risk",
    "/api/v1/policies",
    "/api/v1/tickets/T-1",
    "/nowhere",
)
pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


def bearer(seconds: float, user: str = "free") -> str:
    """A token that ends then."""
    now = time.time()
    parts = {"alg": "none"}, {"sub": user, "iat": now - 1, "exp": now + seconds}
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def ways(secured: Secured, folder: Path) -> Mapping[str, dict[str, str]]:
    """Every way in."""
    cert, key = secured.authority.write("free", folder)
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "token").write_text(bearer(60))
    ca = {"ca_file": secured.authority.file}
    pair = {"cert_file": cert, "key_file": key}
    login = {"protocol": "SASL_SSL", "username": "free", "password_file": folder / "password", **ca}
    token = {"protocol": "SASL_SSL", "mechanism": "OAUTHBEARER", "token_file": folder / "token", **ca}
    return {
        "mTLS": named(secured.mtls, protocol="SSL", **ca, **pair),
        "PLAIN": named(secured.login, mechanism="PLAIN", **login),
        "SCRAM-SHA-256": named(secured.login, mechanism="SCRAM-SHA-256", **login),
        "SCRAM-SHA-512": named(secured.login, mechanism="SCRAM-SHA-512", **login),
        "OAUTHBEARER": named(secured.login, **token),
        "mTLS and SCRAM": named(secured.both, mechanism="SCRAM-SHA-512", **login, **pair),
        "mTLS and OAUTHBEARER": named(secured.both, **token, **pair),
    }


async def put(cluster: KafkaCluster, value: bytes) -> int:
    """The end of a partition after a record was put there: an admin, a producer and a consumer got in."""
    assert "w.tickets" in await partition_counts(cluster)
    async with AIOKafkaProducer(**cluster.client("test"), enable_idempotence=True) as producer:
        await producer.send_and_wait("w.tickets", value, partition=0)
    offsets = Offsets(cluster)  # type: ignore[arg-type]
    await offsets.start()
    try:
        partition = TopicPartition("w.tickets", 0)
        return (await offsets.ends([partition]))[partition]
    finally:
        await offsets.stop()


async def test_every_way_in_is_taken(secured: Secured, tmp_path: Path) -> None:
    await create(secured.plain, "w.", partitions=1)
    ends = {
        name: await put(cluster_of(load(None, way).settings), name.encode())
        for name, way in ways(secured, tmp_path).items()
    }
    assert list(ends.values()) == list(range(1, len(ends) + 1))


async def test_a_listener_that_wants_a_certificate_says_so(secured: Secured) -> None:
    settings = load(None, named(secured.mtls, protocol="SSL", ca_file=secured.authority.file)).settings
    (finding,) = await diagnose(Setup(cluster_of(settings), 1))
    assert "it wants a certificate of ours, or another one" in finding.what
    assert finding.mend.startswith("security.cert_file and security.key_file")


async def test_a_token_that_ends_is_replaced_under_a_producer_that_lives(secured: Secured, tmp_path: Path) -> None:
    await create(secured.plain, "w.", partitions=1)
    way = ways(secured, tmp_path)["mTLS and OAUTHBEARER"]
    (tmp_path / "token").write_text(bearer(4))
    cluster = cluster_of(load(None, way).settings)
    async with AIOKafkaProducer(**cluster.client("test"), retry_backoff_ms=50) as producer:
        await producer.send_and_wait("w.tickets", b"1", partition=0)
        (tmp_path / "token").write_text(bearer(60))
        await asyncio.sleep(5)
        await producer.send_and_wait("w.tickets", b"2", partition=0)


async def test_a_worker_goes_on_past_the_end_of_its_certificate_and_password(secured: Secured, tmp_path: Path) -> None:
    """Its connections are ended every two seconds; certificate and password are renewed under it, by files alone."""
    way = ways(secured, tmp_path)["mTLS and SCRAM"]
    # The tool that tells the broker the new password is a JVM of its own: until it has, every new connection is refused.
    opens = {"SLAMON_ACCESS__TOKENS": TOKEN, "SLAMON_KAFKA__SESSION_TIMEOUT": "40s"}
    live = Live(secured.plain, "x.", tmp_path, POLICIES, way | opens, headers={"Authorization": f"Bearer {TOKEN}"})
    await live.make_topics()
    secured.authority.write("free", tmp_path, seconds=25)
    old = {name: (tmp_path / f"free.{name}").read_bytes() for name in ("crt", "key")}
    ends = time.time() + 25
    try:
        worker = live.start()
        await live.ready(worker)
        before = worker.own()
        secured.authority.write("free", tmp_path)
        (tmp_path / "password").write_text(f"{NEXT_PASSWORD}\n")
        change = ("--alter", "--entity-type", "users", "--entity-name", "free", "--add-config")
        await asyncio.to_thread(
            secured.tool, "kafka.admin.ConfigCommand", *change, f"SCRAM-SHA-512=[password={NEXT_PASSWORD}]"
        )
        await asyncio.sleep(max(0.0, ends - time.time()) + 2 * SESSION_MS / 1000)
        at = now_ms()
        record = ticket("T-1", "created", at, "a", fields={"status": "open", "priority": "P1"})
        await live.write([record])
        breach = next(fact for fact in await live.until(lambda found: len(found) >= 2) if fact["topic"] == "breaches")
        assert breach["headers"]["live"] == "true"
        assert worker.process.poll() is None
        assert _owned(worker.own()) == _owned(before)
        assert len(worker.said("partition_entered")) == 4, "each was entered once: no rebalance"
        ends_at = 'slamon_certificate_end_timestamp_seconds{use="kafka"} '
        (told,) = [
            line
            for line in (await asyncio.to_thread(page, worker, "/metrics")).splitlines()
            if line.startswith(ends_at)
        ]
        assert float(told.removeprefix(ends_at)) > ends + 1000
        assert len(worker.said("group_joining")) == 1
        assert worker.said("broker_credentials_changed")
        for shown in (worker.log.read_text(), *[await asyncio.to_thread(page, worker, path) for path in PAGES]):
            assert not [secret for secret in (PASSWORD, NEXT_PASSWORD, TOKEN) if secret in shown]
    finally:
        live.close()
    for name, pem in old.items():
        (tmp_path / f"free.{name}").write_bytes(pem)
    (finding,) = await diagnose(Setup(cluster_of(load(None, way).settings), 1))
    assert "it wants a certificate of ours, or another one" in finding.what, "the old one is worth nothing by now"


def _owned(told: Mapping[str, Any]) -> list[tuple[int, str]]:
    return [(one["number"], one["state"]) for one in told["partitions"]]


def page(worker: Worker, path: str) -> str:
    """What its port says there, whatever the status."""
    asked = Request(f"http://127.0.0.1:{worker.port}{path}", headers=dict(worker.opened_by))
    try:
        with urlopen(asked, timeout=10) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        return error.read().decode()
