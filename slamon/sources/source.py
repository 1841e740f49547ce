"""What a source is: a pure mapping, what it can show, and what identifies its records. Knows no Kafka."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slamon.sla.events import TicketEvent

SIGNALS = frozenset({
    "created", "public_reply", "customer_message", "acknowledged", "assigned", "resolved", "closed", "reopened",
    "status", "priority", "group", "deleted",
})  # fmt: skip

Headers = Mapping[str, str]
Map = Callable[[Any, Headers, int], list[TicketEvent]]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of foreign payload.

    `map(payload, headers, received_ms)` gives canonical events, none for what is understood and of no interest, and
    raises InvalidRecord for the rest. `shows` is a part of SIGNALS, `record_id` a sentence for people.
    `ticket_of_key(key)` names the ticket of a tombstone by its key (parsed JSON, or text), if the key can tell.
    """

    name: str
    map: Map
    shows: frozenset[str]
    record_id: str
    ticket_of_key: Callable[[Any], str | None] | None = None
    family: str | None = None

    @property
    def spoken(self) -> str:
        """What its events give as their `source`: the family's name, if several mappings read one tool."""
        return self.family or self.name

    def __post_init__(self) -> None:
        if not self.shows <= SIGNALS:
            raise ValueError(f"source {self.name}: unknown signals {sorted(self.shows - SIGNALS)}")
