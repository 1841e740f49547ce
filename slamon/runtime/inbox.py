"""Batches of one partition that wait for its actor."""

from collections import deque

from slamon.runtime.transport import Batch


class Inbox:
    """In the order they came; `records` of them all are counted, since that is what fills memory."""

    def __init__(self) -> None:
        self.records = 0
        self._batches: deque[Batch] = deque()

    def put(self, batch: Batch) -> None:
        self._batches.append(batch)
        self.records += len(batch.records)

    def take(self) -> Batch:
        batch = self._batches.popleft()
        self.records -= len(batch.records)
        return batch

    def put_back(self, batch: Batch) -> None:
        """What is left of the batch taken last."""
        self._batches.appendleft(batch)
        self.records += len(batch.records)

    def __bool__(self) -> bool:
        return bool(self._batches)
