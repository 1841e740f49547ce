"""Files that are read again when their content changes, while the worker runs. Knows nothing of what they say."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

SUFFIXES = (".yaml", ".yml")
LOOK_EVERY = 1.0
CHUNK = 1 << 20


def digest_of(paths: Sequence[Path]) -> str:
    """A hash of the names and contents of the files, and of the YAML files in the folders; unreadable ones count as such.

    Links are followed, so that the swap of a Kubernetes ConfigMap (`..data` points elsewhere) is a change of content.
    """
    whole = hashlib.sha256()
    for path in _files(paths):
        whole.update(f"{path}\0".encode())
        whole.update(_content(path))
    return whole.hexdigest()


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.iterdir() if each.suffix in SUFFIXES)
        else:
            yield path


def _content(path: Path) -> bytes:
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
    except OSError as error:
        return type(error).__name__.encode()
    return found.digest()


class FileWatcher:
    """Calls `on_change` after each change, when the files have stood still for a whole interval; False = call it again.

    A change is content, not a date: writing the same text again is none. Standing still keeps half-written files and
    half-swapped folders out, which may well be valid YAML that says less.
    """

    def __init__(
        self, paths: Sequence[Path], on_change: Callable[[], Awaitable[bool]], interval: float = LOOK_EVERY
    ) -> None:
        self._paths, self._on_change, self._interval = tuple(paths), on_change, interval
        self._known = ""
        self._before = ""
        self._task: asyncio.Task[None] | None = None

    def start(self, known: str | None = None) -> None:
        """Watch from now on; `known` is the digest taken before the files were read, so that no change is missed."""
        self._known = self._before = digest_of(self._paths) if known is None else known
        self._task = asyncio.create_task(self._watch(), name="file-watcher")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """What keeps looking; it ends only by `stop` or by an error of `on_change`."""
        return self._task

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await self.look()

    async def look(self) -> None:
        """One look; `on_change` is called if the files differ from those known and are as at the look before."""
        seen = await asyncio.to_thread(digest_of, self._paths)
        settled, self._before = seen == self._before, seen
        if settled and seen != self._known and await self._on_change():
            self._known = seen
