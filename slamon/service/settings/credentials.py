"""Username and password of the brokers: from the setting, else from the file it names; and what does not fit."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slamon.service.settings.models import Security
    from slamon.service.settings.section import Finding

MAX_SECRET_BYTES = 64 * 1024


def username(security: "Security") -> str | None:
    """Who logs in, if anybody."""
    return security.username or _first_line(security.username_file)


def password(security: "Security") -> str | None:
    """The password in clear: for the Kafka client alone, read anew at each call so that a rotated file counts."""
    return security.password.get_secret_value() if security.password else _first_line(security.password_file)


def _first_line(path: Path | None) -> str | None:
    if path is None:
        return None
    with path.open("rb") as file:
        return file.read(MAX_SECRET_BYTES).decode().strip() or None


def findings(security: "Security") -> "list[Finding]":
    """What is missing, too much, or not readable."""
    return [*_sasl(security), *_tls(security), *_files(security)]


def _sasl(security: "Security") -> "list[Finding]":
    found: list[Finding] = []
    if security.sasl and security.mechanism is None:
        found.append(("mechanism", f"a mechanism with {security.protocol}", None, "for example SCRAM-SHA-512"))
    for name in ("username", "password"):
        given = [getattr(security, name), getattr(security, f"{name}_file")]
        if all(given):
            found.append((f"{name}_file", f"either {name} or {name}_file", "both", None))
        if security.sasl and not any(given):
            found.append((name, f"{name} or {name}_file with {security.protocol}", None, None))
        if not security.sasl and any(given):
            found.append((name, f"nothing with {security.protocol}", "a value", "did you mean protocol SASL_SSL?"))
    return found


def _tls(security: "Security") -> "list[Finding]":
    found: list[Finding] = []
    if bool(security.cert_file) != bool(security.key_file):
        found.append(("key_file", "cert_file and key_file together", "one of them", None))
    if not security.tls and (security.ca_file or security.cert_file):
        found.append(("protocol", "SSL or SASL_SSL where certificates are set", security.protocol, None))
    return found


def _files(security: "Security") -> "list[Finding]":
    found: list[Finding] = []
    for name in ("username_file", "password_file", "ca_file", "cert_file", "key_file"):
        path: Path | None = getattr(security, name)
        if path is not None and not _readable(path):
            found.append((name, "a readable, non-empty file", str(path), "is the secret mounted?"))
    return found


def _readable(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False
