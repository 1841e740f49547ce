"""One Java process that is a whole Kafka, broker and controller, on loopback."""

import base64
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.broker.model import HERE, TEST_PROPERTIES, free_ports
from tests.broker.process import wait_until_ready
from tests.broker.will import Will

LOGGING = f"-Dlog4j2.configurationFile={HERE / 'log4j2.xml'}"
HEAP = "-Xmx768M"


class Listener(NamedTuple):
    """Where it listens, and where whoever asks there is told to come (0: to the same port)."""

    port: int
    advertised: int = 0
    protocol: str = "PLAINTEXT"


def java(libs: Path, *arguments: object) -> list[str]:
    return ["java", HEAP, LOGGING, "-cp", f"{libs}/*", *map(str, arguments)]


def prepare(
    libs: Path, folder: Path, listeners: Mapping[str, Listener], more: Mapping[str, str], *accounts: str
) -> Path:
    """Its settings, once its data are formatted; one listener has the name PLAINTEXT, `accounts` are SCRAM users."""
    settings = folder / "server.properties"
    told = _addresses(listeners, *free_ports(1)) | TEST_PROPERTIES | {"log.dirs": str(folder / "data"), **more}
    settings.write_text("".join(f"{key}={value}\n" for key, value in told.items()))
    formatting = java(libs, "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", settings)
    subprocess.run([*formatting, *accounts], check=True, capture_output=True)
    return settings


def serve(libs: Path, settings: Path, will: Will) -> "subprocess.Popen[bytes]":
    """The process, once it serves; the will ends it."""
    log = settings.parent / f"broker-{time.monotonic_ns()}.log"
    with log.open("wb") as out:
        command = java(libs, "kafka.Kafka", settings)
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
    will.add_child(process)
    wait_until_ready(process, log, lambda: b"Kafka Server started" in log.read_bytes())
    return process


def _addresses(listeners: Mapping[str, Listener], controller: int) -> dict[str, str]:
    own = [f"{name}://127.0.0.1:{one.port}" for name, one in listeners.items()]
    advertised = [f"{name}://127.0.0.1:{one.advertised or one.port}" for name, one in listeners.items()]
    protocols = [f"{name}:{one.protocol}" for name, one in listeners.items()]
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listeners": ",".join([*own, f"CONTROLLER://127.0.0.1:{controller}"]),
        "advertised.listeners": ",".join(advertised),
        "listener.security.protocol.map": ",".join([*protocols, "CONTROLLER:PLAINTEXT"]),
    }


def _cluster_id() -> str:
    """As Kafka makes them: 16 random bytes in base64, never with a leading dash, which the tool takes for an option."""
    while (name := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return name
