"""What the port reads: facts for the feed of the page, and the places at which lists go on."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from slamon.service.http.paging import cursor_of, place_of
from slamon.service.lately import UNREADABLE, line_of
from slamon.service.problem import Problem
from tests.fuzz.mangle import Mangler
from tests.fuzz.target import Target
from tests.notify.facts import breach, cleared, correction, ended, warning

FACTS = [warning(0), cleared(1), breach(), ended("met", 2), correction(warning(0)), correction(breach(), again=True)]
HEADERS: Sequence[list[tuple[str, bytes | None]]] = (
    [], [("live", b"true"), ("recordedtime", b"2024-01-08T12:00:00Z")], [("live", b"\xff"), ("recordedtime", b"\xff")],
    [("recordedtime", b"yesterday")], [("recordedtime", None)],
)  # fmt: skip
PLACES: Sequence[tuple[Any, ...]] = (("T-1", 1_704_470_400_000), (), (1,), ("x" * 4000,))


def _line(mangle: Mangler) -> None:
    fact = mangle.pick(FACTS)
    bent = mangle.pick((True, True, False))
    value = orjson.dumps(mangle.value(fact)) if bent else mangle.torn(orjson.dumps(fact))
    orjson.dumps(line_of(value, mangle.pick(HEADERS)))


def _cursor(mangle: Mangler) -> None:
    place = mangle.pick(PLACES)
    cursor = cursor_of(mangle.value(place) if mangle.pick((True, False)) else place)
    torn = mangle.torn(cursor.encode()).decode("utf-8", "replace")
    place_of(mangle.pick((cursor, torn)), *(type(part) for part in mangle.pick(PLACES)))


def targets() -> Iterator[tuple[str, Target]]:
    """Lines of the feed, and cursors."""
    yield "feed lines", Target(_line, UNREADABLE, 10)
    yield "cursors", Target(_cursor, (Problem,), 3)
