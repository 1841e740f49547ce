"""Proven reading: the newest instant of which it is certain that everything that lay in a source partition then is decided.

Semantics 4.4: S is the own clock before asking for the end; S is proven once what is decided has passed that end. The end is
that of all records: what lies behind a transaction that is open cannot be read yet, and is there.
"""

from collections import deque

MAX_SAMPLES = 512


class SourceProof:
    """Of one source partition: samples that wait for their end to be passed, and the newest that was.

    What is decided may not be committed yet: a fact that builds on it goes into the same transaction, or a later one.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque()  # (S, end), both rising
        self.position: int | None = None  # everything below it is dealt with
        self._decided: int | None = None  # and below this it is decided
        self.end: int | None = None  # the newest end seen
        self.proven: int | None = None

    def sampled(self, instant: int, end: int) -> None:
        """At `instant` (before asking) the end was `end` or less."""
        self.end = end
        if self._decided is not None and end < self._decided:
            return  # a topic that was made again: what is in it now is not what was read
        if self._samples and self._samples[-1][1] == end:
            self._samples.pop()  # the same end at a later instant proves more
        self._samples.append((instant, end))
        if len(self._samples) > MAX_SAMPLES:  # far behind: half as many instants are as good
            self._samples = deque(list(self._samples)[1::2])
        self._prove()

    def passed(self, position: int) -> None:
        """Everything below `position` is dealt with."""
        if self.position is None or position > self.position:
            self.position = position
        self.decided(position)

    def decided(self, position: int) -> None:
        """Everything below `position` is dealt with or decided."""
        if self._decided is None or position > self._decided:
            self._decided = position
            self._prove()

    def _prove(self) -> None:
        while self._samples and self._decided is not None and self._samples[0][1] <= self._decided:
            self.proven = self._samples.popleft()[0]

    @property
    def lag(self) -> int:
        """Records (and markers) between the position and the newest end seen."""
        return max(0, (self.end or 0) - (self.position or 0))
