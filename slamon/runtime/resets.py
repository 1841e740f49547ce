"""Notices where aiokafka moves a partition by itself: the offset to be read was not to be had any more.

It tells nobody, goes to the beginning of the log and fetches on, all of it perhaps within one call of ours.
"""

from typing import Any

from faust.types import TP


class Resets:
    """Of the partitions it listens to; each is told once."""

    def __init__(self) -> None:
        self._moved: set[TP] = set()

    def listen(self, tp: TP, state: Any) -> None:
        """To aiokafka's TopicPartitionState, which lasts as long as the assignment."""
        if "await_reset" in vars(state):
            return
        reset = state.await_reset

        def await_reset(strategy: Any) -> None:
            self._moved.add(tp)
            reset(strategy)

        state.await_reset = await_reset

    def moved(self, tp: TP) -> bool:
        """Whether it was moved since it was asked about last."""
        if tp not in self._moved:
            return False
        self._moved.discard(tp)
        return True
