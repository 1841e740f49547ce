"""Batches of one partition that wait for its actor."""

from collections import deque

from slamon.runtime.batch import Batch


class Inbox:
    """In the order they came; `records` of them all and their `bytes` are counted, since that is what fills memory.

    What was fetched before anybody saw that it is `full` still comes in: one fetch more at most.
    """

    def __init__(self, most_records: int, most_bytes: int) -> None:
        self.records = self.bytes = 0
        self._most_records, self._most_bytes = most_records, most_bytes
        self._batches: deque[Batch] = deque()

    @property
    def full(self) -> bool:
        return self.records >= self._most_records or self.bytes >= self._most_bytes

    @property
    def has_room(self) -> bool:
        """Whether half of it is free again."""
        return self.records < self._most_records // 2 and self.bytes < self._most_bytes // 2

    @property
    def topic(self) -> str:
        """Of the batch that is next."""
        return self._batches[0].tp.topic

    def put(self, batch: Batch) -> None:
        self._batches.append(batch)
        self._count(batch, 1)

    def take(self) -> Batch:
        batch = self._batches.popleft()
        self._count(batch, -1)
        return batch

    def put_back(self, batch: Batch) -> None:
        """What is left of the batch taken last."""
        self._batches.appendleft(batch)
        self._count(batch, 1)

    def _count(self, batch: Batch, sign: int) -> None:
        self.records += sign * len(batch.records)
        self.bytes += sign * batch.size

    def __bool__(self) -> bool:
        return bool(self._batches)
