"""Who may read the API, the certificates of the port, and the address at which the other workers find this one."""

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from slamon.service.settings.ingest import Secret, unreadable_secrets
from slamon.service.settings.section import FilePath, Finding, Section, refuse

# A scheme, a host, perhaps a port, and nothing else: what other workers tell is held against it too.
ADDRESS = re.compile(r"(https?)://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")


class Access(Section):
    """Who may read the API over HTTP, and where the other workers find this one (docs/http.md)."""

    token_files: list[FilePath] = Field(
        default_factory=list,
        max_length=10,
        description="Files of one bearer token a line, each of which opens the API; read again when they change.",
    )
    tokens: list[Secret] = Field(
        default_factory=list,
        max_length=10,
        description="Bearer tokens of at least 16 characters, each of which opens the API; files are better.",
    )
    metrics_auth: bool = Field(False, description="Whether `/metrics` asks for what the API asks for.")
    cert_file: FilePath | None = Field(
        None, description="PEM of the port's certificate: it speaks TLS then. Read again when it changes, as all three."
    )
    key_file: FilePath | None = Field(None, description="PEM of its key, not encrypted.")
    client_ca_file: FilePath | None = Field(
        None, description="PEM of the authorities whose client certificates open the API (mutual TLS)."
    )
    peer_ca_file: FilePath | None = Field(
        None,
        description="PEM of the authorities of the other workers' certificates; unset: client_ca_file, else the system's.",
    )
    advertise: Annotated[str, Field(pattern=f"^{ADDRESS.pattern}$")] | None = Field(
        None, description="Address at which the other workers find this port: `http://slamon-0.slamon:8080`."
    )

    @property
    def guarded(self) -> bool:
        """Whether anything opens the API; if nothing does, it answers this machine alone."""
        return bool(self.tokens or self.token_files or self.client_ca_file)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse([*unreadable_secrets("token_files", self.token_files), *self._tls(), *self._advertised()])
        return self

    def _tls(self) -> Iterator[Finding]:
        if bool(self.cert_file) != bool(self.key_file):
            yield "key_file", "cert_file and key_file together", "one of them", None
        for name in ("client_ca_file", "peer_ca_file"):
            if getattr(self, name) is not None and self.cert_file is None:
                yield name, "cert_file and key_file beside it", None, "there are no certificates without TLS"
        for name in ("cert_file", "key_file", "client_ca_file", "peer_ca_file"):
            path: Path | None = getattr(self, name)
            if path is not None and not path.is_file():
                yield name, "a readable file", str(path), "is the secret mounted?"

    def _advertised(self) -> Iterator[Finding]:
        found = ADDRESS.fullmatch(self.advertise or "")
        if found is None:
            return
        scheme = "https" if self.cert_file else "http"
        if found[1] != scheme:
            yield "advertise", f"{scheme}:// {'with' if self.cert_file else 'without'} cert_file", self.advertise, None
        if not self.guarded and not is_loopback(found[2].strip("[]")):
            hint = "without tokens or client_ca_file a worker answers its own machine alone"
            yield "advertise", "token_files beside it", self.advertise, hint


def is_loopback(host: str) -> bool:
    """Whether the name or address means this very machine."""
    try:
        found = ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return host.lower() == "localhost"
    mapped = getattr(found, "ipv4_mapped", None)  # an IPv6 socket sees 127.0.0.1 as ::ffff:127.0.0.1
    return (mapped or found).is_loopback
