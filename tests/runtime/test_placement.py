"""Where copies are kept: whichever worker goes, others that are not full have what it owned."""

import random
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from faust.assignor.client_assignment import ClientAssignment, ClientMetadata, CopartitionedAssignment
from faust.assignor.copartitioned_assignor import CopartitionedAssignor

from slamon.runtime.placement import SlaAssignor, place

Group = dict[str, CopartitionedAssignment]
COPARTITIONED = {"tickets", "uptime", "changelog"}


def test_a_worker_alone_keeps_no_copy() -> None:
    assert place({"a": {0, 1, 2}}, {"a": {0, 1, 2}}) == {"a": set()}


def test_two_workers_keep_each_others_partitions() -> None:
    assert place({"a": {0, 1}, "b": {2, 3}}, {"a": set(), "b": set()}) == {"a": {2, 3}, "b": {0, 1}}


def test_the_copies_of_one_worker_lie_with_several_others() -> None:
    copies = place({"a": {0, 1, 2}, "b": {3, 4, 5}, "c": {6, 7, 8}}, {"a": set(), "b": set(), "c": set()})
    for owner, partitions in {"a": {0, 1, 2}, "b": {3, 4, 5}, "c": {6, 7, 8}}.items():
        shares = [len(held & partitions) for member, held in copies.items() if member != owner]
        assert sorted(shares) == [1, 2]


def test_who_has_the_state_keeps_it_whether_it_owned_the_partition_or_copied_it() -> None:
    copies = place({"a": {0}, "b": {1}, "c": {2, 3}}, {"a": {0, 3}, "b": {0, 1, 2}, "c": {2, 3}})
    assert 3 in copies["a"]
    assert {0, 2} <= copies["b"]


def _shuffled(members: Group, chance: random.Random) -> Group:
    return {name: members[name] for name in chance.sample(list(members), len(members))}


def _changed(members: Group, chance: random.Random, name: str) -> Group:
    """One joins, one goes, or one goes and another comes."""
    kind = chance.choice(["joins", "joins", "goes", "is replaced"])
    if len(members) > 1 and kind != "joins":
        members.pop(chance.choice(list(members)))
    if kind != "goes" or not members:
        members[name] = CopartitionedAssignment(topics={"t"})
    return _shuffled(members, chance)


@pytest.mark.parametrize("seed", range(5))
def test_groups_that_come_and_go_find_their_copies(seed: int) -> None:
    chance, lost, warm = random.Random(seed), 0, 0
    for run in range(40):
        count, members = chance.choice([1, 4, 8, 12, 24]), Group()
        for step in range(12):
            before = {name: (set(told.actives), set(told.standbys)) for name, told in members.items()}
            members = _changed(members, chance, f"{run}-{step}")
            CopartitionedAssignor({"t"}, members, count, 1).get_assignment()
            owned = {name: told.actives for name, told in members.items()}
            gone = before.keys() - members.keys()
            if len(gone) == 1 and members.keys() < before.keys():
                for number in before[gone.pop()][0]:
                    lost += 1
                    warm += any(number in owned[name] and number in before[name][1] for name in members)
            held = {name: set.union(*before.get(name, (set(), set()))) for name in members}
            for name, copies in place(owned, held).items():
                members[name].standbys = copies
                assert not copies & owned[name]
            everywhere = sorted(number for told in members.values() for number in told.standbys)
            assert everywhere == (list(range(count)) if len(members) > 1 else [])
    assert warm / lost > 0.85  # Faust's own places: 0.7


def _metadata(assignor: SlaAssignor, topics: set[str], told: ClientAssignment, url: str) -> Any:
    data = ClientMetadata(assignment=told, url=url, changelog_distribution={}).dumps()
    return ConsumerProtocolMemberMetadata(assignor.version, list(topics), data)


def test_the_group_is_told_our_places_for_every_topic_of_the_changelogs_group() -> None:
    app = SimpleNamespace(
        changelog="changelog",
        tables=SimpleNamespace(data={}, changelog_topics={"changelog"}),
        conf=SimpleNamespace(canonical_url="worker://a"),
    )
    assignor = SlaAssignor(app, replicas=1)
    counts = {**dict.fromkeys(COPARTITIONED, 4), "input": 2}
    cluster = SimpleNamespace(partitions_for_topic=lambda topic: set(range(counts[topic])))
    held = {"a": {0, 1}, "b": {2, 3}}
    members = {
        name: _metadata(
            assignor,
            set(counts),
            ClientAssignment(actives={topic: sorted(numbers) for topic in COPARTITIONED}, standbys={}),
            f"worker://{name}",
        )
        for name, numbers in held.items()
    }
    told = assignor._perform_assignment(cluster, members)
    assignor.on_assignment(told["a"])  # asserts that what Kafka is told is what the metadata says
    for topic in COPARTITIONED:
        assert set(assignor._assignment.standbys[topic]) == held["b"]
    assert {tp.partition for tp in assignor.assigned_standbys() if tp.topic == "changelog"} == held["b"]
    assert dict(told["a"].assignment)["changelog"] == [0, 1, 2, 3]
    assert sorted(dict(told["a"].assignment)["tickets"]) == [0, 1]


def _assigned(partitions: list[int], told: list[int]) -> None:
    """An answer of the coordinator: these partitions, and what the leader told, at the address of the process before."""
    assignor = SlaAssignor.__new__(SlaAssignor)
    assignor.app = SimpleNamespace(conf=SimpleNamespace(canonical_url="worker://now"))
    assignor._table_manager = SimpleNamespace(changelog_topics=set())
    metadata = ClientMetadata(
        assignment=ClientAssignment(actives={"tickets": told}, standbys={}), url="worker://before",
        changelog_distribution={}, external_topic_distribution={}, topic_groups={},
    )  # fmt: skip
    answer = SimpleNamespace(assignment=[("tickets", partitions)], user_data=assignor._compress(metadata.dumps()))
    assignor.on_assignment(answer)
    assert assignor._active_tps == {("tickets", number) for number in told}


def test_a_member_that_is_back_under_another_address_takes_what_it_had() -> None:
    """Upgraded from 0.1.0 within its session, it stood still: Faust's check ended the routine that talks to the group."""
    _assigned([0, 1], told=[0, 1])


def test_an_answer_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(AssertionError, match="!="):
        _assigned([0, 1], told=[0])
