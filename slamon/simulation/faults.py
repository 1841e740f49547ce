"""What goes wrong on the way: records that come late, come twice, or cannot be read."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import orjson

LATE, TWICE, BROKEN = 0.03, 0.02, 0.02  # shares of all records


def lateness(draw: Random, speed: float) -> float:
    """Seconds between what happens and its record, mostly none."""
    return draw.uniform(1, 6) / speed if draw.random() < LATE else 0.0


def repetition(draw: Random, speed: float) -> float | None:
    """Seconds until the same record is delivered again, if it is."""
    return draw.uniform(0, 3) / speed if draw.random() < TWICE else None


def _without_instant(record: Mapping[str, Any]) -> bytes:
    return orjson.dumps({key: value for key, value in record.items() if key != "at"})


def _cut(record: Mapping[str, Any]) -> bytes:
    return orjson.dumps(record)[:-9]


def _of_another_zone(record: Mapping[str, Any]) -> bytes:
    return orjson.dumps({**record, "at": str(record["at"]).rstrip("Z")})


def _misspelt(record: Mapping[str, Any]) -> bytes:
    return orjson.dumps({**record, "event": "solved"})


BREAKAGES: tuple[Callable[[Mapping[str, Any]], bytes], ...] = (_without_instant, _cut, _of_another_zone, _misspelt)


def broken(draw: Random, record: Mapping[str, Any]) -> bytes | None:
    """A record that nobody can read, sent beside the good one, if there is one."""
    return draw.choice(BREAKAGES)(record) if draw.random() < BROKEN else None
