"""The clocks that are due soon, added up one after the other: there may be a hundred thousand."""

from collections import Counter

from slamon.service.metrics.catalogue import HORIZONS_MS


class Soon:
    """Of one look at an instant. `nearest` is the first deadline by (policy, objective)."""

    def __init__(self, now_ms: int) -> None:
        self._ends = [(name, now_ms + span) for name, span in HORIZONS_MS.items()]
        self._due: Counter[tuple[str, str, str]] = Counter()
        self.nearest: dict[tuple[str, str], int] = {}

    @property
    def until(self) -> int:
        """Nothing due from this instant on is asked for."""
        return max(end for _, end in self._ends) + 1

    def add(self, deadline: tuple[int, str, str]) -> None:
        """One clock: (due_at, policy, objective)."""
        due_at, policy, objective = deadline
        self.nearest[policy, objective] = min(self.nearest.get((policy, objective), due_at), due_at)
        for name, end in self._ends:
            self._due[policy, objective, name] += due_at <= end

    def within(self, policy: str, objective: str) -> dict[str, int]:
        """How many of these clocks are due within each horizon."""
        return {name: self._due[policy, objective, name] for name, _ in self._ends}
