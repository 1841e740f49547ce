"""An account's past and future as step functions, for the windows that slide over both: rolling budgets and burn rates."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from slamon.sla.accounts import Account
from slamon.sla.ahead import ahead
from slamon.sla.calendar import Calendar
from slamon.sla.history import Kind, Piece
from slamon.sla.maintenance import Window
from slamon.sla.sliding import Rate
from slamon.sla.uptime_terms import UptimeTerms

Stretch = tuple[int, int, int, bool]  # start, end, weight, whether it is part of the service time
Weigh = Callable[[int, bool], int]


def lead(account: Account, terms: UptimeTerms, windows: Sequence[Window], limit: int, weigh: Weigh) -> Iterator[Rate]:
    """What `weigh` makes of every stretch from the account's mark on, as it lies ahead."""
    return _rates(_future(account, terms, windows, limit), terms.hours, weigh)


def trail(
    account: Account, terms: UptimeTerms, windows: Sequence[Window], begin: int, limit: int, weigh: Weigh,
    *, pending: bool,
) -> Iterator[Rate]:  # fmt: skip
    """The same from `begin` on: the past as it counted, then the future; `pending`: with an outage that does not count yet."""
    past = _rates(_past(account, begin, pending=pending), terms.hours, weigh)
    return chain(past, lead(account, terms, windows, limit, weigh))


def pending_weighted(account: Account, since: int, hours: Calendar) -> int:
    """The weighted downtime after the instant of an outage that does not count yet."""
    pieces = account.outage.pieces if account.outage is not None else []
    return sum(
        hours.between(max(piece.start, since), piece.end) * piece.weight for piece in pieces if piece.end > since
    )


def _past(account: Account, begin: int, *, pending: bool) -> Iterator[Stretch]:
    waiting: list[Piece] = account.outage.pieces if pending and account.outage is not None else []
    at = begin
    for piece in chain(account.history.since(begin), waiting):
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


def _rates(stretches: Iterator[Stretch], hours: Calendar, weigh: Weigh) -> Iterator[Rate]:
    for start, end, weight, served in stretches:
        rate = weigh(weight, served)
        if rate:
            yield from (Rate(opens, closes, rate) for opens, closes in hours.periods(start, end))
