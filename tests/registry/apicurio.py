"""A real registry for the tests: Apicurio Registry from Maven, a Java process on loopback that speaks the API of Confluent's."""

import base64
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.broker.maven import cache_folder
from tests.broker.model import BrokerUnavailable, free_ports
from tests.broker.process import wait_until_ready
from tests.broker.will import Will

VERSION = "3.3.3"
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
UNPACK = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack"
LEAST_JAVA = 21
USER, PASSWORD = "slamon", "secret"


def java() -> str:
    """The first Java that is new enough: JAVA_HOME's, the PATH's, those where Linux distributions put them."""
    home = os.environ.get("JAVA_HOME")
    places = [Path(home) / "bin/java"] if home else []
    places += [Path(found)] if (found := shutil.which("java")) else []
    for place in [*places, *sorted(Path("/usr/lib/jvm").glob("*/bin/java"))]:
        said = subprocess.run([place, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', said)
        if version and int(version[1]) >= LEAST_JAVA:
            return str(place)
    raise BrokerUnavailable(f"no Java {LEAST_JAVA}")


def unpacked(artifact: str, name: str) -> Path:
    """The folder of an archive from Maven; fetched once, moved into place whole."""
    if shutil.which("mvn") is None:
        raise BrokerUnavailable("no mvn on the PATH")
    folder = cache_folder() / name
    if not folder.is_dir():
        cache_folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="resolving-") as scratch:
            command = ["mvn", "-q", "-B", UNPACK, f"-Dartifact={artifact}", f"-DoutputDirectory={scratch}/app"]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=scratch)
            if done.returncode != 0:
                raise BrokerUnavailable(f"Maven could not fetch {artifact}: {(done.stdout + done.stderr)[-800:]}")
            (Path(scratch) / "app").rename(folder)
    return folder


class Apicurio:
    """One registry with its schemas in a file; `stop` and `start` keep them. Who asks must be USER with PASSWORD."""

    def __init__(self, will: Will) -> None:
        self._will, self._java, self._program = will, java(), unpacked(ARTIFACT, f"apicurio-{VERSION}")
        self._folder = Path(tempfile.mkdtemp(prefix="slamon-apicurio-"))
        will.add("folder", self._folder)
        self._port, self._other = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/apis/ccompat/v7"

    def start(self) -> None:
        """Returns when it answers."""
        log = self._folder / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command(), stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._will.add_child(self._process)
        wait_until_ready(self._process, log, self._answers)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(30)

    def _command(self) -> list[str]:
        settings = {
            "quarkus.http.host": "127.0.0.1",
            "quarkus.http.port": self._port,
            "quarkus.management.host": "127.0.0.1",
            "quarkus.management.port": self._other,
            "apicurio.datasource.url": f"jdbc:h2:file:{self._folder}/schemas",
            "apicurio.datasource.jdbc.initial-size": 2,
            "apicurio.datasource.jdbc.min-size": 2,
            "quarkus.http.auth.basic": "true",
            "quarkus.security.users.embedded.plain-text": "true",
            f"quarkus.security.users.embedded.users.{USER}": PASSWORD,
            f"quarkus.security.users.embedded.roles.{USER}": "sr-admin",
        }
        given = [f"-D{name}={value}" for name, value in settings.items()]
        return [self._java, "-Xmx512m", *given, "-jar", str(self._program / "quarkus-run.jar")]

    def _answers(self) -> bool:
        time.sleep(0.3)
        said = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(f"{self.url}/subjects", headers={"Authorization": f"Basic {said}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:  # also what it answers while it is not ready
            return False
