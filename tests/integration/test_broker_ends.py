"""A broker of the tests goes with the process that started it, however that one ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENDINGS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]

pytestmark = pytest.mark.integration


class Started:
    """`python -m tests.broker`, its address, and the folder it may leave things in."""

    def __init__(self, kind: str, folder: Path) -> None:
        variables = {**os.environ, "SLAMON_TEST_BROKER": kind, "TMPDIR": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.broker"],
            cwd=ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        host, _, port = self.process.stdout.readline().strip().partition(":")
        self.address = host, int(port)

    def answers(self) -> bool:
        try:
            socket.create_connection(self.address, timeout=1).close()
        except OSError:
            return False
        return True


def eventually(holds: Callable[[], bool], limit_s: float = 30) -> bool:
    until = time.monotonic() + limit_s
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Started]:
    started = Started("embedded", tmp_path)
    yield started
    started.process.kill()
    started.process.wait()


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_of_it_is_left_after(ending: signal.Signals, embedded: Started, tmp_path: Path) -> None:
    assert embedded.answers()
    assert list(tmp_path.iterdir()), "it keeps its data in a folder of its own"
    embedded.process.send_signal(ending)
    embedded.process.wait(timeout=30)
    assert eventually(lambda: not embedded.answers())
    assert eventually(lambda: not list(tmp_path.iterdir()))


def docker_client():
    """A client of the Docker API, or a skip that says why there is none."""
    from testcontainers.core.docker_client import DockerClient

    try:
        return DockerClient().client
    except Exception as problem:
        pytest.skip(f"no Docker API: {problem}")


@pytest.mark.container
def test_a_container_is_removed_also_when_its_starter_is_killed(tmp_path: Path) -> None:
    from docker.errors import APIError

    client = docker_client()
    started = Started("docker", tmp_path)

    def containers() -> list[str]:
        port = started.address[1]
        bound = [each for each in client.containers.list(all=True) if each.name.startswith("slamon-test-")]
        return [each.name for each in bound if str(port) in str(each.attrs.get("HostConfig", {}).get("PortBindings"))]

    def gone() -> bool:
        try:
            return not containers()
        except APIError:  # podman answers 500 for one that goes while it is looked at
            return False

    assert containers()
    started.process.kill()
    started.process.wait()
    assert eventually(gone)
