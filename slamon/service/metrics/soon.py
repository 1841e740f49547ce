"""The clocks that are due soon, added up one after the other: there may be a hundred thousand."""

from itertools import accumulate

from slamon.service.metrics.catalogue import HORIZONS_MS


class Soon:
    """Of one look at an instant. `nearest` is the first deadline by (policy, objective)."""

    def __init__(self, now_ms: int) -> None:
        self._ends = [(name, now_ms + span) for name, span in sorted(HORIZONS_MS.items(), key=lambda each: each[1])]
        self._due: dict[tuple[str, str], list[int]] = {}  # how many within each horizon and not the shorter ones
        self.nearest: dict[tuple[str, str], int] = {}

    @property
    def until(self) -> int:
        """Nothing due from this instant on is asked for."""
        return self._ends[-1][1] + 1

    def add(self, deadline: tuple[int, str, str]) -> None:
        """One clock: (due_at, policy, objective)."""
        due_at, pair = deadline[0], deadline[1:]
        numbers = self._due.get(pair)
        if numbers is None:
            numbers = self._due[pair] = [0] * len(self._ends)
            self.nearest[pair] = due_at
        elif due_at < self.nearest[pair]:
            self.nearest[pair] = due_at
        for place, (_, end) in enumerate(self._ends):
            if due_at <= end:
                numbers[place] += 1
                return

    def within(self, policy: str, objective: str) -> dict[str, int]:
        """How many of these clocks are due within each horizon."""
        numbers = self._due.get((policy, objective), [0] * len(self._ends))
        return {name: number for (name, _), number in zip(self._ends, accumulate(numbers), strict=True)}
