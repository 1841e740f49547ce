"""TLS of the port: client certificates that open the API, and files that are renewed while it runs."""

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from slamon.runtime.errors import WorkerMustEnd
from slamon.service.settings import Access
from tests.service.test_http_access import ONE, asked, started
from tests.service.told import Worker

__all__ = ["started"]  # the fixture


class Authority:
    """Certificates of an authority of its own, for localhost."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.file = folder, name, folder / f"{name}.ca.pem"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                  "-subj", f"/CN={name}", "-keyout", f"{name}.ca.key", "-out", f"{name}.ca.pem")  # fmt: skip

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate and its key."""
        (self.folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                  "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        self._run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.ca.pem", "-CAkey", f"{self.name}.ca.key",
                  "-days", "2", "-extfile", "names", "-out", f"{name}.pem")  # fmt: skip
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def trusting(self, *shown: Path) -> ssl.SSLContext:
        """What a client speaks that trusts this authority, and shows a certificate if it has one."""
        context = ssl.create_default_context(cafile=self.file)
        if shown:
            context.load_cert_chain(*shown)
        return context

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make certificates")
    return Authority(tmp_path, "ours")


def guarded(authority: Authority, name: str = "worker") -> Access:
    cert, key = authority.issue(name)
    return Access(cert_file=cert, key_file=key, client_ca_file=authority.file)


async def test_a_certificate_of_the_authority_opens_the_api(started, authority):
    root = await started(guarded(authority))
    client = authority.trusting(*authority.issue("client"))
    assert (await asked(f"{root}/api/v1/services", tls=client))[0] == 200
    status, body = await asked(f"{root}/api/v1/services", tls=authority.trusting())
    assert (status, body["error"]) == (401, "unauthorized")
    assert "WWW-Authenticate" not in body["headers"]
    assert (await asked(f"{root}/healthz", tls=authority.trusting()))[0] == 200, "a probe has no certificate"


async def test_a_certificate_of_a_stranger_ends_the_connection(started, authority, tmp_path):
    root = await started(guarded(authority))
    strange = Authority(tmp_path, "theirs").issue("stranger")
    with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
        await asked(f"{root}/api/v1/services", tls=authority.trusting(*strange))


async def test_a_certificate_without_an_authority_of_clients_opens_nothing(started, authority):
    cert, key = authority.issue("worker")
    root = await started(Access(cert_file=cert, key_file=key, tokens=[SecretStr(ONE)]))
    client = authority.trusting(*authority.issue("client"))
    assert (await asked(f"{root}/api/v1/services", tls=client))[0] == 401
    assert (await asked(f"{root}/api/v1/services", ONE, tls=client))[0] == 200


async def test_renewed_certificates_and_authorities_are_used_without_a_restart(started, authority, tmp_path):
    access = guarded(authority)
    root = await started(access)
    former = authority.issue("former")
    other = Authority(tmp_path, "other")
    renewed = (*other.issue("renewed"), other.file)
    for file, new in zip((access.cert_file, access.key_file, access.client_ca_file), renewed, strict=True):
        file.write_bytes(new.read_bytes())
    client = other.trusting(*other.issue("client"))
    assert (await asked(f"{root}/api/v1/services", tls=client))[0] == 200
    with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
        await asked(f"{root}/api/v1/services", tls=other.trusting(*former))
    access.key_file.write_text("torn")
    assert (await asked(f"{root}/api/v1/services", tls=client))[0] == 200, "what it had goes on"


async def test_files_that_hold_no_certificate_end_the_worker_with_a_sentence(started, authority, tmp_path):
    access = guarded(authority)
    access.cert_file.write_text("nothing")
    with pytest.raises(WorkerMustEnd, match="expected a certificate, its key and authorities in PEM files"):
        await started(access)


async def test_workers_know_each_other_by_their_certificates(started, authority):
    one, two = guarded(authority, "one"), guarded(authority, "two")
    other, asker = Worker(2), Worker(0, 1)
    asker.known = {await started(two, other): frozenset({2}), "http://127.0.0.1:9": frozenset()}
    root = await started(one, asker)
    client = authority.trusting(*authority.issue("client"))
    async with asyncio.timeout(10):
        status, body = await asked(f"{root}/api/v1/tickets/T-elsewhere", tls=client)
    assert (status, body["at"]) == (200, "there")
