"""Whose tickets and services a silent input leaves without news (semantics 4.4)."""

from collections.abc import Collection, Container
from dataclasses import dataclass

from slamon.engine.unit import Origin
from slamon.runtime.intake_mapping import Feed

CANONICAL = "canonical"
KINDS = {"tickets": "ticket", "uptime": "service"}


@dataclass(frozen=True, slots=True)
class Unheard:
    """The origins that some inputs bring news of: those named, and all others of the kinds in `rest`.

    Canonical records name their source themselves, so a canonical input speaks for each that no other input does.
    """

    named: frozenset[Origin]
    rest: frozenset[str]
    others: frozenset[Origin]

    def __contains__(self, origin: object) -> bool:
        if not isinstance(origin, tuple):
            return False
        return origin in self.named or (origin[0] in self.rest and origin not in self.others)


def news_of(feeds: Collection[Feed], labels: Container[str]) -> Unheard:
    """What the labelled inputs bring news of."""
    named = frozenset(_origin(feed) for feed in feeds if feed.label in labels)
    rest = frozenset(kind for kind, source in named if source == CANONICAL)
    return Unheard(named, rest, frozenset(map(_origin, feeds)) - named)


def _origin(feed: Feed) -> Origin:
    return KINDS[feed.role], feed.source.spoken
