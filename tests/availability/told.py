"""What the judge says: facts, and periods as they stand."""

from dataclasses import dataclass, field

from tests.availability.account import Figures


@dataclass(frozen=True, order=True)
class Told:
    """A fact: of which objective and period, what, when, and about which threshold."""

    at: int
    objective: str
    cycle_start: int
    what: str
    threshold: str = ""


@dataclass
class Cycle:
    """One period of one objective as it stands when time has passed up to an instant."""

    objective: str
    start: int
    end: int
    stage: str
    breached_at: int | None
    ended_at: int | None
    figures: Figures
    told: list[Told] = field(default_factory=list)
