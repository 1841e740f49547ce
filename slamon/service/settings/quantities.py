"""Durations and sizes as a person writes them (`30s`, `512KiB`), held as whole milliseconds and bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

DURATION_UNITS: Mapping[str, int] = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}
SIZE_UNITS: Mapping[str, int] = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def duration_text(milliseconds: int) -> str:
    """The span in the largest unit that divides it: `90s`, `2m`."""
    return _text(milliseconds, DURATION_UNITS)


def _text(amount: int, units: Mapping[str, int]) -> str:
    """Zero is zero of the second unit: `0s`."""
    fitting = [unit for unit, factor in units.items() if amount % factor == 0]
    return f"0{list(units)[1]}" if amount == 0 else f"{amount // units[fitting[-1]]}{fitting[-1]}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """What makes an int setting a span or a size in `[least, most]`, written as text: `Annotated[int, Duration(...)]`."""

    least: str
    most: str
    units: ClassVar[Mapping[str, int]]
    example: ClassVar[str]

    def read(self, given: Any) -> int:
        """The amount of a text; anything else is refused with what was probably meant."""
        found = self._amount(given) if isinstance(given, str) else None
        if found is None or not self._amount(self.least) <= found <= self._amount(self.most):
            expected = f"{self.example} from {self.least} to {self.most}"
            context = {"expected": expected, "hint": _hint(given, self.units)}
            raise PydanticCustomError("expected", "{expected}", context)
        return found

    def show(self, amount: int) -> str:
        """The amount in the largest unit that divides it."""
        return _text(amount, self.units)

    def _amount(self, text: str) -> Any:
        found = re.fullmatch(r"(\d{1,12})([A-Za-z]{1,3})", text, re.ASCII)
        return int(found[1]) * self.units[found[2]] if found and found[2] in self.units else None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        shown = core_schema.plain_serializer_function_ser_schema(self.show, return_schema=core_schema.str_schema())
        return core_schema.no_info_before_validator_function(self.read, handler(source), serialization=shown)


class Duration(Quantity):
    """Milliseconds."""

    units = DURATION_UNITS
    example = "a duration like '30s'"


class Size(Quantity):
    """Bytes."""

    units = SIZE_UNITS
    example = "a size like '512KiB'"


def _hint(given: Any, units: Mapping[str, int]) -> str | None:
    """What was probably meant: `30 seconds` and `30S` are `30s`; a bare number lacks its unit."""
    if isinstance(given, int) and not isinstance(given, bool):
        return "write the unit: " + ", ".join(units)
    found = re.fullmatch(r"\s*(\d{1,12})\s*([A-Za-z]+)\s*", given) if isinstance(given, str) else None
    if not found:
        return None
    unit = next((u for u in units if u != "ms" and found[2].lower().startswith(u.lower())), None)
    suggestion = f"{found[1]}{unit}"
    return f"did you mean '{suggestion}'?" if unit and suggestion != given else None
