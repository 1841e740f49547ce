"""How far the present of one partition is proven (semantics 4.4): the own end checks and the intakes' watermarks."""

from typing import Final

from slamon.engine.unit import Watermark

Input = tuple[str, int]
TIME: Final[Input] = ("", 0)  # `--clock records`: a watermark that is partition time itself


class PartitionTime:
    """Partition time from what was proven so far; it never goes back."""

    def __init__(self, inputs: frozenset[Input], max_hold_ms: int, by_records: bool = False) -> None:
        self._inputs = inputs
        self._max_hold_ms = max_hold_ms
        self._by_records = by_records
        self._own: int | None = None
        self._entered: int | None = None
        self._told: dict[Input, int | None] = {}
        self._heard: dict[Input, int] = {}  # input -> when its owner last spoke
        self._newest: int | None = None

    def own(self, proven: int) -> None:
        """Every record of the own source partitions up to this instant is applied."""
        if not self._by_records:
            self._own = proven if self._own is None else max(self._own, proven)

    def entered(self, now: int) -> None:
        """The partition has begun to catch up: from here its inputs' owners are expected to speak."""
        self._entered = now

    def heard(self, watermark: Watermark, now: int) -> None:
        """Take what an intake worker says of the inputs it owns."""
        if self._by_records:
            told = watermark.inputs.get(TIME)
            if told is not None:
                self._own = told if self._own is None else max(self._own, told)
            return
        for key, proven in watermark.inputs.items():
            if key in self._inputs:
                self._told[key], self._heard[key] = proven, now

    def value(self, now: int) -> tuple[int | None, bool]:
        """(partition time or None while nothing is proven, whether it stands past an input that had no owner)."""
        if self._own is None:
            return None, False
        if self._by_records:
            return self._own, False
        behind, times = False, [min(self._own, now)]
        for key in self._inputs:
            if self._silent(key, now):
                behind = True
                continue
            proven = self._told.get(key)
            if proven is None:
                return self._newest, behind
            times.append(min(proven, now))  # an owner whose clock runs ahead counts as now
        self._newest = max(min(times), self._newest or 0)
        return self._newest, behind

    def _silent(self, key: Input, now: int) -> bool:
        """Whether no worker has owned the input for `max_hold`, from its last word or from entering."""
        last = max(self._heard.get(key, 0), self._entered or 0)
        return now - last > self._max_hold_ms
