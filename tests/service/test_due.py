"""The clocks due soonest, against a look at every ticket."""

import pytest

from slamon.engine.keys import SERVICE, TICKET, due_of
from slamon.engine.look import deadlines
from slamon.engine.memory import MemoryStore
from slamon.engine.subjects import kind_of
from slamon.runtime.store import SlaStore
from slamon.service import due, slices
from slamon.service.due import EVER, Wanted, soonest, within
from tests.availability.promises import promise, says, uptime
from tests.demo.offline import show
from tests.kit import Bench, at, book

START = 1_704_456_000_000  # 2024-01-05T12:00:00Z


@pytest.fixture(scope="module")
def stores() -> list[MemoryStore]:
    return [show(40, START, seed=seed).store for seed in (1, 2, 3)]


def every_deadline(stores: list[MemoryStore]) -> list[int]:
    heads = [pair for store in stores for pair in (*store.scan(TICKET.head), *store.scan(SERVICE.head))]
    return sorted(at for key, head in heads for at, _, _ in deadlines(key, head, EVER))


def always(_store) -> bool:
    return True


@pytest.mark.parametrize("limit", [1, 7, 20, 100])
async def test_they_are_the_nearest_of_all_partitions_in_order(stores, limit):
    found, complete = await soonest(stores, Wanted(limit), always)
    assert [one.at for one in found] == every_deadline(stores)[:limit]
    assert complete


async def test_each_says_what_is_due_for_whom(stores):
    found, _ = await soonest(stores[:1], Wanted(100), always)
    first = next(one for one in found if "ticket" in one.told)
    assert first.told["ticket"].startswith("INC-")
    assert set(first.told) == {
        "ticket", "objective", "policy", "slot", "clock_id", "target", "due_at", "priority", "context",
    }  # fmt: skip
    assert first.told["context"]["customer"]


async def test_a_partition_with_too_many_tickets_to_look_at_is_not_complete(stores, monkeypatch):
    monkeypatch.setattr(due, "MAX_HEADS", 5)
    found, complete = await soonest(stores[:1], Wanted(20), always)
    assert (0 < len(found) < 20, complete) == (True, False)


async def test_a_partition_that_is_taken_away_between_two_slices_is_read_no_more(stores, monkeypatch):
    monkeypatch.setattr(due, "SLICE", 1)
    asked = []

    def ours(_store) -> bool:
        asked.append(True)
        return len(asked) < 3

    found, complete = await soonest(stores[:1], Wanted(100), ours)
    assert (len(asked), complete) == (3, False)
    assert len(found) < len(every_deadline(stores[:1]))


async def test_without_tickets_nothing_is_due(stores):
    assert await soonest([MemoryStore()], Wanted(20), always) == ([], True)


