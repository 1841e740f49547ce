"""A client that lives comes back with renewed papers: aiokafka's own client, against as much of a broker as logs it in.

tests/integration/test_secured_kafka.py asks a real Kafka and a whole worker the same.
"""

import asyncio
import ssl
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.metadata import MetadataRequest
from cryptography import x509

from slamon.service.settings import load
from slamon.service.wiring import cluster_of
from tests.authority import Authority

API_VERSIONS, METADATA, HANDSHAKE, AUTHENTICATE = 18, 3, 17, 36
LIFE = 4.0  # seconds of the first certificate: a busy machine takes its time
KNOWN = ((API_VERSIONS, 0, 0), (METADATA, 0, 0), (HANDSHAKE, 1, 1), (AUTHENTICATE, 0, 0))


def text(said: str) -> bytes:
    return struct.pack(">h", len(said)) + said.encode()


@dataclass
class Doorkeeper:
    """Takes PLAIN logins over mutual TLS and remembers them: serial number of the certificate, name, password."""

    logins: list[tuple[int, str, str]] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        shown = x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(True))
        try:
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                answer = self._answer(await reader.readexactly(size), shown.serial_number)
                writer.write(struct.pack(">i", len(answer)) + answer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()

    def _answer(self, request: bytes, serial: int) -> bytes:
        key, _version, correlation, named = struct.unpack(">hhih", request[:10])
        body = request[10 + max(0, named) :]
        if key == AUTHENTICATE:
            _, name, password = body[4:].decode().split("\0")
            self.logins.append((serial, name, password))
        broker = struct.pack(">ii", 1, 1) + text("127.0.0.1") + struct.pack(">i", self.port)
        answers = {
            API_VERSIONS: struct.pack(">hi", 0, len(KNOWN)) + b"".join(struct.pack(">hhh", *each) for each in KNOWN),
            HANDSHAKE: struct.pack(">hi", 0, 1) + text("PLAIN"),
            AUTHENTICATE: struct.pack(">hhi", 0, -1, 0),
            METADATA: broker + struct.pack(">i", 0),
        }
        return struct.pack(">i", correlation) + answers[key]

    def hang_up(self) -> None:
        """As a broker does when a login is over."""
        for writer in self.writers:
            writer.close()


@asynccontextmanager
async def doorkeeper(authority: Authority) -> AsyncIterator[Doorkeeper]:
    keeper = Doorkeeper()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.file))
    context.load_cert_chain(*authority.write("broker"))
    context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(keeper.talk, "127.0.0.1", 0, ssl=context)
    keeper.port = server.sockets[0].getsockname()[1]
    async with server:
        yield keeper
        keeper.hang_up()


def serial(certificate: Path) -> int:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number


async def test_a_client_that_lives_comes_back_with_renewed_papers(tmp_path: Path) -> None:
    authority, word = Authority(tmp_path), tmp_path / "word"
    ends = time.time() + LIFE
    cert, key = authority.write("slamon", seconds=LIFE)
    word.write_text("first\n")
    first = serial(cert)
    async with doorkeeper(authority) as keeper:
        papers = {
            "PROTOCOL": "SASL_SSL", "MECHANISM": "PLAIN", "USERNAME": "ann", "PASSWORD_FILE": word,
            "CA_FILE": authority.file, "CERT_FILE": cert, "KEY_FILE": key,
        }  # fmt: skip
        variables = {f"SLAMON_SECURITY__{name}": str(value) for name, value in papers.items()}
        settings = load(None, {"SLAMON_BOOTSTRAP": f"127.0.0.1:{keeper.port}", **variables}).settings
        client = AIOKafkaClient(**cluster_of(settings).client("test"))
        await client.bootstrap()
        try:
            await client.send(1, MetadataRequest([]))
            assert set(keeper.logins) == {(first, "ann", "first")}
            authority.write("slamon")
            word.write_text("second\n")
            await asyncio.sleep(max(0.0, ends - time.time()) + 0.2)  # the first certificate is over
            keeper.logins.clear()
            keeper.hang_up()
            await asyncio.sleep(0.1)
            await client.send(1, MetadataRequest([]))
            assert set(keeper.logins) == {(serial(cert), "ann", "second")}
            assert serial(cert) != first
        finally:
            await client.close()
