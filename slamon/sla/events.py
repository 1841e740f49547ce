"""What comes in and what goes out: records of tickets and services, and facts, frozen. Knows no bytes, policy or clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slamon.sla.enums import Word, plain

Value = str | int | float | bool | None | tuple[str, ...]
# The place of a record among those of its subject (semantics 3.4). The second part is a bool of tickets, an int of
# services, and kept as it is: it stands in the bytes of the state.
Order = tuple[int, int | bool, int, int, str]
Labels = tuple[str, str, str, str]  # of a fact, as it is counted: policy, objective, priority, kind of the policy


@plain
class Kind(Word):
    """What a ticket record reports; `snapshot` is a whole row as polling connectors deliver it."""

    CREATED = "created"
    UPDATED = "updated"
    SNAPSHOT = "snapshot"
    REPLIED = "replied"  # a message: `by` agent or customer, `public` or internal
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    PAUSED = "paused"  # an explicit hold; most sources pause by status instead
    RESUMED = "resumed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    CANCELLED = "cancelled"
    MERGED = "merged"
    DELETED = "deleted"
    SPAM = "spam"
    RESTORED = "restored"  # takes back cancelled, merged, deleted and spam


ENDINGS: Final = frozenset({Kind.CANCELLED, Kind.MERGED, Kind.DELETED, Kind.SPAM})

# Semantics 3.4: stop, cancel, pause, resume, change, reset. Replies and acknowledgements stand before resolutions,
# so that a reply in the very instant of the resolve still counts as a reply.
RANK: Final[Mapping[Kind, int]] = {
    Kind.REPLIED: 0,
    Kind.ACKNOWLEDGED: 0,
    Kind.ASSIGNED: 0,
    Kind.RESOLVED: 1,
    Kind.CLOSED: 1,
    Kind.CANCELLED: 2,
    Kind.MERGED: 2,
    Kind.DELETED: 2,
    Kind.SPAM: 2,
    Kind.PAUSED: 3,
    Kind.RESUMED: 4,
    Kind.CREATED: 5,
    Kind.UPDATED: 5,
    Kind.SNAPSHOT: 5,
    Kind.RESTORED: 5,
    Kind.REOPENED: 6,
}


@dataclass(slots=True, init=False)
class TicketEvent:
    """One record of one ticket, as its source told it.

    `at` and `created_at` are epoch milliseconds. `fields` holds facts, never differences: an absent field is
    unchanged, None is cleared. Well-known fields: status, priority, group, assignee, customer, title, url, type.
    """

    ticket: Final[str]
    id: Final[str]
    at: Final[int]
    kind: Final[Kind]
    fields: Final[dict[str, Value]]  # a dict is asked at once where it is compiled, a Mapping by its method's name
    revision: Final[int | None]
    by: Final[str | None]
    public: Final[bool | None]
    created_at: Final[int | None]
    source: Final[str]

    # Written out, as in all that comes into being with each record: mypyc compiles it, and leaves a dataclass's own to Python.
    def __init__(
        self, ticket: str, id: str, at: int, kind: Kind, fields: dict[str, Value] | None = None,  # noqa: A002
        revision: int | None = None, by: str | None = None, public: bool | None = None, created_at: int | None = None,
        source: str = "canonical",
    ) -> None:  # fmt: skip
        self.ticket, self.id, self.at, self.kind, self.fields = ticket, id, at, kind, {} if fields is None else fields
        self.revision, self.by, self.public, self.created_at, self.source = revision, by, public, created_at, source

    @property
    def order(self) -> Order:
        """The place of this record among the records of its ticket (semantics 3.4)."""
        revision = -1 if self.revision is None else self.revision
        return (self.at, self.kind is not Kind.CREATED, revision, RANK[self.kind], self.id)

    @property
    def subject(self) -> str:
        """The ticket."""
        return self.ticket


@plain
class State(Word):
    """What a monitor says of a service (semantics 5.1)."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"


# Of two words of one monitor for one instant the worse one stands.
STATE_RANK: Final[Mapping[State | None, int]] = {
    None: 0, State.UP: 1, State.DEGRADED: 2, State.UNKNOWN: 3, State.MAINTENANCE: 4, State.DOWN: 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Announced:
    """Maintenance that a record announces, `[start, end)`; announced again under its name it moves, empty it is off."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """One record of one service: a state as one monitor saw it, an announcement, fields, or its end (`deleted`).

    `at` is epoch milliseconds; `ttl`, in milliseconds, is how long the word holds without another one. `location` names
    the monitor among several. Only policies of the `customer`'s agreements hear a record that names one.
    """

    service: str
    id: str
    at: int
    state: State | None = None
    ttl: int | None = None
    location: str = ""
    customer: str | None = None
    announced: Announced | None = None
    deleted: bool = False
    fields: Mapping[str, Value] = field(default_factory=dict)
    revision: int | None = None
    source: str = "canonical"

    @property
    def order(self) -> Order:
        """The place of this record among the records of its service (semantics 3.4)."""
        revision = -1 if self.revision is None else self.revision
        return (self.at, 1, revision, STATE_RANK[self.state], self.id)

    @property
    def subject(self) -> str:
        """The service."""
        return self.service


class InvalidRecord(ValueError):
    """A record its producer must mend: it goes to the dead letter with `reason` (a constant) and this message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@plain
class What(Word):
    """What a fact says."""

    WARNING = "warning"
    CLEARED = "cleared"
    BREACH = "breach"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"
    STATEMENT = "statement"


@dataclass(slots=True, init=False)
class Fact:
    """Something that became true of one clock at `at`; `id` follows from clock, what, threshold and instant alone.

    `body` is everything its reader is told (clock, policy, context, explanation), as plain JSON values; `text` is its
    JSON, None where that may be written in several ways, and then `values` are at hand.
    """

    id: Final[str]
    what: Final[What]
    subject: Final[str]
    clock_id: Final[str]
    at: Final[int]
    threshold: Final[str | None]
    draft: Final[bool]
    labels: Final[Labels]
    text: Final[str | None]
    values: Final[dict[str, Any] | None]

    def __init__(
        self, id: str, what: What, subject: str, clock_id: str, at: int, threshold: str | None, draft: bool,  # noqa: A002
        labels: Labels, text: str | None, values: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.id, self.what, self.subject, self.clock_id, self.at = id, what, subject, clock_id, at
        self.threshold, self.draft, self.labels, self.text, self.values = threshold, draft, labels, text, values

    @property
    def body(self) -> dict[str, Any]:
        """Everything its reader is told."""
        if self.values is not None:
            return self.values
        told: dict[str, Any] = json.loads(self.text or "{}")
        return told


@dataclass(frozen=True, slots=True)
class Correction:
    """The withdrawal (or, with `reinstates`, the return) of a fact that was already sent; `n` counts them per fact."""

    fact: Fact
    n: int
    reinstates: bool
    reason: str
    at: int
