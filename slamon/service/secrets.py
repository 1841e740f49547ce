"""The secrets that open one door now: those of the settings and those in files, which are read again when they change."""

from collections.abc import Sequence
from pathlib import Path

import structlog

from slamon.service.settings import secret_lines

Stamp = tuple[int, int, int]  # a file that was replaced has another inode, whatever its time

log = structlog.get_logger(__name__)


class Unreadable(Exception):
    """A secret file cannot be read: then nobody is let in, and nobody is told that the secret was wrong."""


class Secrets:
    """Every one of them opens, so that those who use them can change over one by one."""

    def __init__(self, texts: Sequence[bytes], files: Sequence[Path]) -> None:
        self._texts, self._files = tuple(texts), tuple(files)
        self._read: dict[Path, tuple[Stamp, tuple[bytes, ...]]] = {}

    def current(self) -> tuple[bytes, ...]:
        """All secrets; raises Unreadable."""
        return (*self._texts, *(line for path in self._files for line in self._lines(path)))

    def _lines(self, path: Path) -> tuple[bytes, ...]:
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            known = self._read.get(path)
            if known is None or known[0] != stamp:
                self._read[path] = (stamp, secret_lines(path))
                if known is not None:
                    log.info("secret_changed", file=str(path))
        except (OSError, ValueError) as error:
            raise Unreadable(f"{path}: {error}") from error
        return self._read[path][1]
