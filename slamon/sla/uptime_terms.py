"""What a policy for services says beside its objectives: periods, what counts as down, maintenance, burn rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from slamon.sla.calendar import ALWAYS, Calendar
from slamon.sla.conditions import Condition

WEIGHT_ONE: Final = 10_000  # the weight of a second that counts whole
UNITS: Final = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Period:
    """What an objective is judged over: a calendar `unit` in a zone, or a rolling window of `span_ms` (semantics 5.2)."""

    text: str  # "month", "30d rolling"
    unit: str | None = None  # one of UNITS
    span_ms: int | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class BurnRate:
    """Both windows burn at least `factor` (in hundredths) times as fast as the budget lasts (semantics 5.8)."""

    factor: int
    long_ms: int
    short_ms: int


@dataclass(frozen=True, slots=True)
class UptimeTerms:
    """How a policy counts the time of a service (semantics 5.3-5.6)."""

    hours: Calendar = ALWAYS
    maintenance: str = "exclude"  # exclude | count_up | count_down
    at_most_ms: int | None = None  # of maintenance in a period; what is beyond counts as down
    notice_ms: int | None = None  # how long before its start maintenance must have been announced
    degraded: int = 0  # its weight, in parts of WEIGHT_ONE
    min_outage_ms: int = 0
    no_data: str = "unknown"  # unknown | up | down
    stale_after_ms: int | None = None  # of a record without a ttl; None: a word holds until the next one
    quorum: str = "any"  # any | majority | all: how many monitors must say so for the service to be down


class Windows(Protocol):
    """Spans of planned maintenance, perhaps endlessly many."""

    def between(self, start_ms: int, end_ms: int) -> Sequence[tuple[int, int]]:
        """Every window that overlaps [start, end), whole, ordered, disjoint."""
        ...


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned windows of the services that `when` selects, for the named policies (none: for all).

    `announced` None is the activation of the first version that holds these very windows; `content` tells them apart.
    """

    name: str
    windows: Windows
    content: str
    when: Condition | None = None
    policies: frozenset[str] = frozenset()
    announced: int | None = None
    reason: str = ""
