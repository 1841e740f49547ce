"""Who may read: whoever knows a token of the files, and without any this machine alone."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from unittest.mock import Mock

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import make_mocked_request

from slamon.service.http import HttpServer
from slamon.service.http.gate import Gate
from slamon.service.metrics import Metrics
from slamon.service.problem import Problem
from slamon.service.settings import Access, SettingsError, load
from tests.service.told import Worker

ONE, TWO = "one-token-0123456789", "two-token-0123456789"
Started = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def started() -> AsyncIterator[Started]:
    """Starts a server with these settings, and gives the address of its port."""
    servers: list[HttpServer] = []

    async def start(access: Access, worker: Worker | None = None, host: str = "127.0.0.1") -> str:
        server = HttpServer(worker or Worker(), Metrics(), host, 0, None, access)
        await server.start()
        servers.append(server)
        return f"{'https' if access.cert_file else 'http'}://127.0.0.1:{server.port}"

    yield start
    for server in servers:
        await server.stop()


async def asked(
    url: str, token: str | None = None, tls: ssl.SSLContext | None = None, **headers: str
) -> tuple[int, dict]:
    told = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
    async with aiohttp.ClientSession() as session, session.get(url, headers=told, ssl=tls or True) as response:
        assert response.content_type == ("application/json" if response.ok else "application/problem+json")
        return response.status, {**await response.json(), "headers": response.headers}


def tokens_in(folder: Path, *tokens: str) -> Access:
    file = folder / "tokens"
    file.write_text("\n".join(tokens))
    return Access(token_files=[file])


async def test_a_token_of_the_file_opens_the_api_and_nothing_else_does(started, tmp_path):
    url = f"{await started(tokens_in(tmp_path, ONE, TWO))}/api/v1/at-risk"
    assert [(await asked(url, token))[0] for token in (ONE, TWO)] == [200, 200]
    for token in (None, "x", ONE[:-1], ONE + "x"):
        status, body = await asked(url, token)
        assert (status, body["error"]) == (401, "unauthorized")
        assert body["headers"]["WWW-Authenticate"] == 'Bearer realm="slamon"'
        assert ONE not in str(body)
    assert (await asked(url, Authorization=f"Basic {ONE}"))[0] == 401
    assert (await asked(f"{url}?token={ONE}"))[0] == 401


async def test_every_path_of_the_api_is_behind_the_gate_there_or_not(started, tmp_path):
    root = await started(tokens_in(tmp_path, ONE))
    for path in ("status", "tickets/T-1", "services", "policies", "openapi.json", "nothing", "%2e%2e/v1/status"):
        assert (await asked(f"{root}/api/v1/{path}"))[0] == 401, path
    for path in ("/api", "/api/v2/status", "//api/v1/status"):
        assert (await asked(root + path))[0] in {401, 404}, path
    assert (await asked(f"{root}/healthz"))[0] == 200
    assert (await asked(f"{root}/nothing"))[0] == 404
    assert (await asked(f"{root}/%61pi/v1/status"))[0] == 401


async def test_who_is_turned_away_is_logged_once_in_a_while(started, tmp_path, capsys):
    url = f"{await started(tokens_in(tmp_path, ONE))}/api/v1/status"
    for _ in range(5):
        await asked(url, TWO)
    logged = [line for line in capsys.readouterr().out.splitlines() if "access_refused" in line]
    assert len(logged) == 1
    assert TWO not in logged[0]


async def test_tokens_change_over_without_a_restart(started, tmp_path):
    url = f"{await started(tokens_in(tmp_path, ONE))}/api/v1/services"
    tokens_in(tmp_path, ONE, TWO)
    assert [(await asked(url, token))[0] for token in (ONE, TWO)] == [200, 200]
    tokens_in(tmp_path, TWO)
    assert [(await asked(url, token))[0] for token in (ONE, TWO)] == [401, 200]
    (tmp_path / "tokens").unlink()
    status, body = await asked(url, TWO)
    assert (status, body["error"], body["headers"]["Retry-After"]) == (503, "no_secret", "5")


async def test_metrics_and_health_are_open_unless_metrics_are_closed(started, tmp_path):
    access = tokens_in(tmp_path, ONE)
    root = await started(access)
    async with aiohttp.ClientSession() as session:
        for path in ("/metrics", "/healthz", "/readyz"):
            assert (await session.get(root + path)).status in {200, 503}
        root = await started(access.model_copy(update={"metrics_auth": True}))
        assert (await session.get(root + "/metrics")).status == 401
        assert (await session.get(root + "/metrics", headers={"Authorization": f"Bearer {ONE}"})).status == 200
        assert (await session.get(root + "/healthz")).status == 200


# -- without any

LOCAL = {"Host": "localhost:8080"}


def peer(address: str, **headers: str):
    """A request from that address."""
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (address, 40000) if name == "peername" else default
    return make_mocked_request("GET", "/api/v1/status", headers={**LOCAL, **headers}, transport=transport)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_without_a_token_this_machine_may_ask(address):
    Gate(Access()).check(peer(address))


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("10.0.0.7", {}),
        ("::ffff:10.0.0.7", {}),
        ("172.17.0.1", {}),
        ("fe80::1%eth0", {}),
        ("", {}),
        ("127.0.0.1", {"Host": "slamon.example.com"}),  # a name that a page in a browser has pointed here
        ("127.0.0.1", {"Host": "127.0.0.1.example.com:8080"}),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.7"}),
        ("127.0.0.1", {"Via": "1.1 proxy"}),
    ],
)
def test_without_a_token_nobody_else_may(address, headers):
    with pytest.raises(Problem, match=r"set access\.token_files") as caught:
        Gate(Access()).check(peer(address, **headers))
    assert (caught.value.status, caught.value.error) == (403, "not_set_up")


async def test_a_worker_that_listens_everywhere_without_a_token_shows_its_health_alone(started):
    root = await started(Access(), host="0.0.0.0")
    assert (await asked(f"{root}/api/v1/services"))[0] == 200
    status, body = await asked(f"{root}/api/v1/services", Host="slamon-0.slamon:8080")
    assert (status, body["error"]) == (403, "not_set_up")
    assert (await asked(f"{root}/healthz", Host="slamon-0.slamon:8080"))[0] == 200


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("token_files: [/nowhere]", "access.token_files[0]: expected a readable file, got '/nowhere'"),
        ("tokens: [short]", "access.tokens[0]: expected a text of at least 16 characters, got ***"),
        ("cert_file: /dev/null", "access.key_file: expected cert_file and key_file together, got 'one of them'"),
        ("client_ca_file: /dev/null", "access.client_ca_file: expected cert_file and key_file beside it, got nothing"),
        ("advertise: http://10.0.0.1:8080", "access.advertise: expected token_files beside it"),
        ("advertise: https://localhost:8080", "access.advertise: expected http:// without cert_file"),
        ("advertise: http://localhost/x", "access.advertise: expected a text of the form"),
        ("advertise: http://a:b@localhost", "access.advertise: expected a text of the form"),
    ],
)
def test_settings_that_would_not_work_are_refused(tmp_path, setting, problem):
    file = tmp_path / "slamon.yaml"
    file.write_text(f"access: {{{setting}}}\n")
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    assert problem in str(caught.value)
    assert "short" not in str(caught.value)
