"""What must go when the demo ends, however it ends: an own process carries it out.

It holds the other end of a pipe, whose end of file comes after a clean end, an exception, SIGTERM and SIGKILL alike.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

EXECUTOR = Path(__file__).with_name("executor.py")


class Remains:
    """Processes and folders that outlive nothing: `clear` removes them now, the end of this process does it too."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C in the terminal must not reach the executor.
        self._executor = subprocess.Popen(  # noqa: S603  our own file
            [sys.executable, "-I", "-S", str(EXECUTOR)], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        self._children: list[subprocess.Popen[bytes]] = []

    def folder(self) -> Path:
        """A new temporary folder."""
        made = Path(tempfile.mkdtemp(prefix="slamon-demo-"))
        self._remember("folder", made)
        return made

    def child(self, process: subprocess.Popen[bytes]) -> None:
        """Remember a process of ours."""
        self._children.append(process)
        self._remember("process", process.pid)

    def _remember(self, kind: str, name: object) -> None:
        assert self._executor.stdin is not None
        self._executor.stdin.write(f"{kind} {name}\n")
        self._executor.stdin.flush()

    def clear(self) -> None:
        """Return when everything is gone."""
        assert self._executor.stdin is not None
        self._executor.stdin.close()
        self._executor.wait()
        for child in self._children:
            child.wait()
