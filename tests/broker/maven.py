"""An Apache Kafka from Maven's jars: one Java process in KRaft mode on loopback."""

import base64
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from tests.broker.model import HERE, KAFKA_VERSION, TEST_PROPERTIES, Broker, BrokerUnavailable, free_ports
from tests.broker.process import wait_until_ready
from tests.broker.will import Will

LOGGING = f"-Dlog4j2.configurationFile={HERE / 'log4j2.xml'}"
HEAP = "-Xmx768M"


def cache_folder() -> Path:
    """Where jars outlive a run: the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slamon"


def jars() -> Path:
    """The folder of Kafka's jars."""
    return copied(HERE / "pom.xml", cache_folder() / f"kafka-{KAFKA_VERSION}")


def copied(pom: Path, libs: Path) -> Path:
    """The folder with all jars of a pom; resolved once, moved into place whole so that no run sees half of it."""
    if libs.is_dir():
        return libs
    libs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="resolving-") as scratch:
        resolve(pom, Path(scratch) / "libs")
        if not libs.is_dir():
            (Path(scratch) / "libs").rename(libs)
    return libs


def resolve(pom: Path, libs: Path) -> None:
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, "-DincludeScope=runtime", f"-DoutputDirectory={libs}"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BrokerUnavailable(f"Maven could not resolve {libs.name}: {(done.stdout + done.stderr)[-800:]}")


def java(libs: Path, *arguments: object) -> list[str]:
    return ["java", HEAP, LOGGING, "-cp", f"{libs}/*", *map(str, arguments)]


def cluster_id() -> str:
    """As Kafka makes them: 16 random bytes in base64, never with a leading dash, which the tool takes for an option."""
    while (name := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return name


def properties(folder: Path, client_port: int, controller_port: int) -> str:
    ours = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{client_port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{client_port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(folder / "data"),
    }
    return "".join(f"{key}={value}\n" for key, value in (ours | TEST_PROPERTIES).items())


def launch(libs: Path, folder: Path, will: Will) -> Broker:
    client_port, controller_port = free_ports(2)
    settings, log = folder / "server.properties", folder / "broker.log"
    settings.write_text(properties(folder, client_port, controller_port))
    formatting = java(libs, "kafka.tools.StorageTool", "format", "-t", cluster_id(), "-c", settings)
    subprocess.run(formatting, check=True, capture_output=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            java(libs, "kafka.Kafka", settings),
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    will.add_child(process)
    wait_until_ready(process, log, lambda: b"Kafka Server started" in log.read_bytes())
    return Broker(f"127.0.0.1:{client_port}", "maven", f"Apache Kafka {KAFKA_VERSION}", real=True)


def start(will: Will) -> Broker:
    """A broker of its own; the will ends it and removes its folder."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise BrokerUnavailable(f"no {tool} on the PATH")
    libs = jars()
    folder = Path(tempfile.mkdtemp(prefix="slamon-kafka-"))
    will.add("folder", folder)
    return launch(libs, folder, will)
