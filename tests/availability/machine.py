"""The machine as its readers know it: a partition fed with records of one service, and the facts that stand at the end."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from slamon.engine.unit import Outgoing
from slamon.sla.events import ServiceEvent
from slamon.sla.policy import PolicyBook
from tests.availability.told import Cycle, Told
from tests.kit import Bench, Reader, limits

Statements = dict[tuple[int, str], dict[str, Any]]  # by instant of the period's start and objective


class Timed(Reader):
    """A reader that also remembers the instant of each fact."""

    def __init__(self) -> None:
        super().__init__()
        self.instants: dict[str, int] = {}

    def hear(self, outgoing: Iterable[Outgoing]) -> None:
        outgoing = list(outgoing)
        super().hear(outgoing)
        for sent in outgoing:
            if sent.topic != "deadletter":
                event = orjson.loads(sent.value)
                self.instants[event["id"]] = instant(event["time"])


class Machine:
    """A bench that goes through a course; partition time never goes back."""

    def __init__(self, book: PolicyBook, tick_keys: int = 200) -> None:
        self.bench = Bench(book, limits(tick_keys=tick_keys))
        self.bench.reader = self.reader = Timed()
        self.time = 0

    def go(self, steps: Sequence[tuple[str, Any]]) -> None:
        for verb, what in steps:
            if verb == "tick":
                self.time = max(self.time, what)
                self.bench.tick(self.time)
            elif verb == "rebuild":
                self.bench.rebuild()
            elif what:
                self.bench.deliver(*what, time=self.time or None, caught_up=bool(self.time))

    def end(self, until: int) -> None:
        self.bench.tick(until)
        assert not self.reader.letters, self.reader.reasons()

    def told(self) -> list[Told]:
        """Every fact that stands, statements aside."""
        return sorted(
            Told(
                self.reader.instants[key],
                body["objective"],
                instant(body["cycle_start"]),
                body["what"],
                body.get("threshold") or "",
            )
            for key, body in self.reader.stands.items()
            if body["what"] != "statement"
        )

    def bodies(self, *what: str) -> dict[tuple[str, int], dict[str, Any]]:
        """The bodies of facts that stand, by objective and start of the period."""
        return {
            (body["objective"], instant(body["cycle_start"])): body
            for body in self.reader.stands.values()
            if body["what"] in what
        }

    def statements(self) -> list[tuple[int, dict[str, Any]]]:
        return sorted(
            (
                (self.reader.instants[key], body)
                for key, body in self.reader.stands.items()
                if body["what"] == "statement"
            ),
            key=lambda pair: (pair[0], pair[1]["cycle_start"]),
        )


def instant(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def expected(judged: dict[str, list[Cycle]]) -> list[Told]:
    """What the judge says is told, statements aside."""
    return sorted(one for cycles in judged.values() for cycle in cycles for one in cycle.told)


def run(book: PolicyBook, records: Sequence[ServiceEvent], until: int) -> Machine:
    """All records in one batch, then time passes."""
    machine = Machine(book)
    machine.go([("batch", tuple(records))])
    machine.end(until)
    return machine
