"""Reads what is to go, a line each, until the writer ends; then removes it, the last one first (see will.py)."""

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

GRACE_S = 5.0


def is_alive(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped by a parent that has other things to do."""
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
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)


def remove_container(name: str) -> None:
    """Removes a container that may never have come to be."""
    from testcontainers.core.docker_client import DockerClient

    for container in DockerClient().client.containers.list(all=True, filters={"name": name}):
        container.remove(force=True, v=True)


def remove_folder(name: str) -> None:
    shutil.rmtree(name, ignore_errors=True)


ACTIONS: dict[str, Callable[[str], None]] = {
    "process": end_process,
    "container": remove_container,
    "folder": remove_folder,
}


def main() -> None:
    lines = [line.rstrip("\n").partition(" ") for line in sys.stdin]
    for kind, _, name in reversed(lines):
        try:
            ACTIONS[kind](name)
        except Exception as problem:  # one that fails must not keep the others
            print(f"tests.broker: {kind} {name} was not removed: {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()
