"""What must go when the demo ends, however it ends: an own process carries it out.

It holds the other end of a pipe, whose end of file comes after a clean end, an exception, SIGTERM and SIGKILL alike.
"""

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

EXECUTOR = Path(__file__).with_name("executor.py")
LAUNCHER = Path(__file__).with_name("launcher.py")
PYTHON = (sys.executable, "-I", "-S")  # starts fast, and finds nothing but the standard library


class Remains:
    """Processes and folders that outlive nothing: `clear` removes them now, the end of this process does it too."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C in the terminal must not reach the executor.
        self._executor = subprocess.Popen(  # noqa: S603  our own file
            [*PYTHON, str(EXECUTOR)], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        self._children: list[subprocess.Popen[bytes]] = []

    def folder(self) -> Path:
        """A new temporary folder."""
        assert self._executor.stdin is not None
        made = Path(tempfile.gettempdir()) / f"slamon-demo-{secrets.token_hex(6)}"
        self._executor.stdin.write(f"folder {made}\n")
        self._executor.stdin.flush()
        made.mkdir(mode=0o700)
        return made

    def child(
        self, command: Sequence[str], folder: Path, log: Path, environ: Mapping[str, str] | None
    ) -> "subprocess.Popen[bytes]":
        """The command as a process in a session of its own, so that Ctrl-C reaches the demo alone; it says `log`."""
        assert self._executor.stdin is not None
        pipe = self._executor.stdin.fileno()
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603  our own command lines
                [*PYTHON, str(LAUNCHER), str(pipe), *command],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=folder, env=environ, pass_fds=[pipe],
                start_new_session=True,
            )  # fmt: skip
        self._children.append(process)
        return process

    def clear(self) -> None:
        """Return when everything is gone."""
        assert self._executor.stdin is not None
        self._executor.stdin.close()
        self._executor.wait()
        for child in self._children:
            child.wait()
