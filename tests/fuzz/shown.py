"""What is shown to people: facts in the feed of the page and as pages of pagers; and the places at which lists go on."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from slamon.notify.incident import incident_of, to_json
from slamon.notify.post import pagerduty, webhook
from slamon.notify.signals import Unreadable
from slamon.service.http.paging import cursor_of, place_of
from slamon.service.lately import UNREADABLE, line_of
from slamon.service.problem import Problem
from tests.fuzz.mangle import Mangler
from tests.fuzz.target import Target
from tests.notify.facts import NOON, Desk, breach, cleared, correction, ended, warning

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


def _paged(mangle: Mangler) -> None:
    """A bent fact behind a good one, and what pagers are posted of both."""
    desk = Desk().hear(mangle.pick(FACTS[:3]))
    bent = mangle.value(mangle.pick(FACTS))
    with contextlib.suppress(Unreadable):
        desk.hear(bent, topic=mangle.pick(("warnings", "breaches", "outcomes")))
    while (found := desk.board.next("pager")) is not None:
        incident, action = found
        incident.trying("pager")
        pagerduty("https://events.example.com", "key", incident.clock_id, action, NOON)
        webhook("https://hook.example.com", b"s" * 16, {}, incident.clock_id, action, NOON)
        incident_of(orjson.loads(orjson.dumps(to_json(incident))))
        incident.confirm("pager", action)
        desk.board.settle(incident, NOON)


def _cursor(mangle: Mangler) -> None:
    place = mangle.pick(PLACES)
    cursor = cursor_of(mangle.value(place) if mangle.pick((True, False)) else place)
    torn = mangle.torn(cursor.encode()).decode("utf-8", "replace")
    place_of(mangle.pick((cursor, torn)), *(type(part) for part in mangle.pick(PLACES)))


def targets() -> Iterator[tuple[str, Target]]:
    """Lines of the feed, and cursors."""
    yield "feed lines", Target(_line, UNREADABLE, 10)
    yield "paged facts", Target(_paged, (), 3)
    yield "cursors", Target(_cursor, (Problem,), 3)
