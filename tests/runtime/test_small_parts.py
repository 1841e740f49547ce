"""The small parts of the runtime: proofs (semantics 4.4), ranges, pace, the watched wall clock, topics, continuity."""

from dataclasses import dataclass

import pytest
from aiokafka import TopicPartition

from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.engine.position import digest_of
from slamon.runtime.continuity import Start, start_of
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.pace import LEAST_RECORDS, SLICE, Pace
from slamon.runtime.preflight import check_topics
from slamon.runtime.proof import MAX_SAMPLES, SourceProof
from slamon.runtime.ranges import Ranges
from slamon.runtime.settings import Input, RuntimeSettings
from slamon.runtime.standing import Standing
from slamon.runtime.wall import WallClock, monotonic_ms, wall_ms
from slamon.sla.policy import Activation, PolicyBook, PolicySet


def test_an_instant_is_proven_once_the_end_asked_for_after_it_is_passed() -> None:
    proof = SourceProof()
    proof.sampled(1000, 5)
    proof.passed(4)
    assert proof.proven is None
    proof.passed(5)
    assert proof.proven == 1000


def test_a_source_that_stands_still_proves_ever_later_instants() -> None:
    proof = SourceProof()
    proof.passed(5)
    for instant in (1000, 1025, 1050):
        proof.sampled(instant, 5)
    assert proof.proven == 1050


def test_a_source_far_behind_keeps_a_bounded_number_of_samples_and_still_comes_to_its_end() -> None:
    proof = SourceProof()
    for n in range(MAX_SAMPLES * 5):
        proof.sampled(1000 + n, n)
    assert len(proof._samples) <= MAX_SAMPLES
    proof.passed(MAX_SAMPLES * 5)
    assert proof.proven is not None
    assert proof.proven >= 1000 + MAX_SAMPLES * 5 - 3


def test_an_end_that_lies_below_the_position_proves_nothing() -> None:
    """The topic was made again: what lies in it now was never read."""
    proof = SourceProof()
    proof.passed(50)
    proof.sampled(1000, 50)
    proof.sampled(1025, 3)
    assert proof.proven == 1000


def test_lag_is_what_lies_before_the_newest_end_seen() -> None:
    proof = SourceProof()
    proof.sampled(1000, 50)
    proof.passed(20)
    assert proof.lag == 30


@dataclass
class Own:
    told: int | None = None

    def own(self, instant: int) -> None:
        self.told = instant

    def value(self, now: int) -> tuple[int | None, bool]:
        return self.told, False


def test_partition_time_is_the_least_that_all_sources_prove() -> None:
    standing = Standing(Own(), {"tickets": 0, "uptime": 0}, by_records=False)
    standing.passed("tickets", 0)
    standing.proofs["tickets"].sampled(2000, 0)
    assert standing.value(9999) == (None, False)
    standing.passed("uptime", 0)
    standing.proofs["uptime"].sampled(1900, 0)
    assert standing.value(9999) == (1900, False)


def test_caught_up_means_that_the_ends_of_the_assignment_are_passed_in_every_source() -> None:
    standing = Standing(Own(), {"tickets": 10, "uptime": 0}, by_records=False)
    standing.passed("uptime", 0)
    standing.passed("tickets", 9)
    assert not standing.caught_up
    standing.passed("tickets", 10)
    assert standing.caught_up


def test_a_range_is_committable_once_everything_before_it_is_finished() -> None:
    ranges = Ranges()
    for behind in (10, 20, 30):
        ranges.handed_out(behind)
    ranges.finished(20)
    assert ranges.committable is None
    ranges.finished(10)
    assert ranges.committable == 20


def test_a_slice_shrinks_at_once_when_records_turn_dear_and_grows_slowly() -> None:
    pace = Pace()
    pace.took(0.02, 200)
    assert pace.records == int(SLICE / 0.0001) > LEAST_RECORDS
    pace.took(0.00001, 10)
    assert pace.records < int(SLICE / 0.0001) * 1.2


