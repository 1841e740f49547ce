"""All differences between what slamon holds and an export, in an order that does not depend on anything else."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from slamon.engine.heads import decode_head
from slamon.reconcile.compare import Difference, What, cancelled, known, unknown
from slamon.reconcile.export import Export
from slamon.sla.coverage import Rules

SHOWN = (What.CLOSED, What.CHANGED, What.ABSENT, What.UNKNOWN)  # what is told, in this order


@dataclass(frozen=True, slots=True)
class Terms:
    """`as_of`: the instant up to which the export is whole; `cancel`: absent tickets are to end at it."""

    sources: Collection[str]
    as_of: int | None
    oldest: int  # a ticket whose newest record is older than this would be forgotten at once
    cancel: bool = False


@dataclass(slots=True)
class Found:
    """`counts` has every ticket that was looked at, `held` those of the source with open clocks."""

    differences: list[Difference] = field(default_factory=list)
    counts: Counter[What] = field(default_factory=Counter)
    held: int = 0
    open_clocks: int = 0
    too_old: int = 0

    def add(self, one: Difference) -> None:
        self.counts[one.what] += 1
        if one.what in SHOWN:
            self.differences.append(one)

    def ordered(self) -> list[Difference]:
        """By kind, then by ticket."""
        return sorted(self.differences, key=lambda one: (SHOWN.index(one.what), one.ticket))


class Finder:
    """Takes the heads of one partition after the other, then everything that no partition had."""

    def __init__(self, export: Export, rules: Rules, terms: Terms) -> None:
        self._export, self._rules, self._terms = export, rules, terms
        self._seen: set[str] = set()
        self.found = Found()

    def take(self, heads: Sequence[bytes]) -> None:
        """Compare the tickets of a partition with the export."""
        for head in heads:
            self._head(head)

    def finish(self) -> Found:
        """What the export has beside: tickets that slamon never heard of, or has forgotten."""
        for ticket in sorted(self._export.told.keys() - self._seen):
            told = self._export.told[ticket]
            if told[-1].at < self._terms.oldest:
                self.found.too_old += 1
            else:
                self.found.add(unknown(told, self._rules))
        return self.found

    def _head(self, head: bytes) -> None:
        ticket = decode_head(head)
        told = self._export.told.get(ticket.subject, ())
        self._seen.add(ticket.subject)
        source = ticket.source
        if source not in self._terms.sources and not told:
            return  # of another tool: this export says nothing about it
        opened = sum(clock.open and not clock.draft for clock in ticket.clocks)
        self.found.held += opened > 0
        self.found.open_clocks += opened
        one = known(ticket, told, self._rules)
        self.found.add(self._absent(one, source) if one.what is What.ABSENT else one)

    def _absent(self, one: Difference, source: str) -> Difference:
        as_of = self._terms.as_of
        if as_of is None:
            return one
        ended = cancelled(one, source, as_of)
        return ended if self._terms.cancel or ended.what is What.NEWER else one
