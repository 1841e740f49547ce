"""Where a partition stands in time: what of its sources is dealt with, whether it has caught up, its partition time."""

from collections.abc import Mapping

from slamon.runtime.hooks import Time
from slamon.runtime.proof import SourceProof


class Standing:
    """Of one partition in one assignment. `ends` are those read at assignment: catching up means passing them."""

    def __init__(self, time: Time, ends: Mapping[str, int], *, by_records: bool) -> None:
        self.time = time
        self.proofs = {topic: SourceProof() for topic in ends}
        self._ends = dict(ends)
        self._by_records = by_records

    def decided(self, topic: str, position: int) -> None:
        """Everything of the topic below `position` is decided; partition time may go on, catching up waits for the commit."""
        self.proofs[topic].decided(position)

    def passed(self, topic: str, position: int) -> None:
        """Everything of the topic below `position` is dealt with."""
        self.proofs[topic].passed(position)
        if self._ends.get(topic, position + 1) <= position:
            del self._ends[topic]

    @property
    def caught_up(self) -> bool:
        """Whether everything is applied that lay in the sources at assignment."""
        return not self._ends

    @property
    def lag(self) -> int:
        """Records (and markers) of the sources that are not dealt with yet."""
        return sum(proof.lag for proof in self.proofs.values())

    def value(self, now: int) -> tuple[int | None, bool]:
        """(partition time or None while nothing is proven, whether it has passed an input without an owner)."""
        if not self._by_records:
            proven = [proof.proven for proof in self.proofs.values()]
            known = [instant for instant in proven if instant is not None]
            if len(known) == len(proven):
                self.time.own(min(known))
        return self.time.value(now)
