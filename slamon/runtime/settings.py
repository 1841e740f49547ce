"""What the runtime has to be told; the service room reads it from files and the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Input:
    """A foreign topic that comes in through intake; `hold` keeps partition time from passing what was not read of it."""

    topic: str
    hold: bool = True


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """Times in ms where the name says so, else in seconds (they go to Kafka clients that count in seconds).

    `security` goes to every aiokafka client as it is, `credentials` to Faust (the same thing in its words).
    """

    bootstrap: str
    datadir: Path
    partitions: int
    prefix: str = "slamon."
    instance_id: str | None = None
    advertise: str | None = None  # the address of this worker's port, told to the others in the group's metadata
    inputs: tuple[Input, ...] = ()
    standby_replicas: int = 0  # copies of each partition on other workers
    clocks: bool = False  # whether units write the topic of open clocks
    records_clock: bool = False  # `--clock records`: partition time only from watermarks
    lateness_ms: int = 0
    max_hold_ms: int = 120_000
    settle_ms: int = 30_000
    lost_after_ms: int = 5_000  # no answer to an end check for so long = the broker was lost
    sample_ms: int = 25
    unit_records: int = 8_000
    unit_bytes: int = 8 << 20
    unit_seconds: float = 0.1  # of processor time for deciding: what is due waits no longer than for one unit
    position_every: float = 2.0  # a position that moved without anything to write is committed so often
    inbox_records: int = 4_000
    inbox_bytes: int = 8 << 20  # of keys and values, beside what one fetch brings
    session_timeout: float = 30.0
    heartbeat_interval: float = 3.0
    rebalance_timeout: float = 60.0
    transaction_timeout_ms: int = 10_000
    drain_timeout: float = 10.0
    no_progress: float = 30.0
    loop_stall: float = 10.0
    memory_limit: int | None = None  # bytes; None: most of what the control group allows
    renew_id_after: float = 6 * 3600.0  # of silence: the broker forgets a producer id after a day
    stamp_every: float = 60.0
    recoveries_at_once: int = 4
    cache_bytes: int = 16 << 20
    write_buffer_bytes: int = 8 << 20
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)
    credentials: Any = field(default=None, repr=False)

    @property
    def group(self) -> str:
        """The consumer group, and the stem of every transactional id."""
        return self.prefix.rstrip(".") or "slamon"

    def topic(self, role: str) -> str:
        """The full name of one of slamon's own topics."""
        return self.prefix + role

    @property
    def sources(self) -> tuple[str, str]:
        """The topics the clocks read."""
        return self.topic("tickets"), self.topic("uptime")

    @property
    def changelog(self) -> str:
        return self.topic("changelog")

    @property
    def outputs(self) -> tuple[str, ...]:
        """The topics facts, dead letters and open clocks go to: partition p of each takes what partition p decided."""
        roles = ("warnings", "breaches", "outcomes", "deadletter", *(["clocks"] if self.clocks else []))
        return tuple(self.topic(role) for role in roles)

    def client(self, name: str) -> dict[str, Any]:
        """Arguments every aiokafka client gets."""
        return {"bootstrap_servers": self.bootstrap.split(","), "client_id": f"{self.group}-{name}", **self.security}
