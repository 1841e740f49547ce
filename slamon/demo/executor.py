"""Reads what is to go, a line each, until the demo ends; then removes it, the last one first (see remains.py)."""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

GRACE_S = 8.0


def is_alive(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped by its parent."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        return stat.rpartition(b")")[2].split()[0] != b"Z"
    except ProcessLookupError:
        return False
    except OSError:  # no /proc: then signal 0 is all there is to know
        return True


def end_process(name: str) -> None:
    """Asks first and insists after the grace."""
    pid = int(name)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + GRACE_S
        while is_alive(pid) and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)


def remove_folder(name: str) -> None:
    shutil.rmtree(name, ignore_errors=True)


ACTIONS = {"process": end_process, "folder": remove_folder}


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lines = [line.rstrip("\n").partition(" ") for line in sys.stdin]
    for kind, _, name in reversed(lines):
        ACTIONS[kind](name)


if __name__ == "__main__":
    main()
