"""What a running worker tells of itself: plain values, so that health, metrics and API need no Kafka to be tested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from slamon.service.due import Wanted
from slamon.sla.policy import PolicySet

ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """One owned partition. Instants are epoch milliseconds; `lag` is records not applied, by role of the topic."""

    number: int
    state: str  # revoked | fencing | recovering | catching_up | active | draining
    partition_time: int | None = None
    behind: bool = False
    lag: Mapping[str, int] = field(default_factory=dict)
    recovery_remaining: int = 0
    recovery_started_at: int | None = None  # None: no recovery under way
    state_keys: int = 0
    state_bytes: int = 0


@dataclass(frozen=True, slots=True)
class StandbyStatus:
    """A copy of a partition that another worker owns; `lag` is changelog records it has still to read, None if not known yet."""

    number: int
    state: str  # catching_up | level
    lag: int | None = None
    state_keys: int = 0
    state_bytes: int = 0


@dataclass(frozen=True, slots=True)
class InputStatus:
    """One input, or one of the clocks' own topics (name `tickets`, `uptime`)."""

    name: str
    topic: str
    source: str
    last_record_at: int | None = None
    lag: int = 0
    silent: bool = False


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """The worker at the instant `now`; `expected_partitions` are those of all workers; `assigned` says whether the group has given it its share, be it nothing."""

    now: int
    assigned: bool = False
    ticked_at: int | None = None
    policies: str | None = None  # version in force
    partitions: Sequence[PartitionStatus] = ()
    inputs: Sequence[InputStatus] = ()
    expected_partitions: int = 0
    open_transactions: Mapping[str, int] = field(default_factory=dict)  # topic or input -> ms its oldest has stood open
    name: str | None = None
    address: str | None = None  # at which other workers find it
    standbys: Sequence[StandbyStatus] = ()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The partition is not ours."""

    partition: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list in its order, from the partitions that were `read`.

    `more` says that the list goes on, `truncated` that a partition holds too much to be looked at whole.
    """

    found: Sequence[Mapping[str, Any]]
    read: frozenset[int]
    more: bool = False
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """The policies in force: since when (epoch ms; None: they were the first), their canonical text, and what follows them."""

    policies: PolicySet
    text: bytes
    since: int | None = None
    next_version: str | None = None
    next_at: int | None = None


class StatusSource(Protocol):
    """What the HTTP server asks of the worker it stands in."""

    def status(self) -> WorkerStatus:
        """The worker now; at once."""
        ...

    def policies(self) -> Published | None:
        """The policies in force, None before any were published; at once."""
        ...

    def others(self) -> Mapping[str, frozenset[int]]:
        """The partitions of the other workers by the address each goes by in the group."""
        ...

    async def ticket(self, ticket: str) -> Mapping[str, Any] | Elsewhere | None:
        """The explanation of the ticket's clocks as JSON values; None if no such ticket is known."""
        ...

    async def service(self, service: str) -> Mapping[str, Any] | Elsewhere | None:
        """The same of a service."""
        ...

    async def services(self, after: str, limit: int) -> Page:
        """So many services of this worker, by id, after the one named."""
        ...

    async def at_risk(self, wanted: Wanted) -> Page:
        """The open clocks of this worker that are due soonest."""
        ...
