"""An account's past and future as step functions, for the windows that slide over both: rolling budgets and burn rates."""

from collections.abc import Callable, Iterator, Sequence

from slamon.sla.accounts import Account, Kind
from slamon.sla.ahead import ahead
from slamon.sla.calendar import Calendar
from slamon.sla.maintenance import Window
from slamon.sla.sliding import Rate
from slamon.sla.uptime_terms import UptimeTerms

Stretch = tuple[int, int, int, bool]  # start, end, weight, whether it is part of the service time
Weigh = Callable[[int, bool], int]


def rates(
    account: Account, terms: UptimeTerms, windows: Sequence[Window], begin: int, limit: int, weigh: Weigh,
    *, pending: bool,
) -> list[Rate]:  # fmt: skip
    """What `weigh` makes of every stretch in [begin, limit): the past as counted, the future as it lies ahead.

    `pending`: an outage that does not count yet is taken to count.
    """
    found = []
    for start, end, weight, served in (*_past(account, begin, pending), *_future(account, terms, windows, limit)):
        for opens, closes in _open(terms.hours, start, end):
            rate = weigh(weight, served)
            if rate:
                found.append(Rate(opens, closes, rate))
    return found


def _past(account: Account, begin: int, pending: bool) -> Iterator[Stretch]:
    pieces = list(account.history)
    if pending and account.outage is not None:
        pieces += account.outage.pieces
    at = begin
    for piece in pieces:
        if piece.end <= at:
            continue
        if piece.start > at:
            yield at, piece.start, 0, True
        start = max(at, piece.start)
        yield start, piece.end, piece.weight if piece.kind is Kind.BAD else 0, piece.kind is not Kind.EXCLUDED
        at = piece.end
    if at < account.mark:
        yield at, account.mark, 0, True


def _future(account: Account, terms: UptimeTerms, windows: Sequence[Window], limit: int) -> Iterator[Stretch]:
    for start, end, weight, served in ahead(account, terms, windows):
        if start >= limit:
            return
        yield start, min(end, limit), weight, served


def _open(hours: Calendar, start: int, end: int) -> Iterator[tuple[int, int]]:
    return hours.periods(start, end) if start < end else iter(())
