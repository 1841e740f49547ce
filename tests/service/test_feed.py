"""The feed of the page: what is kept, who is too slow, and that it reads only while somebody watches."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack

import orjson
import pytest

from slamon.service import feed as feed_module
from slamon.service.feed import KEPT, MAX_VIEWERS, MAX_WAITING, Feed, Line, Told
from slamon.service.lately import UNREADABLE, line_of
from slamon.service.problem import Problem


class Source:
    """Facts that a test puts in, and how often somebody began and ceased to read them."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[list[Line] | Exception] = asyncio.Queue()
        self.begun = self.ended = 0

    async def read(self) -> AsyncGenerator[list[Line], None]:
        self.begun += 1
        try:
            while True:
                found = await self.queue.get()
                if isinstance(found, Exception):
                    raise found
                yield found
        finally:
            self.ended += 1

    async def tell(self, *names: str) -> None:
        await self.tell_lines(*({"id": name} for name in names))

    async def tell_lines(self, *lines: Line) -> None:
        self.queue.put_nowait(list(lines))
        for _ in range(5):
            await asyncio.sleep(0)


def names(told: list[Told]) -> list[str]:
    return [one.data.get("id", one.name) for one in told]


async def test_everybody_hears_the_same_and_who_comes_later_what_is_kept():
    source = Source()
    feed = Feed(source.read)
    with feed.watched() as one:
        await source.tell("a", "b")
        with feed.watched() as two:
            await source.tell("c")
            assert names(one.take()) == names(two.take()) == ["begin", "a", "b", "c"]
            assert source.begun == 1
    await feed.close()


async def test_who_comes_again_goes_on_behind_what_was_told_if_that_is_still_kept():
    source = Source()
    feed = Feed(source.read)
    with feed.watched() as one:
        await source.tell("a", "b")
        place = one.take()[1].place
        await source.tell("c")
        for last, expected in (
            (place, ["b", "c"]),
            ("", ["begin", "a", "b", "c"]),
            (f"{place}0", ["begin", "a", "b", "c"]),
        ):
            with feed.watched(last) as again:
                assert names(again.take()) == expected
        await source.tell(*map(str, range(KEPT)))
        with feed.watched(place) as late:
            assert names(late.take())[:2] == ["begin", "0"]
    await feed.close()


async def test_only_so_many_are_kept():
    source = Source()
    feed = Feed(source.read)
    with feed.watched():
        await source.tell(*(str(number) for number in range(KEPT + 10)))
        with feed.watched() as late:
            waiting = names(late.take())
    assert (len(waiting), waiting[:2]) == (KEPT + 1, ["begin", "10"])
    await feed.close()


async def test_a_viewer_who_does_not_take_what_waits_is_dropped_and_the_others_are_not():
    source = Source()
    feed = Feed(source.read)
    with feed.watched() as slow, feed.watched() as quick:
        for _ in range(MAX_WAITING // 100 + 1):
            await source.tell(*map(str, range(100)))
            quick.take()
        assert (slow.over, quick.over) == (True, False)
    await feed.close()


async def test_more_viewers_than_allowed_are_told_to_come_again():
    feed = Feed(Source().read)
    with ExitStack() as watching:
        for _ in range(MAX_VIEWERS):
            watching.enter_context(feed.watched())
        with pytest.raises(Problem) as refused, feed.watched():
            pass
    assert (refused.value.status, refused.value.error) == (503, "busy")
    with feed.watched():
        pass
    await feed.close()


async def test_who_comes_and_who_goes_is_counted():
    counted: list[int] = []
    feed = Feed(Source().read, counted.append)
    with feed.watched():
        with feed.watched():
            assert counted == [1, 2]
        assert counted == [1, 2, 1]
    assert counted == [1, 2, 1, 0]
    await feed.close()


async def test_nobody_reads_for_nobody(monkeypatch):
    monkeypatch.setattr(feed_module, "LINGER", 0.02)
    source = Source()
    feed = Feed(source.read)
    assert source.begun == 0
    with feed.watched():
        await source.tell("a")
    with feed.watched() as again:  # a page that is loaded again
        assert (names(again.take()), source.begun) == (["begin", "a"], 1)
    await asyncio.sleep(0.1)
    assert source.ended == 1
    with feed.watched() as later:
        await source.tell("b")
        assert names(later.take()) == ["begin", "b"]
    await feed.close()
    assert source.ended == 2


async def test_a_broker_that_fails_is_told_and_read_anew(monkeypatch):
    monkeypatch.setattr(feed_module, "RETRY", 0.02)
    source = Source()
    feed = Feed(source.read)
    with feed.watched() as viewer:
        await source.tell("a")
        source.queue.put_nowait(ConnectionError("gone"))
        await asyncio.sleep(0.01)
        with feed.watched() as meanwhile:
            assert names(meanwhile.take()) == ["unread"]
        await asyncio.sleep(0.05)
        await source.tell("b")
        assert names(viewer.take()) == ["begin", "a", "unread", "begin", "b"]
        assert (viewer.over, source.begun) == (False, 2)
    await feed.close()


def event(kind: str, what: str, **data: object) -> bytes:
    told = {"what": what, "explanation": {"counted": []}, **data}
    whole = {"id": "f1", "type": f"io.slamon.{kind}.{what}.v1", "subject": "T-1", "time": "2024-01-05T11:45:00Z"}
    return orjson.dumps({**whole, "data": told})


def test_a_line_says_what_the_fact_says_without_its_explanation():
    value = event("ticket", "breach", objective="resolution", target={"text": "2h"}, context={"title": "<b>"})
    line = line_of(value, [("live", b"false"), ("recordedtime", b"2024-01-05T12:00:00Z")])
    assert line == {
        "id": "f1", "ticket": "T-1", "at": "2024-01-05T11:45:00Z", "told_at": "2024-01-05T12:00:00Z", "live": False,
        "what": "breach", "objective": "resolution", "target": "2h", "context": {"title": "<b>"},
    }  # fmt: skip


def test_a_correction_names_what_it_corrects():
    value = event(
        "service", "correction", corrects="f0", corrected_what="breach", reinstates=False, reason="late_record"
    )
    line = line_of(value, [])
    assert (line["service"], line["corrects"], line["reinstates"], line["live"]) == ("T-1", "f0", False, True)
    assert (line["told_at"], line["context"], line["target"]) == (line["at"], {}, None)


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        *((value, []) for value in (b"{", b"{}", b"[]", b'{"type": 1}', b'{"data": {}, "type": 1}', None)),
        (event("ticket", "breach", target="2h"), []),
        (event("ticket", "breach"), [("recordedtime", None)]),
        (event("ticket", "breach"), [("recordedtime", b"yesterday")]),
        (event("ticket", "breach").replace(b"2024-01-05", b"9999-99-99"), []),
    ],
)
def test_what_is_no_fact_raises_what_the_reader_skips(value, headers):
    with pytest.raises(UNREADABLE):
        line_of(value, headers)
