"""What a window looks back on: blocks and their sums say what the pieces themselves say."""

from hypothesis import given
from hypothesis import strategies as st

from slamon.sla.calendar import ALWAYS
from slamon.sla.history import BLOCK, History, Kind, Piece, Sums

KINDS = (Kind.BAD, Kind.EXCLUDED, Kind.UNKNOWN)


def made(count: int, seed: int) -> tuple[History, list[Piece]]:
    """A history of so many pieces, and the pieces."""
    history, pieces, at = History(), [], 0
    for number in range(count):
        start = at + 1 + (number * seed) % 7
        at = start + 1 + (number * seed) % 11
        piece = Piece(start, at, KINDS[(number * seed) % 3], 10_000, at - start)
        pieces.append(piece)
        history.add(piece)
    return history, pieces


def summed(pieces: list[Piece], since: int) -> Sums:
    down = weighted = excluded = unknown = 0
    for piece in pieces:
        ms = max(0, piece.end - max(piece.start, since))
        down += ms * (piece.kind is Kind.BAD)
        weighted += ms * piece.weight * (piece.kind is Kind.BAD)
        excluded += ms * (piece.kind is Kind.EXCLUDED)
        unknown += ms * (piece.kind is Kind.UNKNOWN)
    return Sums(down, weighted, excluded, unknown)


@given(st.integers(0, 4 * BLOCK), st.integers(1, 50), st.floats(0, 1))
def test_the_sums_since_an_instant_are_those_of_its_pieces(count: int, seed: int, share: float) -> None:
    history, pieces = made(count, seed)
    since = int(share * (pieces[-1].end + 5)) if pieces else 7
    assert history.sums(since, ALWAYS) == summed(pieces, since)
    assert list(history.since(since)) == [piece for piece in pieces if piece.end > since]


@given(st.integers(1, 4 * BLOCK), st.integers(1, 50), st.floats(0, 1))
def test_what_no_window_sees_any_more_may_go(count: int, seed: int, share: float) -> None:
    history, pieces = made(count, seed)
    before = int(share * pieces[-1].end)
    history.forget(before)
    assert history.sums(before, ALWAYS) == summed(pieces, before)
    assert len(history.tail) <= BLOCK


def test_a_stretch_that_goes_on_is_one_piece() -> None:
    history = History()
    history.add(Piece(0, 5, Kind.BAD, 10_000, 5))
    history.add(Piece(5, 9, Kind.BAD, 10_000, 4))
    history.add(Piece(9, 10, Kind.BAD, 5_000, 1))
    assert history.tail == [Piece(0, 9, Kind.BAD, 10_000, 9), Piece(9, 10, Kind.BAD, 5_000, 1)]


def test_a_copy_may_be_added_to() -> None:
    history, pieces = made(BLOCK, 3)
    copy = history.copy()
    copy.add(Piece(10_000, 10_001, Kind.BAD, 10_000, 1))
    assert (history.made, copy.made) == (0, 1)
    assert list(history.since(0)) == pieces
    assert history.shelf == {}
