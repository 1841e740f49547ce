"""When the certificates end by which a worker shows who it is: epoch seconds, 0 where there is none or nobody can tell."""

from collections.abc import Callable
from pathlib import Path

import structlog

from slamon.runtime.certificate import ends_at
from slamon.service.http.fresh import Fresh

log = structlog.get_logger(__name__)


def end_followed(cert_file: Path | None) -> Callable[[], float]:
    """The end of one whose file is read again when it changes, as the port and the connections to the brokers do."""
    if cert_file is None:
        return lambda: 0.0
    try:
        return Fresh((cert_file,), lambda: ends_at(cert_file)).current
    except (OSError, ValueError) as error:  # OpenSSL has taken it: no reason to end a worker
        log.warning("certificate_unread", file=str(cert_file), error=f"{type(error).__name__}: {error}")
        return lambda: 0.0
