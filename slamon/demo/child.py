"""A process of the demo, its output in a file: started, watched, and quoted when it failed."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slamon.demo.remains import Remains

LAST_LINES = 12
START_SECONDS = 60.0
LOOK_EVERY = 0.1


class DemoFailed(Exception):
    """Why the demo cannot go on; the text is all that is said, and `log` the file that holds the rest."""

    def __init__(self, told: str, log: Path | None = None) -> None:
        super().__init__(told)
        self.log = log


@dataclass(frozen=True, slots=True)
class Child:
    """One running process: what it is called, and where its output goes."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def last_lines(self) -> str:
        """The end of its output, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (it said nothing)"

    def failed(self, how: str) -> DemoFailed:
        """That it did, with its last words."""
        return DemoFailed(f"{self.name} {how}; its last lines:\n{self.last_lines()}", self.log)

    def death(self) -> DemoFailed:
        """That it ended."""
        code = self.process.poll() or 0
        return self.failed(f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}")

    async def until(self, ready: Callable[[], Awaitable[bool]]) -> None:
        """Return when `ready` says so; raises DemoFailed if the process ends before, or takes too long."""
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await ready():
                    if self.ended:
                        raise self.death()
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise self.failed(f"was not ready within {START_SECONDS:.0f} s") from None

    async def watch(self) -> None:
        """Raises DemoFailed when the process ends."""
        while not self.ended:  # noqa: ASYNC110  the operating system sets no event
            await asyncio.sleep(LOOK_EVERY)
        raise self.death()


def start(
    name: str, command: Sequence[str], folder: Path, remains: Remains, environ: Mapping[str, str] | None = None
) -> Child:
    """The running command, which ends with the demo."""
    log = folder / f"{name.rsplit(maxsplit=1)[-1]}.log"
    return Child(name, remains.child(command, folder, log, environ), log)


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def own_environment(**more: str) -> dict[str, str]:
    """The environment without settings of slamon, which are for real workers, but with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLAMON_")}
    return {**kept, **more}
