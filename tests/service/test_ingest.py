"""POST /ingest/NAME: taken is taken for good, and everybody else is told why not, but never what the secret is."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, get_args

import aiohttp
import pytest
import pytest_asyncio
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    UnknownTopicOrPartitionError,
)
from structlog.testing import capture_logs

from slamon.commands.doctor import setup_of
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.runtime.raw_producer import RawProducer
from slamon.service.http import HEADERS, MAX_AT_ONCE, HttpServer
from slamon.service.ingest import Ingest, doors, ingest_of, reading
from slamon.service.ingest.refusal import Result
from slamon.service.metrics import Metrics
from slamon.service.metrics.catalogue import CLOSED
from slamon.service.settings import load
from slamon.service.wiring import feeds_of
from tests.service.told import Worker

SECRET, OLD = "correct-horse-battery-staple", "the-secret-of-the-year-before"
NOW = 1_704_455_100_000  # 2024-01-05T11:45:00Z
GOOD = {"ticket": "T-1", "at": NOW - 1000, "event": "created", "fields": {"priority": "P1"}}
BEARER = {"Authorization": f"Bearer {SECRET}"}
JSON = {"Content-Type": "application/json"}


@dataclass
class Broker:
    """A producer without Kafka: `answer` makes the future of each record, or raises."""

    made: int = 0
    stopped: int = 0
    sent: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[], "asyncio.Future[None]"] | None = None
    full: asyncio.Event = field(default_factory=asyncio.Event)

    def make(self) -> "Broker":
        self.made += 1
        return self

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.stopped += 1

    async def send(self, topic: str, value: bytes, key: bytes | None, **more: Any) -> "asyncio.Future[None]":
        self.sent.append({"topic": topic, "value": value, "key": key, **more})
        if len(self.sent) == doors.MAX_AT_ONCE:
            self.full.set()
        if self.answer is not None:
            return self.answer()
        acked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        acked.set_result(None)
        return acked


def refusing(error: KafkaError) -> Callable[[], "asyncio.Future[None]"]:
    def answer() -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.set_exception(error)
        return future

    return answer


INPUTS: list[dict[str, Any]] = [
    {
        "name": "plain",
        "topic": "posts",
        "source": "canonical",
        "ingest": {"secrets": [SECRET, OLD], "max_body": "1KiB"},
    },
    {
        "name": "signed",
        "topic": "signs",
        "source": "canonical",
        "ingest": {
            "scheme": "hmac-sha256",
            "secrets": [SECRET, OLD],
            "header": "X-PagerDuty-Signature",
            "prefix": "v1=",
        },
    },
    {"name": "addressed", "topic": "urls", "source": "canonical", "ingest": {"scheme": "token", "secrets": [SECRET]}},
    {"name": "hub", "topic": "hubs", "source": "github", "ingest": {"secrets": [SECRET]}},
    {"name": "alerts", "topic": "alerts", "source": "alertmanager", "ingest": {"secrets": [SECRET]}},
    {"name": "shut", "topic": "rows", "source": "jira"},
]


@dataclass
class Kit:
    session: aiohttp.ClientSession
    root: str
    broker: Broker
    metrics: Metrics
    ingest: Ingest
    worker: Worker = field(default_factory=Worker)

    async def post(self, name: str, body: Any = GOOD, **more: Any) -> tuple[int, dict[str, Any]]:
        """Status and JSON of the answer; the body as JSON unless it is bytes or a stream."""
        headers = {**JSON, **(more.pop("headers", None) or BEARER)}
        data = json.dumps(body).encode() if isinstance(body, dict | list) else body
        method = more.pop("method", "POST")
        async with self.session.request(
            method, f"{self.root}/ingest/{name}", data=data, headers=headers, **more
        ) as got:
            kind = (
                "application/json"
                if got.status == 202 or (got.status == 404 and "hint" in await got.text())
                else "application/problem+json"
            )
            assert got.content_type == kind
            assert {header: got.headers[header] for header in HEADERS} == dict(HEADERS)
            assert got.status != 503 or int(got.headers["Retry-After"]) > 0
            return got.status, await got.json(content_type=None)

    def counted(self) -> dict[tuple[str, str], float]:
        """(input, result) -> requests, of those that came."""
        lines = self.metrics.page("")[0].decode().splitlines()
        found = [
            line for line in lines if line.startswith("slamon_ingest_requests_total{") and not line.endswith(" 0.0")
        ]
        return {(line.split('"')[1], line.split('"')[3]): float(line.rsplit(" ", 1)[1]) for line in found}


def settings_of(inputs: list[dict[str, Any]]) -> Any:
    return load(None, {"SLAMON_INPUTS": json.dumps(inputs)}).settings


def made(inputs: list[dict[str, Any]], broker: Broker, metrics: Metrics, seconds: float = 5.0) -> Ingest:
    settings = settings_of(inputs)
    found = ingest_of(settings, feeds_of(settings), Mapper(4), KafkaCluster("nowhere:1"), metrics.count)
    assert found is not None
    found._producer = RawProducer(KafkaCluster("nowhere:1"), 1, seconds, broker.make)
    found._now = lambda: NOW
    return found


@asynccontextmanager
async def kit_of(inputs: list[dict[str, Any]], seconds: float = 5.0) -> AsyncIterator[Kit]:
    broker, metrics = Broker(), Metrics(posted=[one["name"] for one in inputs if "ingest" in one])
    ingest = made(inputs, broker, metrics, seconds)
    await ingest.open()
    worker = Worker()
    server = HttpServer(worker, metrics, "127.0.0.1", 0, ingest)
    await server.start()
    async with aiohttp.ClientSession() as session:
        yield Kit(session, f"http://127.0.0.1:{server.port}", broker, metrics, ingest, worker)
    await ingest.close()
    await server.stop()


@pytest_asyncio.fixture
async def kit() -> AsyncIterator[Kit]:
    async with kit_of(INPUTS) as found:
        yield found


def signed(body: bytes, *secrets: str) -> dict[str, str]:
    return {"X-PagerDuty-Signature": ",".join(f"v1={hmac.digest(s.encode(), body, 'sha256').hex()}" for s in secrets)}


# -- what is taken --------------------------------------------------------------------------------------------------


async def test_what_is_taken_stands_raw_in_the_topic_of_its_input(kit):
    body = b' {"ticket":"T-1", "at": %d, "event":"created"}\n' % NOW
    assert await kit.post("plain", body) == (202, {"accepted": 1})
    (sent,) = kit.broker.sent
    assert (sent["topic"], sent["value"], sent["key"], sent["timestamp_ms"]) == ("posts", body, b"T-1", NOW)
    assert sent["headers"] == [("content-type", b"application/json")]
    assert kit.counted() == {("plain", "accepted"): 1}


async def test_the_answer_waits_for_the_ack(kit):
    acked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    kit.broker.answer = lambda: acked
    waiting = asyncio.create_task(kit.post("plain"))
    await asyncio.sleep(0.2)
    assert (len(kit.broker.sent), waiting.done()) == (1, False)
    acked.set_result(None)
    assert await waiting == (202, {"accepted": 1})


async def test_headers_that_a_source_reads_come_along_and_no_other(kit):
    event = {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "d-1", "Cookie": "a=b", "X-Forwarded-For": "10.0.0.1"}
    assert await kit.post("hub", {"zen": "x", "hook_id": 1}, headers={**BEARER, **event}) == (202, {"accepted": 0})
    assert kit.broker.sent[0]["headers"] == [
        ("content-type", b"application/json"),
        ("x-github-delivery", b"d-1"),
        ("x-github-event", b"ping"),
    ]
    assert kit.broker.sent[0]["key"] is None


async def test_a_binary_cloudevent_keeps_its_attributes_as_kafka_writes_them(kit):
    event = {"ce-id": "7", "ce-type": "a%20b", "ce-specversion": "1.0", "ce-source": "/x"}
    assert (await kit.post("plain", headers={**BEARER, **event}))[0] == 202
    assert ("ce_type", b"a b") in kit.broker.sent[0]["headers"]


@pytest.mark.parametrize("secret", [SECRET, OLD])
async def test_each_of_several_secrets_opens(kit, secret):
    body = json.dumps(GOOD).encode()
    assert (await kit.post("plain", headers={"Authorization": f"bearer {secret}"}))[0] == 202
    assert (await kit.post("signed", body, headers=signed(body, secret)))[0] == 202


async def test_one_good_signature_among_several_is_enough(kit):
    body = json.dumps(GOOD).encode()
    assert (await kit.post("signed", body, headers=signed(body, "of-somebody-else", SECRET)))[0] == 202


async def test_a_token_in_the_address_opens_and_is_logged_nowhere(kit, capfd):
    with capture_logs() as logged:
        assert (await kit.post(f"addressed?token={SECRET}", headers={"X-None": "1"}))[0] == 202
        assert (await kit.post(f"addressed?token={SECRET}", b"{", headers={"X-None": "1"}))[0] == 422
    assert SECRET not in str(logged) + str(capfd.readouterr())


ALERT = {
    "status": "firing",
    "labels": {"alertname": "ProbeFailed", "service": "checkout"},
    "startsAt": "2024-01-05T11:44:00Z",
    "fingerprint": "012b630a0eb5189b",
}  # fmt: skip


async def test_alerts_of_one_service_share_its_key_and_one_that_cannot_be_read_loses_no_other(kit):
    nameless = {**ALERT, "labels": {"alertname": "ProbeFailed"}}
    other = {**ALERT, "labels": {"alertname": "ProbeFailed", "service": "search"}}
    body = {"version": "4", "status": "firing", "truncatedAlerts": 0}
    assert await kit.post("alerts", {**body, "alerts": [ALERT, ALERT]}) == (202, {"accepted": 2})
    assert await kit.post("alerts", {**body, "alerts": [ALERT, other]}) == (202, {"accepted": 2})
    status, told = await kit.post("alerts", {**body, "alerts": [ALERT, nameless]})
    assert (status, told["accepted"], told["refused"]["error"]) == (202, 1, "missing_field")
    assert "alerts[1]" in told["refused"]["detail"]
    assert [sent["key"] for sent in kit.broker.sent] == [b"checkout", None, b"checkout"]
    status, problem = await kit.post("alerts", {**body, "alerts": [nameless]})
    assert (status, problem["error"], len(kit.broker.sent)) == (422, "missing_field", 3)


# -- who is turned away ---------------------------------------------------------------------------------------------

BODY = json.dumps(GOOD).encode()
OTHER_BODY = json.dumps({**GOOD, "ticket": "T-2"}).encode()


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("plain", {"X-None": "1"}),
        ("plain", {"Authorization": "Bearer wrong-wrong-wrong-wrong"}),
        ("plain", {"Authorization": f"Bearer {SECRET} "[:-2]}),
        ("plain", {"Authorization": f"Basic {SECRET}"}),
        ("plain", {"Authorization": SECRET}),
        ("plain", {"Authorization": "Bearer "}),
        ("plain", [("Authorization", f"Bearer {SECRET}"), ("Authorization", "Bearer x")]),
        ("signed", BEARER),
        ("signed", {"X-PagerDuty-Signature": ""}),
        ("signed", {"X-PagerDuty-Signature": "v1="}),
        ("signed", {"X-PagerDuty-Signature": "v1=" + "0" * 64}),
        ("signed", {"X-PagerDuty-Signature": signed(BODY, SECRET)["X-PagerDuty-Signature"][3:]}),
        ("signed", signed(OTHER_BODY, SECRET)),
        ("signed", signed(BODY, "wrong-wrong-wrong-wrong")),
        ("signed", {"X-PagerDuty-Signature": ",".join(["v1=00"] * 10 + [signed(BODY, SECRET)["X-PagerDuty-Signature"]])}),
        ("addressed", BEARER),
        ("addressed?token=", BEARER),
        (f"addressed?token={SECRET}&token=x", BEARER),
    ],
)  # fmt: skip
async def test_who_proves_no_secret_is_told_nothing_but_that(kit, name, headers):
    items = headers.items() if isinstance(headers, dict) else headers
    url = f"{kit.root}/ingest/{name}"
    async with kit.session.post(url, data=BODY, headers=[*JSON.items(), *items]) as answered:
        problem = await answered.json(content_type=None)
        assert answered.headers["WWW-Authenticate"] in {"bearer", "hmac-sha256", "token"}
    assert problem == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "expected a proof that opens this input",
        "error": "unauthorized",
    }
    assert kit.broker.sent == []


async def test_a_good_signature_sent_again_over_another_body_opens_nothing(kit):
    signature = signed(BODY, SECRET)
    assert (await kit.post("signed", BODY, headers=signature))[0] == 202
    assert (await kit.post("signed", OTHER_BODY, headers=signature))[0] == 401
    assert [sent["value"] for sent in kit.broker.sent] == [BODY]


# -- what is turned away --------------------------------------------------------------------------------------------


async def pieces(size: int) -> AsyncIterator[bytes]:
    """A body that is sent in chunks and says nothing of its length."""
    for _ in range(0, size, 100):
        yield b" " * 100


@pytest.mark.parametrize("body", [b" " * 1025, 1025, 10_000_000], ids=["told", "chunked", "chunked for long"])
async def test_a_body_larger_than_the_limit_is_refused_whether_or_not_it_says_so(kit, body):
    data = pieces(body) if isinstance(body, int) else body
    try:
        status, problem = await kit.post("plain", data)
    except aiohttp.ClientConnectionError:  # a sender that does not stop sending may never read the answer
        assert body == 10_000_000
    else:
        assert (status, problem["error"]) == (413, "too_large")
        assert problem["detail"] == "body: expected at most 1024 bytes"
    assert kit.broker.sent == []


async def test_a_body_of_exactly_the_limit_is_taken(kit):
    body = BODY + b" " * (1024 - len(BODY))
    assert (await kit.post("plain", body))[0] == 202
    assert (await kit.post("plain", pieces(0)))[0] == 422


@pytest.mark.parametrize(
    ("body", "error", "detail"),
    [
        (b"", "not_json", "value: expected JSON, got b''"),
        (b"{", "not_json", "value: expected JSON, got b'{'"),
        (b"null", "tombstone", "value: expected a record, got a tombstone"),
        ({**GOOD, "event": "creatd"}, "unknown_value", "event: expected a known event name, got 'creatd'"),
        ({**GOOD, "at": NOW + 3_600_000}, "from_the_future", "at: expected at most 300 s after"),
        (json.dumps([[[GOOD]]]).replace("[", "[" * 70, 1).replace("]]]", "]" * 72).encode(), "too_deep", "levels of nesting"),
    ],
    ids=["empty", "broken", "null", "unknown word", "future", "deep"],
)  # fmt: skip
async def test_what_the_mapping_refuses_is_never_produced_and_the_sender_hears_why(kit, body, error, detail):
    with capture_logs() as logged:
        status, problem = await kit.post("plain", body)
    assert (status, problem["status"], problem["error"], problem["title"]) == (422, 422, error, HTTPStatus(422).phrase)
    assert detail in problem["detail"]
    assert (kit.broker.sent, kit.counted()) == ([], {("plain", "not_mapped"): 1})
    assert [line["reason"] for line in logged] == [error]
    assert "creatd" not in str(logged)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/octet-stream"},
        {"Content-Encoding": "gzip"},
    ],
)
async def test_another_content_type_is_refused(kit, headers):
    status, problem = await kit.post("plain", headers={**BEARER, **headers})
    assert (status, problem["error"]) == (415, "wrong_type")
    assert kit.broker.sent == []


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/cloudevents+json", "Application/JSON"]
)
async def test_json_under_its_other_names_is_taken(kit, kind):
    event = {"specversion": "1.0", "type": "t", "source": "s", "id": "1", "data": GOOD}
    assert (await kit.post("plain", event, headers={**BEARER, "Content-Type": kind}))[0] == 202


async def test_a_body_that_breaks_off_is_no_body(kit):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(kit.root.rsplit(":", 1)[1]))
    head = f"POST /ingest/plain HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: 500\r\n\r\n{{".encode())
    writer.write_eof()
    await reader.read()
    writer.close()
    assert kit.broker.sent == []


async def test_a_body_that_never_ends_is_given_up(kit, monkeypatch):
    monkeypatch.setattr(reading.body_of, "__defaults__", (0.2,))

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(2)
        yield b"}"

    status, problem = await kit.post("plain", slow())
    assert (status, problem["error"], problem["detail"]) == (503, "slow_body", "body: expected all of it within 0.2 s")


@pytest.mark.parametrize("name", ["shut", "nobody", "Plain"])
async def test_an_input_that_nobody_opened_is_not_there(kit, name):
    status, problem = await kit.post(name)
    assert (status, problem["error"]) == (404, "unknown_input")
    assert kit.counted() == {("other", "unknown_input"): 1}


async def test_only_post_is_understood(kit):
    for method in ("GET", "PUT", "DELETE"):
        status, problem = await kit.post("plain", method=method)
        assert (status, problem["error"]) == (405, "method_not_allowed")


async def test_without_any_door_there_is_no_such_address():
    server = HttpServer(Worker(), Metrics(), "127.0.0.1", 0)
    await server.start()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{server.port}/ingest/plain", json=GOOD, headers=BEARER) as answered,
    ):
        assert (answered.status, (await answered.json())["error"]) == (404, "not_found")
    await server.stop()
    settings = settings_of([INPUTS[-1]])
    assert ingest_of(settings, [], Mapper(4), KafkaCluster("nowhere:1"), Metrics().count) is None


# -- the broker, the worker, and too much at once -------------------------------------------------------------------


async def test_no_ack_in_time_is_no_yes():
    async with kit_of(INPUTS, seconds=0.2) as kit:
        kit.broker.answer = lambda: asyncio.get_running_loop().create_future()
        with capture_logs() as logged:
            status, problem = await kit.post("plain")
        assert (status, problem["error"]) == (503, "not_taken")
        assert logged[0]["cause"] == "no ack within 0.2 s"
        assert kit.counted() == {("plain", "not_taken"): 1}
        assert kit.broker.made == 1


@pytest.mark.parametrize("error", [KafkaConnectionError("broker-1:9092"), UnknownTopicOrPartitionError("posts")])
async def test_a_lost_broker_asks_the_sender_to_come_again(kit, error):
    kit.broker.answer = refusing(error)
    status, problem = await kit.post("plain")
    assert (status, problem["error"], problem["detail"]) == (
        503, "not_taken", "the broker did not confirm the record: send it again",
    )  # fmt: skip
    assert kit.broker.made == 1
    kit.broker.answer = None
    assert (await kit.post("plain"))[0] == 202


@pytest.mark.parametrize(("error", "status"), [(OutOfOrderSequenceNumber(), 503), (MessageSizeTooLargeError(), 413)])
async def test_a_producer_whose_sequence_has_a_hole_is_replaced(kit, error, status):
    kit.broker.answer = refusing(error)
    assert (await kit.post("plain"))[0] == status
    kit.broker.answer = None
    assert (await kit.post("plain"))[0] == 202
    assert (kit.broker.made, kit.broker.stopped) == (2, 1)


async def test_a_worker_that_has_not_started_or_ends_says_so(kit):
    metrics = Metrics(posted=["plain"])
    early = made(INPUTS, Broker(), metrics)
    server = HttpServer(Worker(), metrics, "127.0.0.1", 0, early)
    await server.start()
    before = Kit(kit.session, f"http://127.0.0.1:{server.port}", kit.broker, metrics, early)
    assert (await before.post("plain"))[1]["error"] == "starting"
    await early.open()
    assert (await before.post("plain"))[0] == 202
    await early.close()
    assert (await before.post("plain"))[1]["error"] == "starting"
    await server.stop()


async def test_too_many_at_once_are_sent_away_and_reading_goes_on(kit):
    acked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    kit.broker.answer = lambda: asyncio.shield(acked)
    waiting = [asyncio.create_task(kit.post("plain")) for _ in range(doors.MAX_AT_ONCE)]
    await asyncio.wait_for(kit.broker.full.wait(), 5)
    assert (await kit.post("plain"))[1]["error"] == "busy"
    async with kit.session.get(f"{kit.root}/api/v1/status") as answered:
        assert answered.status == 200
    acked.set_result(None)
    assert {status for status, _ in await asyncio.gather(*waiting)} == {202}
    assert (await kit.post("plain"))[0] == 202
    assert doors.MAX_AT_ONCE < MAX_AT_ONCE


async def test_readers_that_wait_keep_no_record_out(kit):
    kit.worker.wait = asyncio.Event()
    waiting = [asyncio.create_task(kit.session.get(f"{kit.root}/api/v1/tickets/T-1")) for _ in range(MAX_AT_ONCE)]
    await asyncio.wait_for(kit.worker.full.wait(), 5)
    assert (await kit.post("plain"))[0] == 202
    kit.worker.wait.set()
    assert {answered.status for answered in await asyncio.gather(*waiting)} == {200}


async def test_what_goes_wrong_inside_is_not_told_outside(kit):
    def trip() -> "asyncio.Future[None]":
        raise RuntimeError(SECRET)

    kit.broker.answer = trip
    with capture_logs() as logged:
        status, problem = await kit.post("plain")
    assert (status, problem["error"], logged[0]["cause"]) == (500, "failed", "RuntimeError")
    assert SECRET not in str(logged) + str(problem)


# -- secrets in files -----------------------------------------------------------------------------------------------


def write(path: Any, *lines: str) -> None:
    """As a mounted secret changes: a new file in the place of the old one."""
    fresh = path.with_suffix(".new")
    fresh.write_text("\n".join(lines))
    fresh.replace(path)


async def test_a_secret_file_that_changes_counts_at_once_and_one_that_is_gone_opens_nothing(tmp_path):
    path = tmp_path / "secret"
    write(path, OLD)
    one = {**INPUTS[0], "ingest": {"secret_files": [str(path)]}}
    async with kit_of([one]) as kit:
        assert (await kit.post("plain"))[0] == 401
        assert (await kit.post("plain", headers={"Authorization": f"Bearer {OLD}"}))[0] == 202
        write(path, OLD, "", SECRET)
        assert (await kit.post("plain"))[0] == 202
        assert (await kit.post("plain", headers={"Authorization": f"Bearer {OLD}"}))[0] == 202
        write(path, SECRET)
        assert (await kit.post("plain", headers={"Authorization": f"Bearer {OLD}"}))[0] == 401
        path.unlink()
        with capture_logs() as logged:
            status, problem = await kit.post("plain")
        assert (status, problem["error"]) == (503, "no_secret")
        assert str(path) not in str(problem)
        assert str(path) in logged[0]["cause"]
        write(path, SECRET)
        assert (await kit.post("plain"))[0] == 202


# -- what is counted and said ---------------------------------------------------------------------------------------


def test_every_way_a_request_ends_is_a_label_of_its_own():
    assert set(CLOSED["result"]) == set(get_args(Result))


def test_every_door_and_result_is_there_at_zero_and_closed_inputs_are_not():
    page = Metrics(inputs={"posts": "plain", "rows": "shut"}, posted=["plain"]).page("")[0].decode()
    lines = [line for line in page.splitlines() if line.startswith("slamon_ingest_requests_total{")]
    assert len(lines) == len(CLOSED["result"])
    assert all('input="plain"' in line and line.endswith(" 0.0") for line in lines)


async def test_refusals_of_one_kind_fill_one_line_in_ten_seconds(kit):
    clock = [100.0]
    kit.ingest._tally._clock = lambda: clock[0]
    with capture_logs() as logged:
        for _ in range(5):
            await kit.post("plain", headers={"X-None": "1"})
        clock[0] += 10
        await kit.post("plain", headers={"X-None": "1"})
    assert [(line["event"], line["input"], line["reason"], line["times"]) for line in logged] == [
        ("ingest_refused", "plain", "unauthorized", 1),
        ("ingest_refused", "plain", "unauthorized", 5),
    ]
    assert kit.counted() == {("plain", "unauthorized"): 6}


def test_the_doctor_asks_whether_the_topics_of_doors_may_be_written():
    assert setup_of(settings_of(INPUTS)).posted == ("posts", "signs", "urls", "hubs", "alerts")


def test_the_doors_show_no_secret():
    found = made(INPUTS, Broker(), Metrics())
    assert SECRET not in repr(found._doors)
    assert isinstance(found._doors["plain"].feed, Feed)
