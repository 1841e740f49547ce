"""What a record of the output topics means to a pager: something to page for, its end, or that it was never so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from slamon.notify.page import Page, instant_of, page_of
from slamon.notify.spans import span

# A correction stands in the topic of its fact and again in `outcomes`: it is heard where its fact was, in their order.
TOPIC_OF: Mapping[str, str] = {
    "warning": "warnings", "cleared": "warnings", "breach": "breaches",
    "met": "outcomes", "missed": "outcomes", "cancelled": "outcomes",
}  # fmt: skip
ENDS = frozenset({"met", "missed", "cancelled"})
RAISES = frozenset({"warning", "breach"})
BREACH = "breach"  # the key of a breach among the thresholds


class Unreadable(Exception):
    """The record is no fact of ours; the text says why and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A warning or a breach. `key`: the threshold, or `breach`; page only if `live`."""

    clock_id: str
    fact_id: str
    at: int
    key: str
    live: bool
    page: Page


@dataclass(frozen=True, slots=True)
class Cleared:
    """A warning that no longer holds."""

    clock_id: str
    fact_id: str
    at: int
    key: str
    note: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The clock is over, one way or the other."""

    clock_id: str
    fact_id: str
    at: int
    note: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The fact of this id was not true."""

    clock_id: str
    fact_id: str
    note: str


Signal = Raised | Cleared | Ended | Withdrawn


def signal_of(role: str, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> Signal | None:
    """The signal of one record of topic `role`, None if it is none for a pager. Raises Unreadable."""
    try:
        event = orjson.loads(value or b"")
        data = event["data"]
        read = dict(headers)
        live = read.get("live") == b"true"
        service = event["type"].startswith("io.slamon.service.")
        if data["what"] == "correction":
            return _correction(role, data, live, service)
        signal = _fact(event["id"], data, instant_of(event["time"]), live, service)
        return _cautioned(signal, read) if isinstance(signal, Raised) else signal
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable(f"expected a fact of slamon, got something else ({type(error).__name__})") from error


def _fact(told_id: object, data: Mapping[str, Any], at: int, live: bool, service: bool) -> Signal | None:
    what, clock_id, fact_id = data["what"], _text(data["clock_id"]), _text(told_id)
    if what in RAISES:
        page = page_of(data, service, at)
        return Raised(clock_id, fact_id, at, _text(data["threshold"]) if what == "warning" else BREACH, live, page)
    if what == "cleared":
        return Cleared(clock_id, fact_id, at, _text(data["threshold"]), f"no longer at risk: {_plain(data['reason'])}")
    return Ended(clock_id, fact_id, at, _end(data)) if what in ENDS else None


def _cautioned(signal: Raised, headers: Mapping[str, bytes]) -> Raised:
    """The page says what may be missing from it: the ticket may have moved on unseen."""
    cautions = {"behind": "an input was not read to its end", "source_silent": "its source has fallen silent"}
    said = [text for name, text in cautions.items() if headers.get(name) == b"true"]
    explained = "; ".join([*(f"careful: {text}" for text in said), signal.page.explained])
    return replace(signal, page=replace(signal.page, explained=explained)) if said else signal


def _correction(role: str, data: Mapping[str, Any], live: bool, service: bool) -> Signal | None:
    what = data["corrected_what"]
    if TOPIC_OF.get(what) != role:
        return None
    if data["reinstates"]:
        return _fact(data["corrects"], data["fact"], instant_of(data["corrected_time"]), live, service)
    return Withdrawn(_text(data["clock_id"]), _text(data["corrects"]), f"{what} taken back: {_plain(data['reason'])}")


def _text(told: object) -> str:
    """It, where it is a text; raises TypeError."""
    if isinstance(told, str):
        return told
    raise TypeError("no text")


def _end(data: Mapping[str, Any]) -> str:
    """How it ended, for the last line of the page."""
    what, left = data["what"], data.get("remaining_seconds")
    if what == "cancelled":
        return f"cancelled: {_plain(data.get('reason'))}"
    if left is None:
        return f"{what}: the period is over"
    left_ms = round(left * 1000)
    return f"met with {span(left_ms)} left" if what == "met" else f"missed by {span(left_ms)}, and done now"


def _plain(reason: object) -> str:
    return str(reason or "no reason given").replace("_", " ")[:200]
