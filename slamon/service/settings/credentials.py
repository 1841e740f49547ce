"""The secrets that the brokers are shown: from the setting, else from the file it names; and what does not fit."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slamon.runtime.secret_text import secret_text
from slamon.runtime.tls import context_of

if TYPE_CHECKING:
    from slamon.service.settings.section import Finding
    from slamon.service.settings.security import Security

FILES = (
    "username_file", "password_file", "token_file", "client_secret_file", "key_password_file",
    "token_ca_file", "ca_file", "cert_file", "key_file",
)  # fmt: skip


def username(security: "Security") -> str | None:
    """Who logs in, if anybody."""
    return _text(security, "username")


def password(security: "Security") -> str | None:
    """The password in clear: for the Kafka client alone, read anew at each call so that a rotated file counts."""
    return _text(security, "password")


def token(security: "Security") -> str | None:
    """The bearer token, likewise."""
    return _text(security, "token")


def client_secret(security: "Security") -> str | None:
    """What is shown at token_url, likewise."""
    return _text(security, "client_secret")


def key_password(security: "Security") -> str | None:
    """What opens key_file, likewise."""
    return _text(security, "key_password")


def _text(security: "Security", name: str) -> str | None:
    given: Any = getattr(security, name)
    if given is None:
        file: Path | None = getattr(security, f"{name}_file")
        return None if file is None else secret_text(file)
    return given if isinstance(given, str) else str(given.get_secret_value())


def findings(security: "Security") -> "list[Finding]":
    """What is missing, too much, or not readable."""
    unread = list(_files(security))
    return [*_sasl(security), *_tls(security), *(unread or _certificates(security))]


def _sasl(security: "Security") -> "Iterator[Finding]":
    if security.sasl and security.mechanism is None:
        yield "mechanism", f"a mechanism with {security.protocol}", None, "for example SCRAM-SHA-512"
    login, by_token = security.sasl and not security.bearer, security.sasl and security.bearer
    hint = "did you mean protocol SASL_SSL?"
    reason = security.mechanism if security.sasl else security.protocol
    for name in ("username", "password"):
        yield from _one_of(security, name, (name, f"{name}_file"), login, security.protocol, hint)
    yield from _one_of(security, "token", ("token", "token_file", "token_url"), by_token, str(reason), None)
    asking = security.token_url is not None
    yield from _one_of(security, "client_id", ("client_id",), asking, "token_url", None)
    yield from _one_of(security, "client_secret", ("client_secret", "client_secret_file"), asking, "token_url", None)
    for name in ("scope", "token_ca_file"):
        if getattr(security, name) and not asking:
            yield name, "token_url beside it", "a value", None


def _one_of(
    security: "Security", name: str, names: tuple[str, ...], wanted: bool, with_what: str, hint: str | None
) -> "Iterator[Finding]":
    """What keeps exactly one of the settings from being given where it is wanted, and none where it is not."""
    given = [one for one in names if getattr(security, one)]
    if len(given) > 1:
        yield given[1], f"either {' or '.join(given)}", "both" if len(given) == 2 else "all", None
    if wanted and not given:
        yield name, f"{' or '.join(names)} with {with_what}", None, None
    if given and not wanted:
        lacking = "without token_url" if with_what == "token_url" else f"with {with_what}"
        yield name, f"nothing {lacking}", "a value", hint


def _tls(security: "Security") -> "Iterator[Finding]":
    if bool(security.cert_file) != bool(security.key_file):
        yield "key_file", "cert_file and key_file together", "one of them", None
    if security.key_password and security.key_password_file:
        yield "key_password_file", "either key_password or key_password_file", "both", None
    if not security.tls and (security.ca_file or security.cert_file):
        yield "protocol", "SSL or SASL_SSL where certificates are set", security.protocol, None


def _files(security: "Security") -> "Iterator[Finding]":
    for name in FILES:
        path: Path | None = getattr(security, name)
        if path is not None and not _readable(path):
            yield name, "a readable, non-empty file", str(path), "is the secret mounted?"


def _readable(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def _certificates(security: "Security") -> "Iterator[Finding]":
    """The PEM files that OpenSSL does not take."""
    files = {"ca_file": (security.ca_file, None, None), "token_ca_file": (security.token_ca_file, None, None)}
    if security.cert_file and security.key_file:
        files["cert_file"] = (None, security.cert_file, security.key_file)
    for name, (authority, cert, key) in files.items():
        try:
            context_of(authority, cert, key, key_password(security))
        except (OSError, ValueError) as error:
            expected = "a certificate and its key in PEM" if cert else "certificates of authorities in PEM"
            yield name, expected, getattr(error, "reason", None) or type(error).__name__, None
