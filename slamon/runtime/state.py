"""The states of a partition on a worker."""

from enum import StrEnum


class State(StrEnum):
    """Of a partition on this worker (architecture.md 5)."""

    REVOKED = "revoked"
    FENCING = "fencing"
    RECOVERING = "recovering"
    CATCHING_UP = "catching_up"
    ACTIVE = "active"
    DRAINING = "draining"
