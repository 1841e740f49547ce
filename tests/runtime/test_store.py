"""The partition store: architecture.md 3 (one atomic local write, timers derived from heads) and faust.md 2 (RocksDB's traps)."""

import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slamon.engine.memory import MemoryStore
from slamon.engine.unit import Unit
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.staged import StagedStore
from slamon.runtime.store import META, SlaStore, timer_key
from tests.runtime.counting import head, head_due

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SlaStore]:
    opened = SlaStore(tmp_path / "0")
    yield opened
    opened.close()


def test_a_unit_is_there_after_the_process_came_back(tmp_path: Path) -> None:
    store = SlaStore(tmp_path / "0")
    store.apply({b"hT-1": b"one", b"c": b"two"}, {b"hT-1": (None, 500)}, 7, stamp=123)
    store.close()
    again = SlaStore(tmp_path / "0")
    assert (again.get(b"hT-1"), again.get(b"c"), again.due(501, 10)) == (b"one", b"two", [(500, b"hT-1")])
    assert (again.offset, again.stamp) == (7, 123)
    again.close()


def test_a_directory_of_another_version_is_begun_anew(tmp_path: Path) -> None:
    """Its timers may lack what rows of this version imply: the changelog brings everything back."""
    store = SlaStore(tmp_path / "0")
    store.apply({b"hT-1": b"one"}, {b"hT-1": (None, 500)}, 7, stamp=123)
    store._db[META] = b'{"format": 1, "offset": 7, "stamp": 123, "timers": true}'
    store.close()
    again = SlaStore(tmp_path / "0")
    assert (again.get(b"hT-1"), again.due(501, 10), again.offset, again.stamp) == (None, [], 0, None)
    again.close()


def test_a_deleted_key_is_gone(store: SlaStore) -> None:
    store.apply({b"h1": b"x"}, {}, 1)
    store.apply({b"h1": None}, {}, 2)
    assert store.get(b"h1") is None


def test_a_scan_gives_the_keys_with_the_prefix_in_byte_order_and_no_others(store: SlaStore) -> None:
    store.apply(dict.fromkeys([b"fA\0\x02", b"fA\0\x01", b"fB\0\x01", b"hA"], b"v"), {}, 1)
    assert [key for key, _ in store.scan(b"fA\0")] == [b"fA\0\x01", b"fA\0\x02"]


def test_due_timers_come_earliest_first_below_the_bound_and_no_more_than_asked(store: SlaStore) -> None:
    store.apply({}, {b"a": (None, 30), b"b": (None, 10), b"c": (None, 20), b"d": (None, 40)}, 1)
    assert store.due(40, 10) == [(10, b"b"), (20, b"c"), (30, b"a")]
    assert store.due(100, 2) == [(10, b"b"), (20, b"c")]
    assert store.due(100, 10, after=20) == [(20, b"c"), (30, b"a"), (40, b"d")]


def test_a_timer_that_moves_leaves_nothing_behind(store: SlaStore) -> None:
    store.apply({}, {b"a": (None, 30)}, 1)
    store.apply({}, {b"a": (30, 50)}, 2)
    store.apply({}, {b"b": (None, 10)}, 3)
    assert store.due(100, 10) == [(10, b"b"), (50, b"a")]


def test_a_timer_earlier_than_all_before_is_found_though_the_scan_had_gone_past_it(store: SlaStore) -> None:
    store.apply({}, {b"late": (None, 1000)}, 1)
    assert store.due(500, 1) == []
    store.apply({}, {b"early": (None, 400)}, 2)
    assert store.due(500, 1) == [(400, b"early")]


def test_a_scan_that_was_left_in_the_middle_hides_nothing(store: SlaStore) -> None:
    store.apply({}, {bytes([n]): (None, n) for n in range(1, 20)}, 1)
    assert store.due(100, 3) == [(1, b"\x01"), (2, b"\x02"), (3, b"\x03")]
    assert len(store.due(100, 100)) == 19


def test_due_agrees_with_a_store_in_memory_whatever_is_written_in_between(store: SlaStore) -> None:
    rng, memory, held = random.Random(7), MemoryStore(), {}
    for step in range(300):
        unit = Unit()
        for key in rng.sample([b"h%d" % n for n in range(30)], 4):
            new = rng.choice([None, rng.randrange(1000)])
            unit.timers[key] = (held.get(key), new)
            held[key] = new
        memory.apply(unit)
        store.apply(unit.writes, unit.timers, step)
        before, limit, after = rng.randrange(1100), rng.randrange(1, 8), rng.choice([0, 0, rng.randrange(500)])
        assert store.due(before, limit, after) == memory.due(before, limit, after)


def test_replay_derives_the_timers_from_heads_and_moves_those_it_replaces(store: SlaStore) -> None:
    store.replay({b"h1": head(500, 1), b"h2": head(600, 1), b"c1": b"x"}, head_due, 3)
    store.replay({b"h1": head(700, 2), b"h2": None}, head_due, 5)
    assert store.due(10_000, 10) == [(700, b"1")]


