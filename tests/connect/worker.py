"""Kafka Connect itself in the tests: one standalone worker on loopback, with connectors from Maven."""

import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.broker.kraft import LOGGING
from tests.broker.maven import cache_folder, copied, jars
from tests.broker.model import BrokerUnavailable, free_ports
from tests.broker.process import wait_until_ready
from tests.broker.will import Will
from tests.registry.apicurio import java, unpacked

DEBEZIUM = "io.debezium:debezium-connector-postgres:3.7.0.Final:tar.gz:plugin"
SINK = "io.debezium:debezium-connector-jdbc:3.6.0.Final:tar.gz:plugin"  # the newest in Maven Central
AVRO = "io.apicurio.registry.utils.converter.AvroConverter"
CONVERTER = "2.6.13"  # of Apicurio, the newest whose jars are all there


def plugins() -> str:
    """The folders with the folders of the connectors in them, and with that of the converter for Avro."""
    converter = copied(Path(__file__).with_name("pom.xml"), cache_folder() / f"apicurio-converter-{CONVERTER}" / "one")
    named = converter / "named.jar"
    if not named.exists():  # it comes without the manifest by which plugins are found without reading every class
        with zipfile.ZipFile(named, "w") as jar:
            jar.writestr("META-INF/services/org.apache.kafka.connect.storage.Converter", f"{AVRO}\n")
    source, sink = unpacked(DEBEZIUM, "debezium-postgres-3.7.0"), unpacked(SINK, "debezium-jdbc-3.6.0")
    return f"{source},{sink},{converter.parent}"


class Connect:
    """Running until the will is carried out; secrets are read from files, as deploy/connect says."""

    def __init__(self, will: Will, bootstrap: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slamon-connect-"))
        will.add("folder", self.folder)
        (self._port,) = free_ports(1)
        settings, self.log = self.folder / "worker.properties", self.folder / "log"
        settings.write_text("".join(f"{name}={value}\n" for name, value in self._settings(bootstrap).items()))
        main = ["-cp", f"{jars()}/*", "org.apache.kafka.connect.cli.ConnectStandalone", str(settings)]
        with self.log.open("wb") as out:
            process = subprocess.Popen(
                [java(), "-Xmx512m", LOGGING, *main],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        will.add_child(process)
        wait_until_ready(process, self.log, self._answers)

    def _settings(self, bootstrap: str) -> Mapping[str, Any]:
        converter = "org.apache.kafka.connect.json.JsonConverter"
        return {
            "bootstrap.servers": bootstrap,
            "key.converter": converter,
            "value.converter": converter,
            "offset.storage.file.filename": self.folder / "offsets",
            "offset.flush.interval.ms": 1000,
            "plugin.path": plugins(),
            "plugin.discovery": "service_load",
            "listeners": f"http://127.0.0.1:{self._port}",
            "config.providers": "file",
            "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
        }

    def _answers(self) -> bool:
        time.sleep(0.3)
        try:
            return isinstance(self.ask("GET", "/connectors"), list)
        except OSError:
            return False

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the worker answers; raises ConnectionError for a refusal."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}",
            json.dumps(body).encode() if body is not None else None,
            {"Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ConnectionError(f"{error.code}: {error.read()!r:.2000}") from None

    def run(self, name: str, config: Mapping[str, str]) -> None:
        """Returns when the connector's task runs."""
        self.ask("PUT", f"/connectors/{name}/config", config)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            told = self.ask("GET", f"/connectors/{name}/status")
            if [task["state"] for task in told["tasks"]] == ["RUNNING"]:
                return
            time.sleep(0.3)
        raise BrokerUnavailable(f"connector {name}: {told}")
