"""What every client of the brokers is given to get in: from settings and files, asked for anew by each connection."""

import ast
import asyncio
import json
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiokafka.conn
import pytest
from aiohttp import web
from aiokafka.errors import KafkaConnectionError
from cryptography import x509
from structlog.testing import capture_logs

from slamon.runtime.credentials import faust_credentials
from slamon.runtime.tokens import Client, ServerTokens
from slamon.service.brokers import security_of
from slamon.service.settings import SettingsError, load
from tests.authority import Authority

SECURITY = "SLAMON_SECURITY__"


def told(**settings: object) -> dict[str, Any]:
    """What clients are given with these security settings."""
    named = {SECURITY + name.upper(): str(value) for name, value in settings.items()}
    return security_of(load(None, named).settings.security)


def refusal(**settings: object) -> str:
    with pytest.raises(SettingsError) as caught:
        told(**settings)
    return str(caught.value)


def logged_in(security: dict[str, Any]) -> tuple[str, str]:
    """Name and password that a connection made now would show."""
    made = aiokafka.conn.AIOKafkaConnection("127.0.0.1", 1, **security)
    return made._sasl_plain_username, made._sasl_plain_password


# -- one place ------------------------------------------------------------------------------------------------------

CLIENTS = {"AIOKafkaConsumer", "AIOKafkaProducer", "AIOKafkaAdminClient", "AIOKafkaClient", "create_conn"}
UNPACKED_BEFORE = {
    "topics.py",
    "probes.py",
    "handshake.py",
}  # they take what `client` or `security_of` gave to a variable


def tree_of(file: Path) -> ast.Module:
    source = file.read_bytes()
    try:
        return ast.parse(source)
    except SystemError:  # "AST constructor recursion depth mismatch", now and then: CPython's gh-106905
        return ast.parse(source)


def made(file: Path) -> list[ast.Call]:
    """Where the file makes a client of Kafka."""
    calls = [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in CLIENTS]


def test_every_client_gets_in_by_the_same_settings() -> None:
    """So none is forgotten where a listener wants more than an address."""
    files = sorted((Path(__file__).parents[2] / "slamon").rglob("*.py"))
    calls = [(file, call) for file in files for call in made(file)]
    assert len(calls) > 20
    for file, call in calls:
        unpacked = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg is None]
        known = any(".client(" in text for text in unpacked)
        assert unpacked, f"{file.name}:{call.lineno}"
        assert known or file.name in UNPACKED_BEFORE, f"{file.name}:{call.lineno}"


# -- passwords ------------------------------------------------------------------------------------------------------


async def test_each_connection_logs_in_with_what_the_files_say_then(tmp_path: Path) -> None:
    name, word = tmp_path / "name", tmp_path / "word"
    name.write_text("ann\n")
    word.write_text("first\n")
    given = told(protocol="SASL_PLAINTEXT", mechanism="PLAIN", username_file=name, password_file=word)
    assert logged_in(given) == ("ann", "first")
    word.write_text("second\n")
    with capture_logs() as lines:
        assert logged_in(given) == ("ann", "second")
    assert [(line["event"], line["files"]) for line in lines] == [("broker_credentials_changed", [str(word)])]
    word.unlink()
    with capture_logs() as lines:
        assert logged_in(given) == ("ann", "second"), "a file that is away for a moment changes nothing"
    assert [line["event"] for line in lines] == ["broker_credentials_unreadable"]


async def test_the_environment_alone_is_enough_and_nothing_shows_the_password(tmp_path: Path) -> None:
    given = told(protocol="SASL_PLAINTEXT", mechanism="SCRAM-SHA-512", username="ann", password="hunter2")
    assert logged_in(given) == ("ann", "hunter2")
    assert "hunter2" not in repr(given)
    assert "hunter2" not in f"{given['sasl_plain_password']}"
    assert f"{given['sasl_plain_username']}" == "ann"
    assert "hunter2" not in repr(faust_credentials(given))


# -- certificates ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def asking_server(authority: Authority) -> AsyncIterator[tuple[int, list[int]]]:
    """The port of a TLS server that wants certificates of the authority, and the serial numbers it was shown."""
    shown: list[int] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.file))
    context.load_cert_chain(*authority.write("server"))
    context.verify_mode = ssl.CERT_REQUIRED

    async def heard(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown.append(
            x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(True)).serial_number
        )
        writer.write(b"!")
        writer.close()

    server = await asyncio.start_server(heard, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], shown


async def met(port: int, context: ssl.SSLContext) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        return await reader.read(1)
    finally:
        writer.close()


