"""A Kafka that lets not everybody in: listeners with login and with TLS, and an authorizer. For the doctor's tests."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.broker import kraft, maven
from tests.broker.kraft import Listener
from tests.broker.model import free_ports
from tests.broker.will import Will

LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
RIGHTS = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"


@dataclass(frozen=True)
class Guarded:
    """Its listeners; `plain` is for everybody, who there is a super user, as is `admin` (password `secret`).

    `bob` (password `secret`) logs in and may do nothing. `authority` is the PEM that TLS clients have to trust.
    """

    plain: str
    login: str
    tls: str
    authority: Path

    def allow(self, *rights: str) -> None:
        """Give bob rights, in the words of kafka-acls.sh."""
        tool = kraft.java(maven.jars(), "org.apache.kafka.tools.AclCommand", "--bootstrap-server", self.plain)
        subprocess.run([*tool, "--add", "--allow-principal", "User:bob", *rights], check=True, capture_output=True)


@contextmanager
def guarded_kafka() -> Iterator[Guarded]:
    """Running, gone afterwards; raises BrokerUnavailable where no jars are to be had."""
    libs = maven.jars()
    will = Will()
    folder = Path(tempfile.mkdtemp(prefix="slamon-guarded-"))
    will.add("folder", folder)
    try:
        yield _launch(libs, folder, will)
    finally:
        will.execute()


def _launch(libs: Path, folder: Path, will: Will) -> Guarded:
    authority = _certificate(folder)
    plain, login, tls = free_ports(3)
    listeners = {
        "PLAINTEXT": Listener(plain),
        "LOGIN": Listener(login, protocol="SASL_PLAINTEXT"),
        "TLS": Listener(tls, protocol="SSL"),
    }
    guards = {
        "listener.name.login.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.login.plain.sasl.jaas.config": f'{LOGIN} user_admin="secret" user_bob="secret";',
        "listener.name.tls.ssl.keystore.type": "PEM",
        "listener.name.tls.ssl.keystore.location": str(folder / "both.pem"),
        "authorizer.class.name": RIGHTS,
        "super.users": "User:admin;User:ANONYMOUS",
    }
    kraft.serve(libs, kraft.prepare(libs, folder, listeners, guards), will)
    return Guarded(f"127.0.0.1:{plain}", f"127.0.0.1:{login}", f"127.0.0.1:{tls}", authority)


def _certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that signs itself, together in one PEM for Kafka."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "both.pem").write_text(key.read_text() + certificate.read_text())
    return certificate
