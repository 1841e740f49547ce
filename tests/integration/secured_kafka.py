"""A Kafka that demands what production does: TLS, client certificates, logins that end, an authorizer."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.authority import Authority
from tests.broker import kraft, maven
from tests.broker.kraft import Listener
from tests.broker.model import BrokerUnavailable, free_ports
from tests.broker.will import Will

PASSWORD = "of-the-test"
SESSION_MS = 2_000  # so long a login of `both` is good: then the broker ends the connection
MODULES = {
    "plain": f'plain.PlainLoginModule required user_free="{PASSWORD}" user_slamon="{PASSWORD}"',
    "scram-sha-256": "scram.ScramLoginModule required",
    "scram-sha-512": "scram.ScramLoginModule required",
    "oauthbearer": 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"',
}


@dataclass(frozen=True)
class Secured:
    """Its listeners. `plain` is for everybody, who there is a super user, as are `free` and `CN=free`; `slamon` may do
    nothing but what a test allows. Passwords are PASSWORD; tokens are JWTs without a signature.

    `login` takes each mechanism over TLS, `mtls` certificates of the authority, `both` SCRAM-SHA-512 and OAUTHBEARER
    beside such a certificate, for SESSION_MS.
    """

    plain: str
    login: str
    mtls: str
    both: str
    authority: Authority
    folder: Path

    def tool(self, name: str, *words: str) -> None:
        """One of Kafka's tools, on the plain listener."""
        command = kraft.java(maven.jars(), name, "--bootstrap-server", self.plain)
        subprocess.run([*command, *words], check=True, capture_output=True)


@contextmanager
def secured_kafka() -> Iterator[Secured]:
    """Running, gone afterwards; skips the test where there is no Java or no jars are to be had."""
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("needs java and mvn for a Kafka with listeners of its own")
    will = Will()
    try:
        libs = maven.jars()
        folder = Path(tempfile.mkdtemp(prefix="slamon-secured-"))
        will.add("folder", folder)
        yield _launch(libs, folder, will)
    except BrokerUnavailable as why:
        pytest.skip(str(why))
    finally:
        will.execute()


def _launch(libs: Path, folder: Path, will: Will) -> Secured:
    authority = Authority(folder)
    certificate, key = authority.write("broker")
    (folder / "broker.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
    protocols = {"PLAINTEXT": "PLAINTEXT", "LOGIN": "SASL_SSL", "MTLS": "SSL", "BOTH": "SASL_SSL"}
    ports = free_ports(len(protocols))
    listeners = {
        name: Listener(port, protocol=protocol) for (name, protocol), port in zip(protocols.items(), ports, strict=True)
    }
    users = [
        f"--add-scram=SCRAM-SHA-{bits}=[name={user},password={PASSWORD}]"
        for bits in (256, 512)
        for user in ("slamon", "free")
    ]
    kraft.serve(libs, kraft.prepare(libs, folder, listeners, _demands(folder, authority), *users), will)
    return Secured(*(f"127.0.0.1:{port}" for port in ports), authority, folder)


def _demands(folder: Path, authority: Authority) -> dict[str, str]:
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.file),
        "listener.name.mtls.ssl.client.auth": "required",
        "listener.name.both.ssl.client.auth": "required",
        **_logins("login", *MODULES),
        **_logins("both", "scram-sha-512", "oauthbearer"),
        "listener.name.both.scram-sha-512.connections.max.reauth.ms": str(SESSION_MS),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:free;User:CN=free",
    }


def _logins(listener: str, *mechanisms: str) -> dict[str, str]:
    module = "org.apache.kafka.common.security"
    configs = {f"listener.name.{listener}.{name}.sasl.jaas.config": f"{module}.{MODULES[name]};" for name in mechanisms}
    return {f"listener.name.{listener}.sasl.enabled.mechanisms": ",".join(mechanisms).upper(), **configs}


def named(address: str, **security: object) -> dict[str, str]:
    """Such settings as variables."""
    told = {f"SLAMON_SECURITY__{name.upper()}": str(value) for name, value in security.items()}
    return {"SLAMON_BOOTSTRAP": address, **told}