@pytest.mark.parametrize("jump", [-6000, 6000])
def test_a_wall_clock_that_jumps_ends_the_worker(jump: int) -> None:
    clock, wall, monotonic = WallClock(), wall_ms(), monotonic_ms()
    assert clock.check(wall + 1000, monotonic + 1000) == wall + 1000
    with pytest.raises(WorkerMustEnd, match="wall clock"):
        clock.check(wall + 2000 + jump, monotonic + 2000)


def test_slow_discipline_of_the_clock_is_no_jump() -> None:
    clock, wall, monotonic = WallClock(), wall_ms(), monotonic_ms()
    for minute in range(1, 300):
        clock.check(wall + minute * 61_000 + minute * 100, monotonic + minute * 61_000)


def _partitions(settings: RuntimeSettings) -> dict[str, int]:
    return dict.fromkeys([*settings.sources, settings.changelog, *settings.outputs], settings.partitions)


def test_all_wrong_topics_are_named_in_one_sentence(tmp_path: object) -> None:
    settings = RuntimeSettings("b:1", tmp_path, 4, inputs=(Input("jira"),))
    seen = _partitions(settings) | {"slamon.uptime": 3}
    del seen["slamon.outcomes"]
    with pytest.raises(WorkerMustEnd, match=r"slamon.outcomes is missing; slamon.uptime has 3; input jira is missing"):
        check_topics(settings, seen)
    check_topics(settings, _partitions(settings) | {"jira": 2})


def test_the_topic_of_open_clocks_must_be_there_where_it_is_written(tmp_path: object) -> None:
    off = RuntimeSettings("b:1", tmp_path, 4)
    check_topics(off, _partitions(off))
    with pytest.raises(WorkerMustEnd, match=r"got: slamon.clocks is missing .*topics create"):
        check_topics(RuntimeSettings("b:1", tmp_path, 4, clocks=True), _partitions(off))


@dataclass
class Seen:
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[()] = ()


class OneRecord:
    def __init__(self, record: Seen | None) -> None:
        self._record = record

    async def record_at(self, _source: TopicPartition, _offset: int) -> Seen | None:
        return self._record


SOURCE = TopicPartition("slamon.tickets", 0)


def applied_of(record: Seen) -> object:
    partition = Partition(0, 1, MemoryStore(), PolicyBook((Activation(0, PolicySet("v1", ())),)))
    partition.on_batch("slamon.tickets", [record], 5, None, caught_up=False)
    return partition.applied()["slamon.tickets"]


async def test_the_record_applied_last_is_known_again_by_the_digest_of_the_engine() -> None:
    last = Seen(9, 1000, b"T-1", b"{}")
    start = await start_of(OneRecord(last), SOURCE, applied_of(last), (0, 20), digest_of)
    assert start == Start(10, 0)


async def test_another_record_at_that_offset_means_that_the_topic_was_made_again() -> None:
    applied = applied_of(Seen(9, 1000, b"T-1", b"{}"))
    with pytest.raises(WorkerMustEnd, match="deleted and made again"):
        await start_of(OneRecord(Seen(9, 1000, b"T-1", b"[]")), SOURCE, applied, (0, 20), digest_of)


async def test_a_position_beyond_the_end_means_that_the_topic_was_made_again() -> None:
    applied = applied_of(Seen(9, 1000, b"T-1", b"{}"))
    with pytest.raises(WorkerMustEnd, match="deleted and made again"):
        await start_of(OneRecord(None), SOURCE, applied, (0, 5), digest_of)


async def test_a_log_that_begins_above_the_position_is_a_gap() -> None:
    applied = applied_of(Seen(9, 1000, b"T-1", b"{}"))
    assert await start_of(OneRecord(None), SOURCE, applied, (15, 20), digest_of) == Start(15, 5)


async def test_a_source_never_read_begins_where_its_log_does() -> None:
    assert await start_of(OneRecord(None), SOURCE, None, (3, 20), digest_of) == Start(3, 0)
