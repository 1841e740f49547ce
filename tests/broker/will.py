"""What must go when this process ends, however it ends: an own process carries it out.

It holds the other end of a pipe, so that its end of file comes after a clean close, an exception, SIGINT, SIGTERM and SIGKILL alike.
"""

import subprocess
import sys
from pathlib import Path

EXECUTOR = Path(__file__).with_name("executor.py")


class Will:
    """Processes, containers and folders to remove; `execute` does it now, the end of this process does it too."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C in the terminal must not reach the executor.
        self._executor = subprocess.Popen(
            [sys.executable, str(EXECUTOR)], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        self._children: list[subprocess.Popen[bytes]] = []

    def add(self, kind: str, name: object) -> None:
        """Remember one `container` (name) or `folder` (path), before it is made."""
        assert self._executor.stdin is not None
        self._executor.stdin.write(f"{kind} {name}\n")
        self._executor.stdin.flush()

    def add_child(self, process: subprocess.Popen[bytes]) -> None:
        """Remember a process of ours."""
        self._children.append(process)
        self.add("process", process.pid)

    def execute(self) -> None:
        """Return when everything is gone."""
        assert self._executor.stdin is not None
        self._executor.stdin.close()
        self._executor.wait(timeout=60)
        for child in self._children:
            child.wait(timeout=10)
