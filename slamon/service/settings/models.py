"""Every setting of a worker: its type, its bounds, its default and what it is for. The docs are made from here."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from slamon.service.settings.access import Access
from slamon.service.settings.ingest import Ingest, too_large
from slamon.service.settings.notify import Notify
from slamon.service.settings.quantities import Duration, Size, duration_text
from slamon.service.settings.registry import Registry
from slamon.service.settings.section import FilePath, Finding, Host, Name, Section, TopicName, refuse
from slamon.service.settings.security import Security
from slamon.sources import SOURCES


class Input(Section):
    """A topic of foreign records that intake maps to canonical events: of tickets or of services, as its source says."""

    name: Name = Field(description="Name in logs and metrics; unique.")
    topic: TopicName = Field(description="Full name of the topic; the prefix is not added.")
    source: Name = Field(description="Which mapping reads it: a name of `slamon/sources`, or `custom`.")
    mapping: FilePath | None = Field(
        None, description="The mapping file: required for `custom`, possible for most sources of services (sources.md)."
    )
    expect_every: Annotated[int, Duration("1s", "30d")] | None = Field(
        None,
        description="Longest normal silence; beyond it the input is silent (semantics 4.4). Unset: never silent.",
    )
    on_silence: Literal["mark", "hold"] = Field(
        "mark",
        description="While silent: facts say `source_silent: true` (mark) or wait, for 24 h at most (hold).",
    )
    hold: bool = Field(True, description="Whether facts wait until this input is read; false for a long backfill.")
    ingest: Ingest | None = Field(None, description=Ingest.__doc__)
    registry: Registry | None = Field(None, description=Registry.__doc__)

    @model_validator(mode="after")
    def _mapping_fits_the_source(self) -> Self:
        if self.source == "custom" and self.mapping is None:
            refuse([("mapping", "a mapping file for source 'custom'", None, None)])
        known = SOURCES.get(self.source)  # an unknown one is refused where the inputs are wired
        if self.mapping is not None and known is not None and known.configure is None:
            refuse([("mapping", f"nothing for source '{self.source}'", str(self.mapping), "it takes no mapping")])
        return self


class Limits(Section):
    """How late, how early, how big, how long (semantics 4)."""

    allowed_lateness: Annotated[int, Duration("0s", "1d")] = Field(
        "0s", description="How long a fact waits for records still on their way."
    )
    max_lateness: Annotated[int, Duration("1m", "365d")] = Field(
        "30d", description="Records later than this go to the dead letter."
    )
    max_future: Annotated[int, Duration("0s", "1d")] = Field(
        "5m", description="How far `at` may lie ahead of the record's Kafka timestamp."
    )
    page_within: Annotated[int, Duration("1s", "30d")] = Field(
        "15m", description="Facts older than this when they leave say `live: false`."
    )
    retention: Annotated[int, Duration("1h", "3650d")] = Field(
        "90d", description="How long a ticket without open clock is remembered."
    )
    max_record: Annotated[int, Size("16KiB", "8MiB")] = Field(
        "512KiB", description="Larger input records go to the dead letter."
    )
    settle: Annotated[int, Duration("0s", "10m")] = Field(
        "30s", description="How long timers wait after a lost broker is back."
    )
    max_hold: Annotated[int, Duration("1s", "1h")] = Field(
        "2m", description="How long an input without an owner holds facts back."
    )

    @model_validator(mode="after")
    def _memory_outlasts_lateness(self) -> Self:
        if self.retention < self.max_lateness:
            hint = "late records would meet a forgotten ticket"
            refuse([("retention", "at least max_lateness", duration_text(self.retention), hint)])
        return self


class Kafka(Section):
    """Time-outs towards the brokers and the life of a partition."""

    session_timeout: Annotated[int, Duration("6s", "5m")] = Field(
        "30s", description="A worker silent for longer loses its partitions."
    )
    heartbeat_interval: Annotated[int, Duration("100ms", "1m")] = Field(
        "3s", description="At most a third of session_timeout."
    )
    rebalance_timeout: Annotated[int, Duration("5s", "10m")] = Field(
        "60s", description="Longest wait for all workers to rejoin the group."
    )
    transaction_timeout: Annotated[int, Duration("1s", "15m")] = Field(
        "10s", description="After it the broker aborts a dead worker's unit."
    )
    progress_timeout: Annotated[int, Duration("5s", "1h")] = Field(
        "30s", description="A partition that stands still for longer ends the process."
    )
    stop_timeout: Annotated[int, Duration("1s", "10m")] = Field(
        "10s", description="Grace for the units in flight after SIGTERM."
    )

    @model_validator(mode="after")
    def _heartbeats_fit_the_session(self) -> Self:
        findings: list[Finding] = []
        if self.heartbeat_interval * 3 > self.session_timeout:
            findings.append(
                (
                    "heartbeat_interval",
                    "at most a third of session_timeout",
                    duration_text(self.heartbeat_interval),
                    None,
                )
            )
        if self.rebalance_timeout < self.session_timeout:
            findings.append(
                ("rebalance_timeout", "at least session_timeout", duration_text(self.rebalance_timeout), None)
            )
        refuse(findings)
        return self


class Log(Section):
    """What is written to stderr."""

    format: Literal["json", "console"] = Field("json", description="One JSON object a line, or lines for people.")
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Of slamon; Kafka's own clients start at warning."
    )


def _brokers(given: str) -> str:
    """The list of brokers, each `host:port`."""
    for broker in given.split(","):
        host, _, port = broker.strip().rpartition(":")
        if not host or "/" in host or "@" in host or not port.isdigit() or not 0 < int(port) < 65536:
            hint = "no scheme and no credentials here: see security" if "/" in broker or "@" in broker else None
            got = "***" if "@" in broker else broker.strip()
            raise PydanticCustomError(
                "expected", "{expected}", {"expected": "host:port, separated by commas", "got": got, "hint": hint}
            )
    return ",".join(broker.strip() for broker in given.split(","))


def _checked(check: Callable[[str], str]) -> BeforeValidator:
    return BeforeValidator(lambda given: check(given) if isinstance(given, str) else given)


class Settings(Section):
    """Everything a worker is told. See `load`."""

    bootstrap: Annotated[str, _checked(_brokers)] = Field(
        "localhost:9092", description="Kafka brokers, `host:port`, separated by commas."
    )
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] = Field(
        "slamon.", description="Begins the name of every topic; without its last dot it is the consumer group."
    )
    partitions: int = Field(8, ge=1, le=10_000, description="Partitions of every topic; never changed for a group.")
    policies: list[FilePath] = Field(
        default_factory=list, max_length=1000, description="Policy files, or folders of them."
    )
    datadir: FilePath = Field(
        Path("slamon-data"), description="Local state; can be rebuilt from Kafka. One folder a worker."
    )
    http_host: Host = Field("0.0.0.0", description="Address of metrics, health and API.")  # noqa: S104  a scrape comes from outside
    http_port: int = Field(8080, ge=0, le=65535, description="Port of metrics, health and API; 0 takes a free one.")
    access: Access = Field(default_factory=Access, description=Access.__doc__)
    instance_id: Name | None = Field(
        None, description="Stable name of this worker in the group: restarts move no partitions."
    )
    standby_replicas: int = Field(
        0, ge=0, le=1, description="Copies of each partition's state that other workers keep, to take over sooner."
    )
    clock: Literal["wall", "records"] = Field(
        "wall", description="`records`: time comes from watermark records (tests, backtests)."
    )
    clocks_topic: Literal["none", "json", "connect"] = Field(
        "none",
        description="Whether every open clock stands in the compacted topic `clocks`, and as what (clocks.md).",
    )
    inputs: list[Input] = Field(default_factory=list, max_length=100, description="Topics of foreign records.")
    limits: Limits = Field(default_factory=Limits, description=Limits.__doc__)
    kafka: Kafka = Field(default_factory=Kafka, description=Kafka.__doc__)
    security: Security = Field(default_factory=Security, description=Security.__doc__)
    log: Log = Field(default_factory=Log, description=Log.__doc__)
    notify: Notify = Field(default_factory=Notify, description=Notify.__doc__)

    @model_validator(mode="after")
    def _inputs_differ_and_fit(self) -> Self:
        findings: list[Finding] = []
        for key in ("name", "topic"):
            seen: set[str] = set()
            for index, entry in enumerate(self.inputs):
                value = getattr(entry, key)
                if value in seen:
                    findings.append((f"inputs[{index}].{key}", f"a {key} that no other input has", value, None))
                seen.add(value)
        refuse([*findings, *too_large([one.ingest for one in self.inputs], self.limits.max_record)])
        return self

    @property
    def group(self) -> str:
        """The consumer group, and the first part of every transactional id."""
        return self.prefix.rstrip(".")
