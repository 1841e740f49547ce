"""A PostgreSQL of the tests: a server on loopback in a folder of its own, with logical decoding."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.broker.model import BrokerUnavailable, free_ports
from tests.broker.process import wait_until_ready
from tests.broker.will import Will

USER, PASSWORD = "slamon", "secret"


def programs() -> Path:
    """Where initdb and postgres are: on the PATH, or where Debian has them."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    for place in reversed(places):
        if (place / "initdb").exists() and (place / "psql").exists():
            return place
    raise BrokerUnavailable("no PostgreSQL server (Debian: postgresql)")


class Postgres:
    """Running until the will is carried out."""

    def __init__(self, will: Will) -> None:
        self._bin = programs()
        self.folder = Path(tempfile.mkdtemp(prefix="slamon-postgres-"))
        will.add("folder", self.folder)
        (self.port,) = free_ports(1)
        # It refuses to run as root.
        self._as = {"user": pwd.getpwnam("nobody").pw_uid} if os.getuid() == 0 else {}
        if self._as:
            os.chown(self.folder, self._as["user"], -1)
        self._init()
        log = self.folder / "log"
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "wal_level": "logical", "fsync": "off"}
        given = [f"--{name}={value}" for name, value in settings.items()]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, "-k", "", *given],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=self.folder, start_new_session=True, **self._as,
            )  # fmt: skip
        will.add_child(process)
        wait_until_ready(process, log, lambda: b"ready to accept connections" in log.read_bytes())

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _init(self) -> None:
        word = self.folder / "word"
        word.write_text(PASSWORD)
        word.chmod(0o644)
        command = [self._bin / "initdb", "-D", self._data, "-U", USER, "-A", "scram-sha-256", "--pwfile", word]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._as)

    def run(self, sql: str) -> None:
        self.rows(sql)

    def rows(self, sql: str) -> list[list[str]]:
        """What it answers, as psql writes it; NULL is empty."""
        address = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"
        command = [self._bin / "psql", "-v", "ON_ERROR_STOP=1", "-qAtF", "\t", "-c", sql, address]
        said = subprocess.run(command, check=True, cwd="/", stdout=subprocess.PIPE, text=True).stdout
        return [line.split("\t") for line in said.split("\n")[:-1]]
