"""The topics of one installation by role (architecture 6): how many partitions, how long kept, compacted or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DAY_MS = 86_400_000
OUTPUT_DAYS = 400  # a year's period can still be reported a month after its end


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What one topic must be: `single` topics have one partition, the others the number of the installation."""

    role: str
    configs: Mapping[str, str] = field(default_factory=dict)
    retention_ms: int | None = None  # the least that is right; None: compacted, kept for ever
    single: bool = False
    growable: bool = False  # more partitions may be added, since slamon writes to partition numbers
    optional: bool = False  # a worker does without

    @property
    def policy(self) -> str:
        return "compact" if self.retention_ms is None else "delete"

    def partitions(self, expected: int) -> int:
        return 1 if self.single else expected

    def all_configs(self) -> dict[str, str]:
        retention = {} if self.retention_ms is None else {"retention.ms": str(self.retention_ms)}
        return {"cleanup.policy": self.policy, **retention, **self.configs}


# The broker's clock: a producer with a wrong one can neither age a record out of the topic at once nor keep it for ever,
# and `max_future` (semantics 4.4) is judged against it.
BROKER_TIME = {"message.timestamp.type": "LogAppendTime"}
LARGE = {"max.message.bytes": str(2 * 1024 * 1024)}  # a record of 512 KiB, its headers, and room
# A directory that was away longer is rebuilt (architecture 3); a week outlasts a long weekend.
CHANGELOG = {
    "delete.retention.ms": str(7 * DAY_MS),
    "min.cleanable.dirty.ratio": "0.3",
    "segment.bytes": str(128 << 20),
}

FACTS, PAGES = ("warnings", "breaches", "outcomes"), "pages"
PAGES_SPEC = TopicSpec(
    PAGES, LARGE, growable=True, optional=True
)  # of `slamon notify`, which makes it where it is missing
SPECS = (
    TopicSpec("tickets", {**BROKER_TIME, **LARGE}, 7 * DAY_MS),
    TopicSpec("uptime", {**BROKER_TIME, **LARGE}, 7 * DAY_MS),
    TopicSpec("warnings", LARGE, OUTPUT_DAYS * DAY_MS, growable=True),
    TopicSpec("breaches", LARGE, OUTPUT_DAYS * DAY_MS, growable=True),
    TopicSpec("outcomes", LARGE, OUTPUT_DAYS * DAY_MS, growable=True),
    TopicSpec("deadletter", {**BROKER_TIME, **LARGE}, 90 * DAY_MS, growable=True),
    # One partition: publications are ordered by their offsets.
    TopicSpec("policies", {**BROKER_TIME, "max.message.bytes": str(4 * 1024 * 1024)}, single=True),
    TopicSpec("changelog", {**LARGE, **CHANGELOG}),
    PAGES_SPEC,
)
# Written only where a setting says so. Who reads it must not be away for longer than a tombstone is kept.
CLOCKS = TopicSpec("clocks", {**LARGE, **CHANGELOG}, growable=True)
KEYED = ("tickets", "uptime", "changelog")  # these three decide how many partitions an installation has


def specs_of(*, clocks: bool) -> tuple[TopicSpec, ...]:
    """Those of an installation that writes the topic of open clocks, or does not."""
    return (*SPECS, CLOCKS) if clocks else SPECS


@dataclass(frozen=True, slots=True)
class Seen:
    """A topic as the broker describes it."""

    partitions: int
    replication: int
    configs: Mapping[str, str]
