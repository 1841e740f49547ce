"""A Kafka that lets not everybody in: listeners with login and with TLS, and an authorizer. For the doctor's tests."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.broker import maven
from tests.broker.model import TEST_PROPERTIES, free_ports
from tests.broker.process import wait_until_ready
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
        tool = maven.java(maven.jars(), "org.apache.kafka.tools.AclCommand", "--bootstrap-server", self.plain)
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
    plain, login, tls, controller = free_ports(4)
    settings, log = folder / "server.properties", folder / "broker.log"
    settings.write_text(_properties(folder, plain, login, tls, controller))
    formatting = maven.java(libs, "kafka.tools.StorageTool", "format", "-t", maven.cluster_id(), "-c", settings)
    subprocess.run(formatting, check=True, capture_output=True)
    with log.open("wb") as out:
        command = maven.java(libs, "kafka.Kafka", settings)
        will.add_child(
            subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
        )
    wait_until_ready(will._children[-1], log, lambda: b"Kafka Server started" in log.read_bytes())
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


def _properties(folder: Path, plain: int, login: int, tls: int, controller: int) -> str:
    listeners = {"PLAINTEXT": plain, "LOGIN": login, "TLS": tls}
    addresses = ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items())
    ours = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"{addresses},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": addresses,
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT,TLS:SSL",
        "listener.name.login.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.login.plain.sasl.jaas.config": f'{LOGIN} user_admin="secret" user_bob="secret";',
        "listener.name.tls.ssl.keystore.type": "PEM",
        "listener.name.tls.ssl.keystore.location": str(folder / "both.pem"),
        "authorizer.class.name": RIGHTS,
        "super.users": "User:admin;User:ANONYMOUS",
        "log.dirs": str(folder / "data"),
    }
    return "".join(f"{key}={value}\n" for key, value in (ours | TEST_PROPERTIES).items())
