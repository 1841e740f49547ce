"""Something made from files, made anew when they change; while it cannot be, the old one stays."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

Made = TypeVar("Made")
Stamp = tuple[tuple[int, int, int], ...]

log = structlog.get_logger(__name__)


class Fresh(Generic[Made]):
    """`current()` looks at the files each time, which costs a few microseconds."""

    def __init__(self, files: Sequence[Path], make: Callable[[], Made]) -> None:
        self._files, self._make = tuple(files), make
        self._stamp = self._look()
        self._made = make()

    def current(self) -> Made:
        try:
            stamp = self._look()
            if stamp != self._stamp:
                self._stamp = stamp  # said once, whatever comes of it
                self._made = self._make()
                log.info("certificates_changed", files=[str(path) for path in self._files])
        except (OSError, ValueError) as error:
            log.error("certificates_unreadable", error=f"{type(error).__name__}: {error}")
        return self._made

    def _look(self) -> Stamp:
        found = [path.stat() for path in self._files]
        return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)