def test_the_deadlines_of_a_head_are_those_of_its_clocks(stores):
    heads = [pair for store in stores for pair in (*store.scan(TICKET.head), *store.scan(SERVICE.head))]
    every = [(kind_of(key).decode_head(head).clocks, deadlines(key, head, EVER)) for key, head in heads]
    for clocks, found in every:
        waiting = [clock for clock in clocks if clock.open and clock.breached_at is None and clock.due_at is not None]
        assert found == [(clock.due_at, clock.policy, clock.objective) for clock in waiting]
    assert {clock.stage.value for clocks, _ in every for clock in clocks} >= {"active", "paused", "met", "missed"}
    assert any(clock.open and clock.breached_at is not None for clocks, _ in every for clock in clocks)
    assert any(len(found) < len([clock for clock in clocks if clock.open]) for clocks, found in every)
    middle = every_deadline(stores)[len(every_deadline(stores)) // 2]
    told = [at for key, head in heads for at, _, _ in deadlines(key, head, middle)]
    assert sorted(told) == [at for at in every_deadline(stores) if at < middle]


async def test_everything_due_before_an_instant_is_told(stores):
    found = [deadline async for deadline in within(stores[0], EVER, always)]
    heads = [*stores[0].scan(TICKET.head), *stores[0].scan(SERVICE.head)]
    assert found
    assert sorted(found) == sorted(each for key, head in heads for each in deadlines(key, head, EVER))


@pytest.mark.parametrize("page", [1, 2, 7])
async def test_pages_of_the_index_leave_nothing_out(stores, monkeypatch, page):
    whole = [deadline async for deadline in within(stores[0], EVER, always)]
    monkeypatch.setattr(due, "PAGE", page)
    assert [deadline async for deadline in within(stores[0], EVER, always)] == whole


async def test_a_look_goes_on_where_it_was_while_what_is_due_fires_and_moves(tmp_path, stores, monkeypatch):
    """Each ticket that stays is told once, and later walks find what was put in its way."""
    monkeypatch.setattr(due, "PAGE", 3)
    store, heads = SlaStore(tmp_path / "0"), dict(stores[0].scan(TICKET.head))
    store.apply(heads, {key: (None, due_of(head)) for key, head in heads.items()}, 1)
    whole = [deadline async for deadline in within(store, EVER, always)]
    first, *rest = [key for _, key in store.due(EVER, 5)]
    look, found = within(store, EVER, always), []
    async for deadline in look:
        found.append(deadline)
        if len(found) == 1:  # all of the index up to the second page is moved, and one row put back
            store.apply({}, {key: (due_of(heads[key]), None) for key in (first, *rest)}, 2)
            assert store.due(EVER, 1)[0][1] != first
            store.apply({}, {first: (None, due_of(heads[first]))}, 3)
    assert found == whole
    assert store.due(EVER, 1) == [(due_of(heads[first]), first)]
    store.close()


async def test_a_store_that_was_taken_away_tells_no_more(stores, monkeypatch):
    monkeypatch.setattr(slices, "SECONDS", 0)
    found = [deadline async for deadline in within(stores[0], EVER, lambda _: False)]
    assert len(found) < len([deadline async for deadline in within(stores[0], EVER, always)])


async def test_a_service_that_is_down_is_due_like_a_ticket():
    """Semantics 5.7."""
    bench = Bench(book(uptime(promise("availability", "99.9%"), promise("longest_outage", "30m"))))
    bench.deliver(says("2024-04-01 00:00", "up"), says("2024-04-10 10:00", "down", fields={"title": "Checkout"}))
    bench.tick("2024-04-10 10:01")
    found, complete = await soonest([bench.store], Wanted(20), always)
    assert [(one.told["service"], one.told["objective"], one.told["due_at"]) for one in found] == [
        ("checkout", "longest_outage month", "2024-04-10T10:30:00Z"),
        ("checkout", "availability month", "2024-04-10T10:43:12Z"),
    ]
    assert found[0].told["context"]["title"] == "Checkout"
    assert "ticket" not in found[0].told
    assert complete
    soon = [deadline async for deadline in within(bench.store, at("2024-04-10 10:31"), always)]
    assert soon == [(at("2024-04-10 10:30"), "shop", "longest_outage month")]


async def test_pages_follow_each_other_without_a_gap_or_a_repetition(stores):
    whole, _ = await soonest(stores, Wanted(1000), always)
    pages, place = [], (-1, "")
    while page := (await soonest(stores, Wanted(7, place), always))[0]:
        pages += page
        place = page[-1].at, page[-1].clock_id
    assert [one.clock_id for one in pages] == [one.clock_id for one in whole]
    assert len(whole) > 21


async def test_only_what_is_wanted_is_told(stores):
    whole = [one.told for one in (await soonest(stores, Wanted(1000), always))[0]]
    acme, _ = await soonest(stores, Wanted(1000, customer="acme", policy="GOLD"), always)
    assert [one.told for one in acme] == [
        one for one in whole if one["context"]["customer"] == "Acme" and one["policy"] == "gold"
    ]
    assert acme
    before = [one.at for one in (await soonest(stores, Wanted(1000, before=START + 10_000), always))[0]]
    assert before == [at for at in every_deadline(stores) if at < START + 10_000]
    assert (await soonest(stores, Wanted(1000, group="nobody's"), always))[0] == []


async def test_a_look_that_takes_too_long_tells_what_it_has_found_and_that_it_is_not_all(stores, monkeypatch):
    monkeypatch.setattr(due, "SLICE", 1)
    monkeypatch.setattr(due, "LOOK_SECONDS", 0.0)
    found, complete = await soonest(stores, Wanted(1000), always)
    assert (0 < len(found) < len(every_deadline(stores)), complete) == (True, False)
