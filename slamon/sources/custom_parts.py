"""The parts of a custom mapping, checked and compiled once: expressions, tables of values, instants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import jmespath
from jmespath.functions import Functions

from slamon.sla import record_parts
from slamon.sla.events import InvalidRecord
from slamon.sla.refusals import BAD_INSTANT, UNKNOWN_VALUE, did_you_mean, refusal, shown
from slamon.sources.reading import UNITS, instant, scaled, text

MAPPING_FAILED = "mapping_failed"
MAX_EXPRESSION = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What jmespath raises is a ValueError; comparing or adding what can't be compared or added comes through as it is.
_FAILURES = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in a mapping."""

    path: str
    expected: str
    got: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, got {self.got}{f' ({self.hint})' if self.hint else ''}"


class MappingError(ValueError):
    """The operator's mapping can not be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True, slots=True)
class Expression:
    """What a JMESPath expression finds in a payload; None if it finds nothing."""

    path: str
    source: str
    parsed: Any

    def __call__(self, payload: Any) -> Any:
        try:
            return self.parsed.search(payload)
        except _FAILURES as error:
            message = f"{self.path}: expected '{self.source}' to find a value, got an error ({str(error)[:200]})"
            raise InvalidRecord(MAPPING_FAILED, message) from None


@dataclass(frozen=True, slots=True)
class Table:
    """What an expression finds, translated; `strict` refuses what stands in no row, else it passes as it is."""

    path: str
    find: Expression
    rows: Mapping[str, Any]  # keys casefolded
    default: Any = NOTHING
    strict: bool = True

    def __call__(self, payload: Any) -> Any:
        found = self.find(payload)
        word = text(found)
        if word is not None and word.casefold() in self.rows:
            return self.rows[word.casefold()]
        if self.default is not NOTHING:
            return self.default if self.rows or found is None else found
        if self.strict and self.rows and found is not None:
            raise refusal(
                UNKNOWN_VALUE, self.path, "a value that the mapping names", found, did_you_mean(str(word), self.rows)
            )
        return found


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant that an expression finds, in the form, zone and unit that the mapping declares (semantics 2.1)."""

    path: str
    find: Expression
    form: str | None = None
    zone: ZoneInfo | None = None
    unit: str = "ms"

    def __call__(self, payload: Any) -> int | None:
        value = self.find(payload)
        if value is None or value == "":
            return None
        if isinstance(value, str) and (self.form is not None or self.zone is not None):
            return record_parts.instant(self.path, self._parsed(value))
        if self.unit != "ms" or (isinstance(value, str) and value.isdecimal()):
            return scaled(self.path, value, self.unit)
        return instant(self.path, value)

    def _parsed(self, value: str) -> int:
        expected = f"an instant like '{self.form}'" if self.form else "an instant like 2024-01-05T15:00:00"
        try:
            found = datetime.strptime(value, self.form) if self.form else datetime.fromisoformat(value)  # noqa: DTZ007
            found = found.replace(tzinfo=self.zone) if found.tzinfo is None else found
            return (found.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)
        except (ValueError, OverflowError) as error:
            raise refusal(BAD_INSTANT, self.path, expected, value, str(error)[:100]) from None


class Compiler:
    """Builds parts from raw YAML and keeps every problem it meets on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, path: str, expected: str, got: Any, hint: str = "") -> None:
        """Keeps the problem."""
        self.problems.append(Problem(path, expected, "nothing" if got is None else shown(got), hint))

    def known_keys(self, path: str, raw: Mapping[Any, Any], known: Sequence[str]) -> None:
        """Keeps a problem for every key that means nothing here."""
        for key in raw:
            if key not in known:
                self.wrong(path, "only known keys", str(key), did_you_mean(str(key), known))

    def expression(self, path: str, raw: Any) -> Expression:
        """The compiled expression, or one that finds nothing beside the problem."""
        parsed = None
        if not isinstance(raw, str) or not raw or len(raw) > MAX_EXPRESSION:
            self.wrong(path, f"a JMESPath expression of at most {MAX_EXPRESSION} characters", raw)
        else:
            try:
                parsed = jmespath.compile(raw)
            except (ValueError, RecursionError) as error:
                self.wrong(path, "a JMESPath expression", raw, _first_line(error))
            else:
                for name in sorted(set(_functions(parsed.parsed)) - Functions.FUNCTION_TABLE.keys()):
                    self.wrong(path, "a function of JMESPath", name, did_you_mean(name, Functions.FUNCTION_TABLE))
        return Expression(path, str(raw), parsed)

    def table(self, path: str, raw: Any, *, strict: bool = True) -> Table:
        """An expression, or a mapping with `value` and perhaps `map` and `default`."""
        if not isinstance(raw, Mapping):
            return Table(path, self.expression(path, raw), {}, strict=strict)
        self.known_keys(path, raw, ("value", "map", "default"))
        rows = raw.get("map", {})
        if not isinstance(rows, Mapping):
            self.wrong(f"{path}.map", "a mapping of values", rows)
            rows = {}
        named = {str(text(key)).casefold(): value for key, value in rows.items()}
        find = self.expression(f"{path}.value", raw.get("value"))
        return Table(path, find, named, raw.get("default", NOTHING), strict)

    def moment(self, path: str, raw: Any) -> Moment:
        """An expression, or a mapping with `value` and perhaps `format`, `zone` and `unit`."""
        if not isinstance(raw, Mapping):
            return Moment(path, self.expression(path, raw))
        self.known_keys(path, raw, ("value", "format", "zone", "unit"))
        form, unit = raw.get("format"), raw.get("unit", "ms")
        if form is not None and (not isinstance(form, str) or "%" not in form):
            self.wrong(f"{path}.format", "a format like '%d/%m/%Y %H:%M'", form)
            form = None
        if not isinstance(unit, str) or unit not in UNITS:
            self.wrong(f"{path}.unit", "one of s, ms, us, ns", unit)
            unit = "ms"
        if form is not None and "%z" not in form and "zone" not in raw:
            self.wrong(f"{path}.zone", "the zone of instants without offset", None, "UTC or a name like Europe/Berlin")
        return Moment(
            path, self.expression(f"{path}.value", raw.get("value")), form, self._zone(path, raw.get("zone")), unit
        )

    def _zone(self, path: str, name: Any) -> ZoneInfo | None:
        if name is None:
            return None
        try:
            return ZoneInfo(name)
        except (ValueError, TypeError, OSError, KeyError, AttributeError):
            self.wrong(f"{path}.zone", "a time zone", name, "UTC or a name like Europe/Berlin")
            return None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].strip().removesuffix(", for expression:")[:200]


def _functions(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if node.get("type") == "function_expression":
            yield node["value"]
        for child in node.get("children", ()):
            yield from _functions(child)
