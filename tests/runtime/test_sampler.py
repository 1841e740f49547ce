"""The end checks of semantics 4.4: the own clock before asking, and patience after the broker was lost."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.preflight import look_at_topics
from slamon.runtime.proof import SourceProof
from slamon.runtime.sampler import Sampler
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.wall import WallClock, wall_ms

SOURCE = TopicPartition("slamon.tickets", 0)


class Broker:
    """Answers with the end 7, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.answered_at: list[int] = []

    async def ends(self, partitions: Mapping[TopicPartition, object], timeout: float) -> dict[TopicPartition, int]:
        await asyncio.sleep(0.01)
        if self.away:
            raise KafkaConnectionError("away")
        self.answered_at.append(wall_ms())
        return dict.fromkeys(partitions, 7)


def sampler(broker: Broker, proof: SourceProof, tmp_path: Path) -> Sampler:
    settings = RuntimeSettings("none:1", tmp_path, 1, lost_after_ms=100, settle_ms=200)
    return Sampler(settings, broker, WallClock(), lambda: {SOURCE: proof}, lambda: None)


async def test_the_instant_sampled_lies_before_the_question(tmp_path: Path) -> None:
    broker, proof = Broker(), SourceProof()
    proof.passed(7)
    before = wall_ms()
    await sampler(broker, proof, tmp_path)._sample()
    assert proof.proven is not None
    assert before <= proof.proven <= broker.answered_at[0] - 9


async def test_after_the_broker_was_lost_timers_wait_until_it_has_settled(tmp_path: Path) -> None:
    broker, proof = Broker(), SourceProof()
    watched = sampler(broker, proof, tmp_path)
    await watched._sample()
    assert not watched.settling
    broker.away = True
    for _ in range(2):  # 200 ms apart
        await watched._sample()
    assert watched.settling
    broker.away = False
    await watched._sample()
    assert watched.settling
    await asyncio.sleep(0.25)
    await watched._sample()
    assert not watched.settling


async def test_a_worker_that_ended_because_the_broker_was_lost_leaves_the_settling_to_the_next(tmp_path: Path) -> None:
    """Semantics 4.4: what producers held back comes after the broker is back, whoever reads it."""
    broker, proof = Broker(), SourceProof()
    (tmp_path / "0").mkdir()
    watched = sampler(broker, proof, tmp_path)
    broker.away = True
    for _ in range(2):
        await watched._sample()
    broker.away, watched = False, sampler(broker, proof, tmp_path)
    assert watched.settling
    await watched._sample()
    assert (watched.settling, sampler(broker, proof, tmp_path).settling) == (True, True)
    await asyncio.sleep(0.25)
    await watched._sample()
    assert (watched.settling, sampler(broker, proof, tmp_path).settling) == (False, False)


async def test_a_start_that_finds_no_broker_has_lost_it_unless_it_never_had_one(tmp_path: Path) -> None:
    settings = RuntimeSettings("127.0.0.1:9", tmp_path, 1)
    with pytest.raises(WorkerMustEnd):
        await look_at_topics(settings)
    assert not sampler(Broker(), SourceProof(), tmp_path).settling
    (tmp_path / "0").mkdir()
    with pytest.raises(WorkerMustEnd):
        await look_at_topics(settings)
    assert sampler(Broker(), SourceProof(), tmp_path).settling


async def test_a_single_question_without_an_answer_is_no_loss(tmp_path: Path) -> None:
    broker, proof = Broker(), SourceProof()
    settings = RuntimeSettings("none:1", tmp_path, 1, lost_after_ms=5000)
    watched = Sampler(settings, broker, WallClock(), lambda: {SOURCE: proof}, lambda: None)
    broker.away = True
    await watched._sample()
    assert not watched.settling