async def test_one_context_shows_the_certificate_that_its_files_hold_at_each_connection(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.write("slamon")
    context = told(protocol="SSL", ca_file=authority.file, cert_file=cert, key_file=key)["ssl_context"]
    async with asking_server(authority) as (port, shown):
        assert await met(port, context) == b"!"
        cert.write_bytes(b"torn")
        assert await met(port, context) == b"!", "half a certificate changes nothing"
        authority.write("slamon")
        assert await met(port, context) == b"!"
    assert shown[0] == shown[1] != shown[2]


async def test_an_authority_that_left_the_file_is_trusted_no_more(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(first.file.read_bytes())
    cert, key = first.write("slamon")
    context = told(protocol="SSL", ca_file=trusted, cert_file=cert, key_file=key)["ssl_context"]
    async with asking_server(first) as (port, _shown):
        assert await met(port, context) == b"!"
        trusted.write_bytes(second.file.read_bytes())
        with pytest.raises(ssl.SSLCertVerificationError):
            await met(port, context)


async def test_an_encrypted_key_is_opened_by_its_password_file_and_never_asks_a_terminal(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key, word = tmp_path / "c.pem", tmp_path / "k.pem", tmp_path / "word"
    for file, pem in zip((cert, key), authority.signed("slamon", password=b"opens"), strict=True):
        file.write_bytes(pem)
    files = {"protocol": "SSL", "ca_file": authority.file, "cert_file": cert, "key_file": key}
    assert "security.cert_file: expected a certificate and its key in PEM" in refusal(**files)
    word.write_text("opens\n")
    async with asking_server(authority) as (port, shown):
        assert await met(port, told(**files, key_password_file=word)["ssl_context"]) == b"!"
    assert len(shown) == 1


# -- tokens ---------------------------------------------------------------------------------------------------------


async def test_a_token_is_read_from_its_file_at_each_login(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    given = told(protocol="SASL_PLAINTEXT", mechanism="OAUTHBEARER", token_file=file)
    provider = given["sasl_oauth_token_provider"]
    assert faust_credentials(given).oauth_cb is provider
    assert await provider.token() == "one"
    file.write_text("another\n")
    assert await provider.token() == "another"


@asynccontextmanager
async def authorization_server(life: float, status: int = 200) -> AsyncIterator[tuple[str, list[tuple[str, Any]]]]:
    """Its address, and what it was asked."""
    asked: list[tuple[str, Any]] = []

    async def give(request: web.Request) -> web.Response:
        asked.append((request.headers["Authorization"], dict(await request.post())))
        answer = {"access_token": f"token-{len(asked)}", "expires_in": life, "token_type": "bearer"}
        return web.Response(status=status, text=json.dumps(answer), content_type="application/json")

    app = web.Application()
    app.router.add_post("/token", give)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/token", asked
    finally:
        await runner.cleanup()


async def test_a_token_of_a_server_is_used_for_most_of_its_life_and_then_asked_for_anew(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s 1\n")
    async with authorization_server(life=0.5) as (url, asked):
        given = told(
            protocol="SASL_PLAINTEXT", mechanism="OAUTHBEARER", token_url=url, client_id="slamon",
            client_secret_file=secret, scope="kafka",
        )  # fmt: skip
        provider = given["sasl_oauth_token_provider"]
        assert [await provider.token() for _ in range(3)] == ["token-1"] * 3
        secret.write_text("s 2\n")
        await asyncio.sleep(0.5)
        assert await provider.token() == "token-2"
    form = {"grant_type": "client_credentials", "scope": "kafka"}
    assert asked == [(f"Basic {b64encode(f'slamon:s+{n}'.encode()).decode()}", form) for n in (1, 2)]


async def test_a_server_that_gives_no_token_is_told_without_the_secret() -> None:
    async with authorization_server(life=60, status=401) as (url, _asked):
        with pytest.raises(KafkaConnectionError) as error:
            await ServerTokens(Client(url, "slamon", lambda: "hunter2")).token()
    assert f"{url}: expected a token, got ValueError" in str(error.value)
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


# -- what does not fit ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "told_of"),
    [
        ({"mechanism": "OAUTHBEARER"}, "security.token: expected token or token_file or token_url with OAUTHBEARER"),
        ({"mechanism": "OAUTHBEARER", "token": "t", "password": "p"}, "security.password: expected nothing with"),
        ({"mechanism": "OAUTHBEARER", "token_url": "https://a.example/t"}, "security.client_id: expected client_id with"),
        ({"mechanism": "OAUTHBEARER", "token_url": "http://a.example/t"}, "security.token_url: expected a text of the form"),
        ({"mechanism": "PLAIN", "username": "a", "password": "p", "scope": "s"}, "security.scope: expected token_url beside"),
        ({"mechanism": "PLAIN", "username": "a", "password": "p", "token": "t"}, "security.token: expected nothing with"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_together_are_refused(settings: dict[str, str], told_of: str) -> None:
    assert told_of in refusal(protocol="SASL_SSL", **settings)


def test_a_file_without_certificates_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no PEM")
    assert "security.ca_file: expected certificates of authorities in PEM" in refusal(protocol="SSL", ca_file=file)
