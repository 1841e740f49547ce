"""Which offset of each source partition may be committed to the group: everything below it is dealt with, in order.

Faust's own tracker commits past messages that are still in work and counts what follows a gap as done (faust.md, bug 1).
"""

from collections import deque


class Ranges:
    """Of one source partition: batches in the order they were handed out, each with the offset behind it."""

    def __init__(self) -> None:
        self._open: deque[list[int]] = deque()  # [offset behind, done?]
        self._done: int | None = None

    def handed_out(self, behind: int) -> None:
        self._open.append([behind, 0])

    def finished(self, behind: int) -> None:
        """The batch that ends before `behind` is dealt with."""
        for batch in self._open:
            if batch[0] == behind:
                batch[1] = 1
                break
        while self._open and self._open[0][1]:
            self._done = self._open.popleft()[0]

    @property
    def begun(self) -> bool:
        """Whether anything was handed out."""
        return bool(self._open) or self._done is not None

    @property
    def committable(self) -> int | None:
        return self._done
