"""The newest head of each ticket out of a changelog, whoever owns it: what was deleted is gone, other rows are passed over."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from slamon.runtime import heads
from slamon.runtime.heads import NoChangelog, ticket_heads
from slamon.runtime.settings import RuntimeSettings

SETTINGS = RuntimeSettings("nowhere:1", Path(), 2)
CHANGELOG: Mapping[int, list[tuple[bytes, bytes | None]]] = {
    0: [(b"hB", b"1"), (b"hA", b"2"), (b"HA", b"a service"), (b"a", b"position"), (b"hB", b"3"), (b"lA\0x", b"log")],
    1: [(b"hC", b"4"), (b"hD", b"5"), (b"hC", None)],
}


class Offsets:
    """Of both partitions, without a broker."""

    def __init__(self, _settings: object) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    async def beginnings(self, partitions: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(partitions, 0)

    async def ends(self, partitions: list[Any]) -> dict[Any, int]:
        return {each: len(CHANGELOG[each.partition]) for each in partitions}


class Reader:
    """Two pairs a piece."""

    def __init__(self, _settings: object, number: int) -> None:
        self.pairs = CHANGELOG[number]

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    async def pieces(self, start: int, end: int) -> AsyncIterator[tuple[list[Any], int]]:
        for at in range(start, end, 2):
            yield self.pairs[at : at + 2], at + 2


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Both partitions without a broker; the partitions of each topic there is."""
    counts = {SETTINGS.changelog: 2}

    async def partition_counts(_settings: object) -> dict[str, int]:
        return counts

    monkeypatch.setattr(heads, "Offsets", Offsets)
    monkeypatch.setattr(heads, "ChangelogReader", Reader)
    monkeypatch.setattr(heads, "partition_counts", partition_counts)
    return counts


@pytest.mark.usefixtures("kafka")
async def test_each_ticket_has_its_newest_head_in_the_order_of_names() -> None:
    assert [found async for found in ticket_heads(SETTINGS)] == [[b"2", b"3"], [b"5"]]


@pytest.mark.parametrize(
    ("count", "said"), [(3, "expected 2 partitions as in the settings, got 3"), (0, "does not exist")]
)
async def test_a_changelog_that_is_not_there_or_not_ours_is_said(kafka: dict[str, int], count: int, said: str) -> None:
    kafka.clear()
    if count:
        kafka[SETTINGS.changelog] = count
    with pytest.raises(NoChangelog, match=said):
        await anext(ticket_heads(SETTINGS))
