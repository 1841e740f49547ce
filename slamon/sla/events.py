"""What comes in and what goes out: ticket records and facts, frozen. Knows no bytes, no policy, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slamon.sla.enums import Word, plain

Value = str | int | float | bool | None | tuple[str, ...]


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


ENDINGS = frozenset({Kind.CANCELLED, Kind.MERGED, Kind.DELETED, Kind.SPAM})

# Semantics 3.4: stop, cancel, pause, resume, change, reset. Replies and acknowledgements stand before resolutions,
# so that a reply in the very instant of the resolve still counts as a reply.
RANK: Mapping[Kind, int] = {
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


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """One record of one ticket, as its source told it.

    `at` and `created_at` are epoch milliseconds. `fields` holds facts, never differences: an absent field is
    unchanged, None is cleared. Well-known fields: status, priority, group, assignee, customer, title, url, type.
    """

    ticket: str
    id: str
    at: int
    kind: Kind
    fields: Mapping[str, Value] = field(default_factory=dict)
    revision: int | None = None
    by: str | None = None
    public: bool | None = None
    created_at: int | None = None
    source: str = "canonical"

    @property
    def order(self) -> tuple[int, int, int, int, str]:
        """The place of this record among the records of its ticket (semantics 3.4)."""
        revision = -1 if self.revision is None else self.revision
        return (self.at, self.kind is not Kind.CREATED, revision, RANK[self.kind], self.id)


class InvalidTicketEvent(ValueError):
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


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that became true of one clock at `at`; `id` follows from clock, what, threshold and instant alone.

    `body` is everything its reader is told (clock, policy, context, explanation), as plain JSON values.
    """

    id: str
    what: What
    subject: str
    clock_id: str
    at: int
    threshold: str | None
    draft: bool
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Correction:
    """The withdrawal (or, with `reinstates`, the return) of a fact that was already sent; `n` counts them per fact."""

    fact: Fact
    n: int
    reinstates: bool
    reason: str
    at: int
