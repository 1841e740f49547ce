"""Which local directories are gone on with: architecture.md 3, and what a changelog without its beginning leaves to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from slamon.runtime.directory import reading_from
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.store import SlaStore

NOW = 1_000_000
RETENTION = 100_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SlaStore]:
    opened = SlaStore(tmp_path / "0")
    yield opened
    opened.close()


def start(store: SlaStore, first: int, end: int, now: int = NOW) -> int:
    return reading_from(store, 0, (first, end), RETENTION, lambda: now)


def written(store: SlaStore, offset: int) -> None:
    store.apply({b"hT-1": b"one"}, {}, offset, stamp=NOW)


def test_a_fresh_directory_is_read_into_from_the_beginning(store: SlaStore) -> None:
    assert start(store, 0, 10) == 0


def test_a_directory_is_read_on_from_where_it_stands(store: SlaStore) -> None:
    written(store, 7)
    assert start(store, 0, 10) == 7
    assert store.get(b"hT-1") == b"one"


def test_a_directory_that_was_away_for_longer_than_deletions_are_kept_is_rebuilt(store: SlaStore) -> None:
    written(store, 7)
    assert start(store, 0, 10, NOW + RETENTION) == 0
    assert store.get(b"hT-1") is None


def test_a_directory_behind_the_cut_is_gone_on_with_and_said_to_be_the_only_one(store: SlaStore) -> None:
    written(store, 7)
    with capture_logs() as logs:
        assert start(store, 7, 10) == 7
    assert [line["event"] for line in logs] == ["changelog_cut"]
    assert store.get(b"hT-1") == b"one"


@pytest.mark.parametrize(("offset", "away"), [(0, 0), (6, 0), (7, RETENTION)])
def test_what_the_changelog_has_lost_is_not_made_up_for_by_forgetting_it(
    store: SlaStore, offset: int, away: int
) -> None:
    """Rebuilt from what is left it would lose tickets without a word; what the directory has is kept."""
    if offset:
        written(store, offset)
    with pytest.raises(WorkerMustEnd, match=r"records before it were deleted.*hint: restore the changelog"):
        start(store, 7, 10, NOW + away)
    assert store.get(b"hT-1") == (b"one" if offset else None)
