"""What every client of the brokers is given to get in, by the settings; the one place that reads their credentials."""

from collections.abc import Callable, Sequence
from pathlib import Path
from ssl import SSLContext
from typing import Any

import structlog

from slamon.runtime.followed import Followed
from slamon.runtime.login import FileTokens, Live
from slamon.runtime.tls import LiveContext, context_of
from slamon.runtime.tokens import Client, ServerTokens
from slamon.service.settings import Security
from slamon.service.settings.credentials import client_secret, key_password, password, token, username

log = structlog.get_logger(__name__)


def security_of(security: Security) -> dict[str, Any]:
    """Arguments every aiokafka client gets; what stands in files is asked for anew by each connection."""
    told: dict[str, Any] = {"security_protocol": security.protocol}
    if security.sasl:
        told |= {"sasl_mechanism": security.mechanism, **_login(security)}
    if security.tls:
        told["ssl_context"] = LiveContext(_context(security))
    return told


def _login(security: Security) -> dict[str, Any]:
    if security.bearer:
        return {"sasl_oauth_token_provider": _tokens(security)}
    name, word = _text(security, security.username_file, username), _text(security, security.password_file, password)
    return {"sasl_plain_username": Live(name, secret=False), "sasl_plain_password": Live(word)}


def _tokens(security: Security) -> FileTokens | ServerTokens:
    if security.token_url is None:
        return FileTokens(_text(security, security.token_file, token))
    secret, authority = _text(security, security.client_secret_file, client_secret), security.token_ca_file
    tls = None if authority is None else _follow((authority,), lambda: context_of(authority, None, None, None))
    return ServerTokens(Client(security.token_url, str(security.client_id), secret, security.scope, tls))


def _context(security: Security) -> Callable[[], SSLContext]:
    files = security.ca_file, security.cert_file, security.key_file
    return _follow((*files, security.key_password_file), lambda: context_of(*files, key_password(security)))


def _text(security: Security, file: Path | None, read: Callable[[Security], str | None]) -> Callable[[], str]:
    return _follow((file,), lambda: read(security) or "")


def _follow(files: tuple[Path | None, ...], make: Callable[[], Any]) -> Callable[[], Any]:
    return Followed([path for path in files if path is not None], make, _told).current


def _told(files: Sequence[str], error: Exception | None) -> None:
    if error is None:
        log.info("broker_credentials_changed", files=files)
    else:  # its name alone: a text that cannot be decoded stands in its message
        log.error("broker_credentials_unreadable", files=files, error=type(error).__name__)
