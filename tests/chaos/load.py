"""The seeded load of a run: tickets and words of monitors in the order of their sending, and what a seed decides of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from random import Random

import orjson

from slamon.simulation.stream import Plan, Sending, stream
from slamon.simulation.watch import Watch, beside, words
from slamon.sla.instants import render

POLICIES = Path(__file__).with_name("policies.yaml").read_text()
START = (
    1_767_603_600_000  # 2026-01-05T09:00:00Z: virtual time begins there, so that a seed gives the same bytes for ever
)
STEP_MS = 2_000
REAL_SPEED = 4


@dataclass(frozen=True)
class Load:
    """`end` is where partition time stands in the end; `pace` real seconds for all of it (None: as time passes)."""

    sendings: Sequence[Sending]
    end: int
    policies: str
    pace: float | None
    late: frozenset[str] = field(default=frozenset())  # subjects whose records came out of order

    def steps(self) -> Iterator[tuple[int, list[Sending]]]:
        """(virtual instant at its end, records) in the order of sending."""
        for step, group in groupby(self.sendings, key=lambda one: one.at // STEP_MS):
            yield (step + 1) * STEP_MS, list(group)


def virtual(seed: int, tickets: int = 30, pace: float = 6.0) -> Load:
    """Minutes of event time in seconds: partition time comes from the records (`--clock records`)."""
    sendings = _sendings(START, seed, tickets, 1, bad=True)
    return Load(sendings, sendings[-1].at + 400_000, POLICIES, pace, _late(sendings))


def slow(seed: int) -> Load:
    """Three times as slow, for what takes its time."""
    return virtual(seed, pace=18.0)


def real(seed: int, start: int, tickets: int = 30) -> Load:
    """The same four times as fast, at the wall clock's own instants; nothing is late, so nothing may be corrected."""
    faster = [one for one in _sendings(start, seed, tickets, REAL_SPEED, bad=True) if one.what != "late"]
    policies = re.sub(r"(\d+)s\b", lambda found: f"{max(1, int(found[1]) // REAL_SPEED)}s", POLICIES)
    return Load(faster, faster[-1].at + 25_000, policies, None, _late(faster))


def shuffled(load: Load, seed: int, window: int = 25) -> Load:
    """The same records, those of a window in any order."""
    draw, sendings = Random(f"{seed}/shuffle"), []
    for first in range(0, len(load.sendings), window):
        block = list(load.sendings[first : first + window])
        at = [one.at for one in block]
        draw.shuffle(block)
        sendings += [replace(one, at=instant) for one, instant in zip(block, at, strict=True)]
    return replace(load, sendings=sendings, late=frozenset(one.key.decode() for one in sendings))


def burst(seed: int, tickets: int = 3_000) -> Load:
    """Tickets of one instant, so that all their deadlines are of one instant as well."""
    sendings = []
    for number in range(tickets):
        name = f"C{seed}-{number}"
        record = {
            "ticket": name,
            "id": f"{name}/0",
            "at": render(START),
            "event": "created",
            "fields": {"status": "open", "priority": "P1"},
        }
        sendings.append(Sending(START, number, name.encode(), orjson.dumps(record)))
    last = {
        "ticket": f"C{seed}-last",
        "id": "0",
        "at": render(START + 60_000),
        "event": "created",
        "fields": {"status": "open"},
    }
    sendings.append(Sending(START + 60_000, tickets, f"C{seed}-last".encode(), orjson.dumps(last)))
    return Load(sendings, START + 400_000, POLICIES, 3.0)


def _sendings(start: int, seed: int, tickets: int, speed: float, *, bad: bool) -> list[Sending]:
    plan = Plan(start, seed=seed, rate=speed, speed=speed, tickets=tickets, bad=bad, name=f"C{seed}-")
    watch = Watch(start, seed=seed, services=2, beat=3.0 / speed, outages=3.0, speed=speed, bad=bad)
    return [one for one in beside(stream(plan), words(watch)) if one.at >= 0]


def _late(sendings: Sequence[Sending]) -> frozenset[str]:
    """Subjects of which a record was sent after one of a later instant, or of an earlier step."""
    return frozenset(one.key.decode() for one in sendings if one.what == "late")
