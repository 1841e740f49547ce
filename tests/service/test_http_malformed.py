"""Requests that no handler sees: answered in short, told without their bytes, and no stranger fills the log with them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from slamon.notify.metrics import NotifyMetrics
from slamon.notify.port import Port
from slamon.service.http import HttpServer
from slamon.service.http.malformed import quiet_logger
from slamon.service.metrics import Metrics
from tests.service.told import Worker

SECRET = "correct-horse-battery"
TORN = f"GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\x00\r\n\r\n".encode()
Asked = Callable[[bytes], Awaitable[bytes]]


async def nothing() -> None: ...


@pytest_asyncio.fixture(params=["worker", "notifier"])
async def port(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    made: Any = HttpServer(Worker(), Metrics(), "127.0.0.1", 0)
    if request.param == "notifier":
        made = Port("127.0.0.1", 0, NotifyMetrics([]), nothing, lambda: "")
    await made.start()
    yield made.port
    await made.stop()


async def asked(port: int, raw: bytes) -> bytes:
    """Everything that is answered to these bytes; the connection ends then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw.replace(b"\r\nHost:", b"\r\nConnection: close\r\nHost:"))
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


async def test_a_request_that_cannot_be_read_is_told_once_and_without_its_bytes(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logged:
        answers = [await asked(port, TORN) for _ in range(3)]
    assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"HTTP/1.0 400 Bad Request"}
    (line,) = [line for line in logged if line["log_level"] != "info"]
    assert line == {"event": "request_malformed", "log_level": "warning", "error": "BadHttpMessage", "times": 1}
    assert SECRET not in f"{logged}{caplog.text}"


async def test_its_answer_does_not_say_what_the_server_is_made_of(port: int) -> None:
    answer = await asked(port, TORN)
    assert b"\r\nServer: slamon\r\n" in answer
    assert b"aiohttp" not in answer


@pytest.mark.parametrize("path", ["/healthz", "/nobody-knows"])
async def test_an_expectation_that_is_no_text_is_refused(port: int, path: str) -> None:
    answer = await asked(port, f"GET {path} HTTP/1.1\r\nHost: x\r\n".encode() + b"Expect: 100\xadcontinue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 417 Expectation Failed\r\n")
    assert b'"error":"expectation_failed"' in answer


async def test_a_sender_who_asks_before_the_body_is_told_to_go_on(port: int) -> None:
    answer = await asked(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("host", ["127.0.0.1:80x", "localhost:99999999", "[::2", "[x]:1", ""])
async def test_who_asks_by_a_name_that_is_none_is_not_of_this_machine(host: str) -> None:
    server = HttpServer(Worker(), Metrics(), "127.0.0.1", 0)
    await server.start()
    answer = await asked(server.port, f"GET /api/v1/status HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await server.stop()
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n"), answer


@pytest.mark.parametrize("version", ["x", "1.x", "", "'", "1.0.0; escaping=x", "9" * 5000])
async def test_metrics_in_a_form_that_is_none_come_in_one_that_is(port: int, version: str) -> None:
    accept = f"Accept: application/openmetrics-text; version={version}"
    answer = await asked(port, f"GET /metrics HTTP/1.1\r\nHost: x\r\n{accept}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\n# TYPE slamon_" in answer


def test_what_is_no_fault_of_a_request_is_an_error_without_its_text() -> None:
    with capture_logs() as logged:
        try:
            raise RuntimeError(SECRET)
        except RuntimeError:
            quiet_logger().exception("Unhandled exception")
    (line,) = logged
    assert (line["event"], line["log_level"], line["error"]) == ("http_failed", "error", "RuntimeError")
    assert SECRET not in str(line)
