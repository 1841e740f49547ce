"""One ticket from its creation to its end, drawn from a seed: what happens, when, and what the source tells of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from slamon.simulation.desk import (
    AGENTS,
    CUSTOMERS,
    GROUPS,
    PACES,
    PRIORITIES,
    SPREAD,
    TITLES,
    TYPES,
    URL,
    Pace,
)

MAX_TURNS = 4
SOLVED, WAITING, WORKING = "resolved", "waiting for customer", "in progress"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happens to the ticket `after` seconds from its creation; `told` is the rest of its record."""

    after: float
    told: Mapping[str, Any]


@dataclass(slots=True)
class Life:
    """A ticket's life as it is drawn; `live` draws all of it."""

    ticket: str
    draw: Random
    speed: float = 1.0
    now: float = 0.0
    priority: str = ""
    group: str = ""
    moments: list[Moment] = field(default_factory=list)

    def live(self) -> list[Moment]:
        """Every moment in order, the creation first."""
        self._create()
        self._answer(first=True)
        for _ in range(self.draw.randrange(MAX_TURNS)):
            self._turn()
        self._end()
        return self.moments

    @property
    def _pace(self) -> Pace:
        return PACES[self.priority]

    def _tell(self, event: str, fields: Mapping[str, Any] | None = None, **more: Any) -> None:
        told = {"event": event, **more} | ({"fields": fields} if fields else {})
        self.moments.append(Moment(self.now, told))

    def _pass(self, median: float) -> None:
        """Let time go by: a lognormal around the median, as handling times are."""
        self.now += self.draw.lognormvariate(math.log(median / self.speed), SPREAD)

    def _pick(self, weights: Mapping[str, int]) -> str:
        return self.draw.choices(list(weights), list(weights.values()))[0]

    def _happens(self, share: float) -> bool:
        return self.draw.random() < share

    def _create(self) -> None:
        self.priority, self.group = self._pick(PRIORITIES), self._pick(GROUPS)
        fields = {
            "status": "open",
            "priority": self.priority,
            "group": self.group,
            "customer": self._pick(CUSTOMERS),
            "type": self._pick(TYPES),
            "title": self.draw.choice(TITLES[self.group]),
            "url": URL.format(self.ticket),
            "assignee": None,
        }
        self._tell("created", fields, by="customer")

    def _answer(self, first: bool = False) -> None:
        """An agent writes, the first one after somebody has taken the ticket."""
        if first:
            self._pass(self._pace.reply / 2)
            self._tell("assigned", {"assignee": self.draw.choice(AGENTS), "status": WORKING}, by="agent")
        self._pass(self._pace.reply / (2 if first else 1))
        self._tell("replied", by="agent", public=True)

    def _turn(self) -> None:
        """A share of the way to the solution, and what comes between."""
        self._pass(self._pace.solve / MAX_TURNS)
        self.draw.choice((self._wait, self._wait, self._ask, self._hand_over, self._reprioritise, self._note))()

    def _wait(self) -> None:
        """The agent asks; the clock stands until the customer answers."""
        self._tell("updated", {"status": WAITING}, by="agent")
        self._pass(self._pace.solve / 2)
        self._tell("replied", {"status": WORKING}, by="customer", public=True)
        self._answer()

    def _ask(self) -> None:
        self._tell("replied", by="customer", public=True)
        self._answer()

    def _hand_over(self) -> None:
        self.group = self.draw.choice([group for group in GROUPS if group != self.group])
        self._tell("updated", {"group": self.group, "assignee": self.draw.choice(AGENTS)}, by="agent")

    def _reprioritise(self) -> None:
        self.priority = self.draw.choice([priority for priority in PRIORITIES if priority != self.priority])
        self._tell("updated", {"priority": self.priority}, by="agent")

    def _note(self) -> None:
        self._tell("replied", by="agent", public=False)

    def _end(self) -> None:
        if self._happens(0.04):
            self._tell(self.draw.choice(("merged", "spam", "cancelled")), by="agent")
            return
        self._solve(self._pace.solve / 2)
        if self._happens(0.12):
            self._pass(self._pace.solve / 2)
            self._tell("reopened", {"status": WORKING}, by="customer")
            self._solve(self._pace.solve / 2)
        if self._happens(0.6):
            self._pass(self._pace.solve)
            self._tell("closed", {"status": "closed"}, by="system")

    def _solve(self, median: float) -> None:
        self._pass(median)
        self._tell("resolved", {"status": SOLVED}, by="agent")
