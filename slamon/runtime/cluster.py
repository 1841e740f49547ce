"""Where Kafka is and what is ours there: what a client of slamon's own topics has to know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

# How rooms without a logger of their own speak: a constant snake_case event and its fields.
Report = Callable[[str, Mapping[str, object]], None]


class Cluster(Protocol):
    """RuntimeSettings has this form, and so has KafkaCluster, for commands that run no worker."""

    @property
    def group(self) -> str: ...
    def topic(self, role: str) -> str: ...
    def client(self, name: str) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class KafkaCluster:
    """A broker address, a prefix, and what every aiokafka client is given to get in."""

    bootstrap: str
    prefix: str = "slamon."
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def group(self) -> str:
        return self.prefix.rstrip(".") or "slamon"

    def topic(self, role: str) -> str:
        return self.prefix + role

    def client(self, name: str) -> dict[str, Any]:
        servers = self.bootstrap.split(",")
        return {"bootstrap_servers": servers, "client_id": f"{self.group}-{name}", **self.security}


def tool_address(bootstrap: str, security: Mapping[str, Any] | None) -> str:
    """What stands behind `--bootstrap-server` of Kafka's own tools; who has to log in gives them a file."""
    plain = (security or {}).get("security_protocol", "PLAINTEXT") == "PLAINTEXT"
    return bootstrap if plain else f"{bootstrap} --command-config client.properties"


def unheard(_event: str, _fields: Mapping[str, object]) -> None:
    """A Report for those who do not listen."""
