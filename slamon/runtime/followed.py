"""Something made from files, made anew when they change; while it cannot be, the last good one stays.

Asked for at each connection, from whichever thread makes it. Knows nothing of what the files say.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

Made = TypeVar("Made")
Stamp = tuple[tuple[int, int, int], ...]  # a file that was replaced has another inode, whatever its time
Told = Callable[[Sequence[str], Exception | None], None]  # that the files changed, or why they are of no use


class Followed(Generic[Made]):
    """`current()` looks at the files each time, which costs some microseconds; the first making may raise."""

    def __init__(self, files: Sequence[Path], make: Callable[[], Made], told: Told) -> None:
        self._files, self._make, self._told = tuple(files), make, told
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._made = make()

    def current(self) -> Made:
        """What the files say now, else what they said last."""
        with self._lock:
            try:
                stamp = self._look()
                if stamp != self._stamp:
                    self._stamp = stamp  # said once, whatever comes of it
                    self._made = self._make()
                    self._told(self._names, None)
            except (OSError, ValueError) as error:
                self._told(self._names, error)
            return self._made

    @property
    def _names(self) -> list[str]:
        return [str(path) for path in self._files]

    def _look(self) -> Stamp:
        found = [path.stat() for path in self._files]
        return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)
