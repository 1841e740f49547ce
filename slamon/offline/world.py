"""What a reader of the three fact topics knows after everything it was told: facts, withdrawn and reinstated."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from slamon.engine.unit import Outgoing
from slamon.sla.instants import parse


@dataclass(frozen=True, slots=True)
class Told:
    """One fact as it was told: `value` are the bytes of its record, `data` what the event says."""

    id: str
    topic: str
    at: int
    subject: str
    data: dict[str, Any]
    value: bytes

    @property
    def what(self) -> str:
        return str(self.data["what"])


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction as it was told, and the fact it speaks of."""

    at: int
    reason: str
    reinstates: bool
    fact: Told


class World:
    """Hears records of the fact topics in the order they leave; `facts` are those that stand now, by id."""

    def __init__(self) -> None:
        self.facts: dict[str, Told] = {}
        self.corrections: list[Corrected] = []
        self.refused: list[Outgoing] = []
        self._ever: dict[str, Told] = {}
        self._heard: set[str] = set()

    def hear(self, outgoing: Iterable[Outgoing]) -> None:
        """Take in what left; a correction that comes on two topics counts once."""
        for record in outgoing:
            if record.topic == "deadletter":
                self.refused.append(record)
                continue
            event = orjson.loads(record.value)
            if event["id"] in self._heard:
                continue
            self._heard.add(event["id"])
            if event["data"]["what"] == "correction":
                self._correct(event)
            else:
                self._learn(record, event)

    def standing(self) -> list[Told]:
        """The facts that stand, by instant, in the order they were told within one."""
        return sorted(self.facts.values(), key=lambda told: told.at)

    def _learn(self, record: Outgoing, event: dict[str, Any]) -> None:
        told = Told(event["id"], record.topic, parse(event["time"]), event["subject"], event["data"], record.value)
        self.facts[told.id] = self._ever[told.id] = told

    def _correct(self, event: dict[str, Any]) -> None:
        data = event["data"]
        fact = self._ever[data["corrects"]]
        if "fact" in data:
            fact = self._ever[fact.id] = replace(fact, data=data["fact"])
        if data["reinstates"]:
            self.facts[fact.id] = fact
        else:
            self.facts.pop(fact.id, None)
        self.corrections.append(Corrected(parse(event["time"]), data["reason"], data["reinstates"], fact))
