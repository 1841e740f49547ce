"""Partition time keeps its word (semantics 4.4): the worker's own tasks, and a Kafka in memory that looks at each fact."""

import asyncio
from pathlib import Path

import pytest

from slamon.runtime.proof import SourceProof
from tests.simulation.play import play
from tests.simulation.world import Wrong

SEEDS = range(1, 13)


async def test_each_fact_leaves_once_and_never_before_a_record_that_lay_in_kafka(tmp_path: Path) -> None:
    """With batches of all sizes, late records, rebalances of the input, new owners of the partition, and slow commits."""
    worlds = await asyncio.gather(*(play(seed, tmp_path / str(seed)) for seed in SEEDS))
    assert all(world.facts > 10 for world in worlds)


async def test_a_proof_that_says_too_much_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes the end of a source for what is decided of it."""

    def believed(self: SourceProof, instant: int, end: int) -> None:
        self.end, self.proven = end, instant

    monkeypatch.setattr(SourceProof, "sampled", believed)
    with pytest.raises(ExceptionGroup) as found:
        await asyncio.gather(*(play(seed, tmp_path / str(seed)) for seed in range(1, 4)))
    assert found.group_contains(Wrong)
