"""Facts that left: of tickets that were folded at once, and of what went through the engine."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from slamon.engine.unit import Outgoing
from slamon.sla.events import What
from slamon.sla.instants import parse

WHATS = {what.value: number for number, what in enumerate(What)}


class Left(NamedTuple):
    """A fact that left: when, of what kind of subject, whose, what, and the bytes of its record."""

    at: int
    kind: str
    subject: str
    what: str
    value: bytes


@dataclass(slots=True)
class Facts:
    """Hears what leaves the partition. Every record was applied before, so nothing is ever corrected."""

    left: list[Left] = field(default_factory=list)
    refused: list[Outgoing] = field(default_factory=list)

    def hear(self, outgoing: Iterable[Outgoing]) -> None:
        """Take in what left."""
        for record in outgoing:
            if record.topic == "deadletter":
                self.refused.append(record)
                continue
            event = orjson.loads(record.value)
            value = bytes(memoryview(record.value))  # orjson's own keep a buffer several times their length
            kind = event["type"].split(".")[2]  # io.slamon.KIND.WHAT.v1
            self.left.append(Left(parse(event["time"]), kind, event["subject"], event["data"]["what"], value))

    def ordered(self) -> list[Left]:
        """By instant, then by subject; one subject's facts of one instant in the order people tell them."""
        return sorted(self.left, key=lambda one: (one.at, one.subject, one.kind, WHATS[one.what]))
