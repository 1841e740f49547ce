"""Where copies are kept: so that whichever worker dies, each of its partitions can be taken over by a worker that has it.

Faust's assignor gives a partition that lost its owner to the worker with the copy, as long as that worker is not full.
Its own placement goes round in a circle: it can put all copies of one worker's partitions on one other, which is full
before it has them all (a fuzz of groups that come and go: one partition in four went to a worker without it).
"""

from collections import Counter
from collections.abc import Mapping
from math import ceil
from typing import Any

from faust.assignor.partition_assignor import PartitionAssignor

Numbers = Mapping[str, set[int]]


def place(owned: Numbers, warm: Numbers) -> dict[str, set[int]]:
    """Member -> the partitions it keeps a copy of; `warm` are those it has state of already, which it keeps if it can."""
    copies: dict[str, set[int]] = {member: set() for member in owned}
    if len(owned) < 2:
        return copies
    full = ceil(sum(map(len, owned.values())) / (len(owned) - 1))  # what one owns at most when another is gone
    for owner in sorted(owned):
        others = [member for member in sorted(owned) if member != owner]
        taken: Counter[str] = Counter()
        for number in sorted(owned[owner], key=lambda number: (all(number not in warm[m] for m in others), number)):
            best = min(
                others,
                key=lambda m: (
                    len(copies[m]) >= full,
                    len(owned[m]) + taken[m] >= full,
                    number not in warm[m],
                    len(copies[m]),
                    len(owned[m]) + taken[m],
                ),
            )
            copies[best].add(number)
            taken[best] += 1
    return copies


class SlaAssignor(PartitionAssignor):  # type: ignore[misc]
    """Faust's sticky co-partitioned assignor with our places for copies."""

    _before: Mapping[str, Any] = {}

    def on_assignment(self, assignment: Any) -> None:
        """As Faust's, but for its last check: a member that is back within its session may have another address by now."""
        try:
            super().on_assignment(assignment)
        except AssertionError as error:
            if error.args:  # Faust names what differs where it is the partitions, and nothing where it is the address
                raise

    def _perform_assignment(self, cluster: Any, member_metadata: Any) -> Any:
        self._before = {member: self._get_client_metadata(told).assignment for member, told in member_metadata.items()}
        return super()._perform_assignment(cluster, member_metadata)

    def _global_table_standby_assignments(self, assignments: Any, partitions_by_topic: Any) -> Any:
        """The last step before the assignment is sent; there are no global tables here."""
        changelog = self.app.changelog
        if self.replicas and all(changelog in told.actives for told in assignments.values()):
            owned = {member: set(told.actives[changelog]) for member, told in assignments.items()}
            warm = {member: _held(told, changelog) for member, told in self._before.items()}
            together = _copartitioned(assignments, changelog)
            for member, numbers in place(owned, warm).items():
                assignments[member].standbys.update({topic: sorted(numbers) for topic in together})
        return assignments


def _held(told: Any, topic: str) -> set[int]:
    return {*told.actives.get(topic, ()), *told.standbys.get(topic, ())}


def _copartitioned(assignments: Mapping[str, Any], changelog: str) -> set[str]:
    """The topics of the changelog's group: Faust takes what a member held from any of them."""
    topics = {topic for told in assignments.values() for topic in told.actives}
    return {
        topic
        for topic in topics
        if all(set(told.actives.get(topic, ())) == set(told.actives[changelog]) for told in assignments.values())
    }
