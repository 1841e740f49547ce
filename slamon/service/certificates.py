"""The certificates by which a worker shows who it is: told of when they change, and when they end."""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from slamon.runtime.certificate import ends_at
from slamon.runtime.followed import Followed

log = structlog.get_logger(__name__)


def told(files: Sequence[str], error: Exception | None) -> None:
    """The words of whoever follows the files of certificates."""
    if error is None:
        log.info("certificates_changed", files=files)
    else:
        log.error("certificates_unreadable", files=files, error=f"{type(error).__name__}: {error}")


def end_followed(cert_file: Path | None) -> Callable[[], float]:
    """When one ends, in epoch seconds, read again as its file changes; 0 where there is none or nobody can tell."""
    if cert_file is None:
        return lambda: 0.0
    try:
        return Followed((cert_file,), lambda: ends_at(cert_file), told).current
    except (OSError, ValueError) as error:  # OpenSSL has taken it: no reason to end a worker
        log.warning("certificate_unread", file=str(cert_file), error=f"{type(error).__name__}: {error}")
        return lambda: 0.0
