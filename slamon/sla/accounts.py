"""The account of one policy for one service and one period: what counted as what, to the millisecond (semantics 5.3-5.9).

An account is changed in place: `advance` adds the time up to an instant as what it has counted as since the last one,
`switch` says what it counts as from there on. An outage shorter than `min_outage` is kept apart until it counts.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from slamon.sla.calendar import Calendar
from slamon.sla.history import History, Kind, Piece, longer

KEPT_STRETCHES: Final = 100  # of each list; older ones are in the totals only


class Count(NamedTuple):
    """What time counts as: a bad one with its weight, one of accepted maintenance uses up what the contract allows."""

    kind: Kind
    reason: str
    weight: int = 0
    maintenance: bool = False


BEFORE_ALL: Final = Count(Kind.UNKNOWN, "before the first record")


class Stretch(NamedTuple):
    """A past stretch as a person is told of it: an outage, an exclusion, or time without data."""

    start: int
    end: int
    ms: int
    counted: bool
    reason: str


@dataclass(slots=True)
class Outage:
    """The outage that is going on: `start` is its own, the rest is of this account."""

    start: int
    reason: str
    ms: int = 0
    weighted: int = 0
    counted: bool = False
    pieces: list[Piece] = field(default_factory=list)  # until it counts


@dataclass(slots=True)
class Account:
    """Times are milliseconds of service time, `weighted` ones times WEIGHT_ONE."""

    id: str
    slot: str
    policy: str
    version: str
    period: str  # its text
    start: int
    end: int | None  # None: a rolling window
    service_ms: int  # in [start, end); of a rolling window, in one span from its start on
    mark: int  # accounted up to here,
    count: Count = BEFORE_ALL  # and from here on as this
    weighted: int = 0  # counted downtime
    down_ms: int = 0
    excluded_ms: int = 0
    unknown_ms: int = 0
    maintenance_ms: int = 0  # accepted, whatever it counted as
    outages: int = 0
    longest_ms: int = 0
    repairs: int = 0
    repaired_ms: int = 0
    outage: Outage | None = None
    told: dict[str, list[Stretch]] = field(default_factory=lambda: {"outages": [], "excluded": [], "unknown": []})
    left_out: int = 0  # stretches that are in the totals only
    history: History = field(default_factory=History)  # as far as a window looks back
    looks_back_ms: int = 0
    wake: int | None = None  # the next instant at which time alone changes it or one of its clocks

    @property
    def closed(self) -> bool:
        """Whether its period is over."""
        return self.end is not None and self.mark >= self.end

    def pending(self, min_outage_ms: int) -> bool:
        """Whether an outage that is going on does not count yet, but may."""
        outage = self.outage
        return outage is not None and not outage.counted and outage.ms > 0 and self.mark < outage.start + min_outage_ms


def advance(account: Account, hours: Calendar, min_outage_ms: int, to: int) -> None:
    """Add the time up to the instant, as far as it belongs to the period; let a running outage count once it is long enough."""
    until = to if account.end is None else min(to, account.end)
    if until > account.mark:
        ms = hours.between(account.mark, until)
        _add(account, Piece(account.mark, until, account.count.kind, account.count.weight, ms))
        account.mark = until
    outage = account.outage
    if outage is not None and not outage.counted and outage.ms > 0 and to - outage.start >= min_outage_ms:
        _begin_to_count(account, outage)


def switch(account: Account, count: Count, at: int) -> None:
    """From the instant on, up to which it must be advanced, time counts as this."""
    if account.outage is not None and count.kind is not Kind.BAD:
        _end(account, account.outage, at)
    if account.outage is None and count.kind is Kind.BAD and not account.closed:
        account.outage = Outage(at, count.reason)
    account.count = count


def _add(account: Account, piece: Piece) -> None:
    if account.count.maintenance:
        account.maintenance_ms += piece.ms
    match piece.kind:
        case Kind.EXCLUDED:
            account.excluded_ms += piece.ms
            _tell(account, "excluded", Stretch(piece.start, piece.end, piece.ms, False, account.count.reason))
            _remember(account, piece)
        case Kind.UNKNOWN:
            account.unknown_ms += piece.ms
            _tell(account, "unknown", Stretch(piece.start, piece.end, piece.ms, False, account.count.reason))
            _remember(account, piece)
        case Kind.BAD:
            _add_bad(account, piece)


def _add_bad(account: Account, piece: Piece) -> None:
    outage = account.outage
    assert outage is not None
    outage.ms += piece.ms
    outage.weighted += piece.ms * piece.weight
    if not outage.counted:
        if account.looks_back_ms and piece.ms and not longer(outage.pieces, piece):
            outage.pieces.append(piece)
        return
    account.down_ms += piece.ms
    account.weighted += piece.ms * piece.weight
    account.longest_ms = max(account.longest_ms, outage.ms)
    _remember(account, piece)


def _begin_to_count(account: Account, outage: Outage) -> None:
    outage.counted = True
    account.outages += 1
    account.down_ms += outage.ms
    account.weighted += outage.weighted
    account.longest_ms = max(account.longest_ms, outage.ms)
    for piece in outage.pieces:
        _remember(account, piece)
    outage.pieces = []


def _end(account: Account, outage: Outage, at: int) -> None:
    account.outage = None
    if outage.counted:
        account.repairs += 1
        account.repaired_ms += outage.ms
    if outage.ms:
        reason = outage.reason if outage.counted else "shorter than min_outage"
        _tell(account, "outages", Stretch(outage.start, at, outage.ms, outage.counted, reason))


def _tell(account: Account, name: str, stretch: Stretch) -> None:
    told = account.told[name]
    if told and name != "outages" and told[-1].end == stretch.start and told[-1].reason == stretch.reason:
        last = told.pop()
        stretch = stretch._replace(start=last.start, ms=last.ms + stretch.ms)
    told.append(stretch)
    if len(told) > KEPT_STRETCHES:
        del told[0]
        account.left_out += 1


def _remember(account: Account, piece: Piece) -> None:
    """Keep the piece for the windows that look back, and no more of them than they see."""
    if not account.looks_back_ms or not piece.ms:
        return
    account.history.add(piece)
    account.history.forget(account.mark - account.looks_back_ms)