def test_a_whole_rebuild_works_the_timers_out_at_its_end(store: SlaStore) -> None:
    store.drop_timers()
    store.replay({b"h%d" % n: head(n, 1) for n in range(5000)}, head_due, 5000)
    assert store.due(10_000, 10) == []
    assert list(store.derive_timers(head_due))[-1] >= 5000
    assert len(store.due(10_000, 9999)) == 5000


def test_a_rebuild_that_was_interrupted_is_remembered(tmp_path: Path) -> None:
    store = SlaStore(tmp_path / "0")
    store.drop_timers()
    store.replay({b"h1": head(5, 1)}, head_due, 1)
    store.close()
    again = SlaStore(tmp_path / "0")
    assert not again.timers_stand
    again.close()


def test_a_rebuild_that_was_left_in_the_middle_leaves_no_timer_behind(store: SlaStore) -> None:
    store.drop_timers()
    store.replay({b"h1": head(500, 1), b"h2": head(600, 1)}, head_due, 2)
    walk = store.derive_timers(head_due, every=1)
    next(walk)
    walk.close()  # type: ignore[attr-defined]  # it is a generator
    store.replay({b"h1": head(700, 2)}, head_due, 3)
    list(store.derive_timers(head_due))
    assert store.due(10_000, 10) == [(600, b"2"), (700, b"1")]


REBUILD = """
import os, signal, sys
from pathlib import Path
from slamon.runtime.store import SlaStore
from tests.runtime.counting import head, head_due

store = SlaStore(Path(sys.argv[1]), write_buffer_bytes=64 << 10)
store.drop_timers()
for number in range(50):
    store.replay({b"h%02d" % number: head(500 + number, 1) + b"x" * 8_000}, head_due, number + 1)
if sys.argv[2] == "to the end":
    list(store.derive_timers(head_due))
    store.apply({b"h00": head(400, 2)}, {b"00": (500, 400)}, 51, stamp=7)
os.kill(os.getpid(), signal.SIGKILL)
"""


