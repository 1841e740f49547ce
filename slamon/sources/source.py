"""What a source is: a pure mapping, what it can show, and what identifies its records. Knows no Kafka."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from slamon.sla.events import InvalidRecord, ServiceEvent, State, TicketEvent

SIGNALS = frozenset({
    "created", "public_reply", "customer_message", "acknowledged", "assigned", "resolved", "closed", "reopened",
    "status", "priority", "group", "deleted",
})  # fmt: skip
ANNOUNCED = "announced"  # planned maintenance, before it begins
UPTIME_SIGNALS = frozenset({*(state.value for state in State), ANNOUNCED})

Headers = Mapping[str, str]
Map = Callable[[Any, Headers, int], Sequence[TicketEvent] | Sequence[ServiceEvent]]
Role = Literal["tickets", "uptime"]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of foreign payload.

    `map(payload, headers, received_ms)` gives canonical events, none for what is understood and of no interest, and
    raises InvalidRecord for the rest; all of them go to the topic `role`. `shows` is a part of SIGNALS, or of
    UPTIME_SIGNALS; `record_id` a sentence for people.
    `subject_of_key(key)` names the ticket of a tombstone by its key (parsed JSON, or text), if the key can tell;
    with `own_key` the key itself is the ticket or service. `configure(raw)` gives the source as a mapping file
    (YAML, already parsed) wants it, and raises MappingError; None: it takes no mapping.
    """

    name: str
    map: Map
    shows: frozenset[str]
    record_id: str
    subject_of_key: Callable[[Any], str | None] | None = None
    family: str | None = None
    role: Role = "tickets"
    own_key: bool = False
    configure: "Callable[[Any], Source] | None" = None

    @property
    def spoken(self) -> str:
        """What its events give as their `source`: the family's name, if several mappings read one tool."""
        return self.family or self.name

    def __post_init__(self) -> None:
        if unknown := self.shows - SIGNALS - UPTIME_SIGNALS:
            raise ValueError(f"source {self.name}: unknown signals {sorted(unknown)}")


class PartlyInvalid(InvalidRecord):
    """A record of many parts, some of which can't be read: what the others say stands in `events` and counts."""

    def __init__(self, reason: str, message: str, events: Sequence[ServiceEvent]) -> None:
        super().__init__(reason, message)
        self.events = events
