"""What was expected and what came instead: the shape of every complaint about something an operator wrote."""

from typing import Final

_LONGEST: Final = 120  # what came may be a whole file


class Unexpected(ValueError):
    """One problem: what was expected, what was found, perhaps where and how to put it right."""

    def __init__(self, expected: str, got: object, hint: str = "", where: str = "") -> None:
        self.expected = expected
        self.got = got
        self.hint = hint
        self.where = where
        super().__init__(self._sentence())

    def at(self, where: str) -> "Unexpected":
        """The same problem, with its place put in front."""
        return Unexpected(self.expected, self.got, self.hint, f"{where}.{self.where}" if self.where else where)

    def _sentence(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        got = repr(self.got)
        return f"{place}expected {self.expected}, got {got if len(got) <= _LONGEST else got[:_LONGEST] + '...'}{hint}"