def _killed(path: Path, when: str) -> SlaStore:
    """What a process leaves that is killed in the middle of a rebuild, or right after the first unit behind it."""
    ended = subprocess.run([sys.executable, "-c", REBUILD, str(path), when], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    return SlaStore(path)


def test_what_a_kill_leaves_of_a_rebuild_is_read_on_from_where_it_stands(tmp_path: Path) -> None:
    """A rebuild is not logged: rows may be lost with it, but never rows that lie below the offset."""
    left = _killed(tmp_path / "0", "in the middle")
    assert not left.timers_stand
    assert all(left.get(b"h%02d" % number) is not None for number in range(left.offset))
    left.close()


def test_a_kill_right_after_a_rebuild_takes_nothing_that_it_brought(tmp_path: Path) -> None:
    whole = _killed(tmp_path / "0", "to the end")
    assert (whole.offset, whole.stamp, whole.timers_stand, len(whole.due(10_000, 100))) == (51, 7, True, 50)
    assert whole.due(10_000, 1) == [(400, b"00")]
    assert all(whole.get(b"h%02d" % number) is not None for number in range(50))
    whole.close()


def test_a_scan_that_nobody_finished_does_not_keep_the_lock(tmp_path: Path) -> None:
    store = SlaStore(tmp_path / "0")
    store.apply({b"h1": b"x", b"h2": b"y"}, {b"1": (None, 1)}, 1)
    scan, timers = store.scan(b"h"), store.timers(100)
    next(scan), next(timers)
    store.close()
    SlaStore(tmp_path / "0").close()


def test_a_directory_another_worker_uses_is_refused_with_its_name(tmp_path: Path) -> None:
    store = SlaStore(tmp_path / "0")
    with pytest.raises(WorkerMustEnd, match="every worker needs a datadir of its own"):
        SlaStore(tmp_path / "0")
    store.close()


def test_a_damaged_directory_is_refused_with_the_way_out(tmp_path: Path) -> None:
    SlaStore(tmp_path / "0").close()
    (tmp_path / "0" / "CURRENT").write_text("garbage")
    with pytest.raises(WorkerMustEnd, match="delete this directory, the partition is rebuilt from its changelog"):
        SlaStore(tmp_path / "0")


class FullDisk:
    """A database whose writes find no room, and which then does not close either; everything else is as it was."""

    def __init__(self, db: Any) -> None:
        self._db = db

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def write(self, *_: Any) -> None:
        raise RuntimeError("IO error: No space left on device: While appending to file: 000004.log")

    def close(self) -> None:
        self._db.close()
        raise RuntimeError("IO error: Writer has previous error.")


def test_a_full_disk_ends_the_worker_with_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    store = SlaStore(tmp_path / "0")
    store.apply({b"hT-1": b"one"}, {}, 7)
    store._db = FullDisk(store._db)
    with pytest.raises(WorkerMustEnd, match=r"No space left on device.*make room"):
        store.apply({b"hT-1": b"two"}, {}, 8)
    assert (store.get(b"hT-1"), store.offset) == (b"one", 7)
    store.close()
    again = SlaStore(tmp_path / "0")
    assert (again.get(b"hT-1"), again.offset) == (b"one", 7)
    again.close()


def test_a_directory_that_cannot_be_opened_for_want_of_room_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise RuntimeError("IO error: No space left on device: While mkdir if missing")

    monkeypatch.setattr("slamon.runtime.rocks.rocksdict.Rdict", full)
    with pytest.raises(WorkerMustEnd) as told:
        SlaStore(tmp_path / "0")
    assert "make room" in str(told.value)
    assert "delete" not in str(told.value)


def test_index_and_filter_of_a_file_are_cached_so_that_memory_is_bounded(tmp_path: Path) -> None:
    SlaStore(tmp_path / "0").close()
    (options,) = (tmp_path / "0").glob("OPTIONS-*")
    assert options.read_text().count("cache_index_and_filter_blocks=true") == 2  # of state and of timers


def test_the_state_is_compacted_by_size_and_the_timers_by_level(tmp_path: Path) -> None:
    SlaStore(tmp_path / "0").close()
    (options,) = (tmp_path / "0").glob("OPTIONS-*")
    text = options.read_text()
    assert re.findall(r"level0_file_num_compaction_trigger=(\d+)", text) == ["8", "4"]
    assert re.findall(r"compaction_style=(\w+)", text) == ["kCompactionStyleUniversal", "kCompactionStyleLevel"]


def test_clear_begins_empty(store: SlaStore) -> None:
    store.apply({b"h1": b"x"}, {b"1": (None, 5)}, 9, stamp=1)
    store.clear()
    assert (store.get(b"h1"), store.due(100, 10), store.offset, store.stamp) == (None, [], 0, None)


def test_what_is_staged_shows_as_if_it_were_applied(store: SlaStore) -> None:
    """Random units on a staged view and on a store of their own: reads agree before and after each commit."""
    rng, plain, staged = random.Random(11), MemoryStore(), StagedStore(store)
    for step in range(200):
        unit = Unit()
        for number in rng.sample(range(30), 5):
            key = b"h%02d\0%d" % (number, number % 3)
            value = rng.choice([None, head(rng.randrange(1000), step)])
            before = staged.get(key)
            unit.writes[key] = value
            unit.timers[key] = (head_due(key, before)[1] if before else None, head_due(key, value)[1])
        plain.apply(unit)
        staged.stage(unit)
        if rng.random() < 0.3:
            store.apply(staged.writes, staged.timers, step)
            staged.clear()
        probe, before = b"h%02d\0" % rng.randrange(30), rng.randrange(1100)
        assert list(staged.scan(probe)) == list(plain.scan(probe))
        assert staged.due(before, 5) == plain.due(before, 5)
        for after in (300, rng.randrange(1100), rng.randrange(1100)):
            assert staged.due(before, 5, after) == plain.due(before, 5, after)
        assert staged.due(2**63, 1) == plain.due(2**63, 1)
        keys = [b"h%02d\0%d" % (number, number % 3) for number in rng.sample(range(40), 7)]
        assert staged.together(keys) == plain.together(keys) == [staged.get(key) for key in keys]


def test_a_view_with_nothing_but_the_position_knows_it(store: SlaStore) -> None:
    staged = StagedStore(store)
    staged.stage(Unit(writes={b"a": b"1"}))
    assert staged.only(b"a")
    staged.stage(Unit(writes={b"h": b"1"}))
    assert not staged.only(b"a")


def test_a_walk_raises_the_low_bound_so_that_fired_timers_are_not_sought_over_again(tmp_path: Path) -> None:
    store = SlaStore(tmp_path / "0")
    store.apply({}, {b"h%d" % n: (None, n) for n in range(1, 50)}, 1)
    store.apply({}, {b"h%d" % n: (n, None) for n in range(1, 49)}, 2)
    assert store.due(1_000, 1) == [(49, b"h49")]
    assert store._low == timer_key(49, b"h49")
    store.apply({}, {b"hx": (None, 7)}, 3)
    assert store.due(1_000, 1) == [(7, b"hx")]
    store.close()


def test_whether_anything_is_due_before_an_instant_is_known_without_another_walk_once_the_first_timer_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SlaStore(tmp_path / "0")
    store.apply({}, {b"h1": (None, 500), b"h2": (None, 600)}, 1)
    assert store.due(100, 1) == []
    monkeypatch.setattr(store, "_walk", None)
    assert [store.due(before, 1) for before in (50, 200, 500)] == [[], [], []]
    monkeypatch.undo()
    store.apply({}, {b"h3": (None, 150)}, 2)
    assert [store.due(before, 2) for before in (150, 151, 601)] == [
        [],
        [(150, b"h3")],
        [(150, b"h3"), (500, b"h1")],
    ]
    store.apply({}, {b"h1": (500, None), b"h2": (600, None), b"h3": (150, None)}, 3)
    assert store.due(1_000, 1) == []
    store.apply({}, {b"h4": (None, 900)}, 4)
    assert store.due(1_000, 1) == [(900, b"h4")]
    store.close()
