"""The texts and numbers of which policies for services are made: periods, targets, weights, factors, local times."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from slamon.policy_file.fields import Short
from slamon.policy_file.problems import Finding, meant, shown
from slamon.policy_file.words import EPOCH, UTC_ZONE, Word, found, moment, refused, span
from slamon.sla.calendar import format_duration, parse_duration
from slamon.sla.expectation import Unexpected
from slamon.sla.instants import DAY_MS, EARLIEST_MS, HOUR_MS, LATEST_MS
from slamon.sla.policy import ObjectiveKind, Target
from slamon.sla.uptime_terms import UNITS, WEIGHT_ONE

PPB = 1_000_000_000
MAX_COUNT = 1_000_000
MAX_FACTOR = 1000
SHORTEST_ROLLING_MS, LONGEST_ROLLING_MS = HOUR_MS, 366 * DAY_MS
# Burn rates are derived for these lengths, whatever February has (the well-known pairs are for 30 days).
NOMINAL_MS = {unit: days * DAY_MS for unit, days in zip(UNITS, (1, 7, 30, 90, 365), strict=True)}

_LETTERS = {unit[0].upper(): unit for unit in UNITS}
_ROLLING = re.compile(r"(.+?)\s+rolling")
_SHARE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,30}))?\s*%")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LOCAL = re.compile(rf"{_DATE.pattern}[Tt]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)
_LOCAL_EXAMPLE = "2026-01-04T02:00"
_ANY_MOMENT = f"a local time like '{_LOCAL_EXAMPLE}', a date or an instant"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that `check` accepts; `check` raises `Unexpected`."""

    expected: str
    check: Callable[[int | float], object]
    json_schema: dict[str, Any] = field(default_factory=dict, hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "number", **self.json_schema}

    def _checked(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refused(Finding((), self.expected, shown(value), _number_meant(value)))
        try:
            self.check(value)
        except Unexpected as problem:
            raise refused(found(problem)) from None
        return float(value)


def _number_meant(value: Any) -> str:
    written = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*([x%]?)", value) if isinstance(value, str) else None
    if written is None:
        return ""
    return f"did you mean {Decimal(written[1]) / (100 if written[2] == '%' else 1)}?"


def in_parts(value: float, places: int) -> int | None:
    """The number in parts of 10**-places, exactly as it was written; None if it has more decimals."""
    scaled = Decimal(repr(value)).scaleb(places)
    return int(scaled) if scaled == scaled.to_integral_value() else None


def weight(value: float) -> int:
    """A weight in parts of `WEIGHT_ONE`."""
    parts = in_parts(value, 4)
    if parts is None or not 0 <= parts <= WEIGHT_ONE:
        raise Unexpected("a weight from 0 to 1 with at most 4 decimals", value)
    return parts


def factor(value: float) -> int:
    """The factor of a burn rate in hundredths."""
    parts = in_parts(value, 2)
    if parts is None or not 0 < parts <= MAX_FACTOR * 100:
        raise Unexpected(f"a factor above 0 and up to {MAX_FACTOR} with at most 2 decimals", value)
    return parts


def length(value: str) -> int:
    """The milliseconds of a span of wall time that is more than nothing."""
    if parse_duration(value) == 0:
        raise Unexpected("more than zero", value)
    return span(value)


def period(value: str) -> tuple[str | None, int | None]:
    """The calendar unit, or the milliseconds of a rolling window (semantics 5.2)."""
    if value in UNITS:
        return value, None
    rolling = _ROLLING.fullmatch(value)
    if rolling is None:
        raise Unexpected("a period like 'month' or '30d rolling'", value, _period_hint(value))
    span_ms = parse_duration(rolling[1])
    if not SHORTEST_ROLLING_MS <= span_ms <= LONGEST_ROLLING_MS:
        raise Unexpected("a rolling window of 1h to 366d", value)
    return None, span_ms


def nominal_ms(text: str) -> int:
    """How long a period counts as when burn rates are derived from it."""
    unit, span_ms = period(text)
    return NOMINAL_MS[unit] if unit else span_ms or 0


def _period_hint(value: str) -> str:
    try:
        return f"did you mean '{format_duration(parse_duration(value))} rolling'?"
    except Unexpected:
        return meant(value, UNITS) or f"calendar periods are {', '.join(UNITS)}"


def _period_text(value: Any) -> Any:
    """One way of writing it: `M` is `month`, `{rolling: 30d}` is `30d rolling`."""
    if isinstance(value, dict) and list(value) == ["rolling"] and isinstance(value["rolling"], str):
        value = f"{value['rolling'].strip()} rolling"
    return _LETTERS.get(value, value.strip()) if isinstance(value, str) else value


def uptime_target(kind: ObjectiveKind, value: str) -> Target:
    """What an objective of the kind allows; zero is refused (semantics 2.8)."""
    if kind is ObjectiveKind.AVAILABILITY:
        return Target(value, down_ppb=PPB - _share(value))
    if kind is ObjectiveKind.OUTAGES:
        return Target(value, count=_count(value))
    return Target(value, span(value))


def _share(value: str) -> int:
    """The share in parts per billion; no float ever sees it."""
    parts = _SHARE.fullmatch(value.strip())
    if parts is None:
        raise Unexpected("a share like '99.9%'", value, _share_hint(value))
    decimals = (parts[2] or "").rstrip("0")
    if len(decimals) > 7:
        raise Unexpected("a share with at most 7 decimals", value)
    share = int(parts[1]) * 10_000_000 + int(decimals.ljust(7, "0"))
    if not 0 < share <= PPB:
        raise Unexpected("a share above 0 % and at most 100 %", value)
    return share


def _share_hint(value: str) -> str:
    written = re.fullmatch(r"([0-9]{1,3})(?:[.,]([0-9]{1,12}))?\s*%?", value.strip())
    if written is None:
        return "a duration fits `longest_outage`, `mttr` and `mtbf`, a count `outages`"
    number = Decimal(f"{written[1]}.{written[2] or '0'}")
    percent = number * 100 if number <= 1 and "%" not in value else number
    return f"did you mean '{percent.normalize():f}%'?"


def _count(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value.strip()):
        raise Unexpected("a number of outages like 3", value)
    count = int(value)
    if not 0 < count <= MAX_COUNT:
        hint = "a promise of no outage at all is an availability of 100%" if count == 0 else ""
        raise Unexpected(f"1 to {MAX_COUNT} outages", value, hint)
    return count


def _some_target(value: str) -> None:
    if not re.fullmatch(r"\s*[0-9].{0,60}", value):
        raise Unexpected("a target like '99.9%', '1h' or 3", value)


def _target_text(value: Any) -> Any:
    """A count may be written without quotes; a share without its sign is asked back."""
    if isinstance(value, float):
        raise refused(Finding((), "a target like '99.9%', '1h' or 3", shown(value), _share_hint(repr(value))))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def local_moment(value: str, zone: ZoneInfo = UTC_ZONE) -> int:
    """The instant of a local time or date in the zone (semantics 2.6), or of a text that has an offset."""
    if _LOCAL.fullmatch(value):
        return local_instant(naive(value), zone)
    if "T" not in value.upper() and not _DATE.fullmatch(value):
        raise Unexpected(_ANY_MOMENT, value, _local_meant(value))
    return moment(value, zone)


def _local_meant(value: str) -> str:
    joined = re.sub(r"\s+", "T", value.strip(), count=1)
    return f"did you mean '{joined}'?" if _LOCAL.fullmatch(joined) else ""


def local_instant(wall: datetime, zone: ZoneInfo) -> int:
    """The instant of a wall time: one that never is moves forward by the gap, of two the first counts."""
    at = (wall.replace(tzinfo=zone, fold=0) - EPOCH) // timedelta(milliseconds=1)
    if not EARLIEST_MS <= at < LATEST_MS:
        raise Unexpected("a date from 1971 to 2199", wall.isoformat())
    return at


def naive(value: str) -> datetime:
    """The wall time of a text like 2026-01-04T02:00, or the midnight of a date."""
    if not _LOCAL.fullmatch(value) and not _DATE.fullmatch(value):
        hint = "in the zone of the document, without an offset" if "T" in value.upper() else _local_meant(value)
        raise Unexpected("a local time like '2026-01-04T02:00'", value, hint)
    try:
        wall = datetime.fromisoformat(value)  # the pattern has made sure that it has no offset
    except ValueError:
        raise Unexpected("a date that exists", value) from None
    local_instant(wall, UTC_ZONE)
    return wall


PeriodText = Annotated[
    str,
    Word("a period like 'month' or '30d rolling'", period, {"examples": [*UNITS, "30d rolling"]}),
    BeforeValidator(_period_text),
    Short({"type": "object", "properties": {"rolling": {"type": "string"}}, "required": ["rolling"], "additionalProperties": False}),
]  # fmt: skip
UptimeTarget = Annotated[
    str,
    Word("a target like '99.9%', '1h' or 3", _some_target, {"examples": ["99.9%", "1h"]}),
    BeforeValidator(_target_text),
    Short({"type": "integer", "minimum": 1}),
]
Length = Annotated[str, Word("a duration like '5m'", length, {"examples": ["5m", "8h"]})]
Weight = Annotated[float, Number("a number from 0 to 1", weight, {"minimum": 0, "maximum": 1})]
Factor = Annotated[float, Number("a number like 14.4", factor, {"exclusiveMinimum": 0, "maximum": MAX_FACTOR})]
LocalMoment = Annotated[
    str,
    Word(_ANY_MOMENT, local_moment, {"examples": [_LOCAL_EXAMPLE]}),
]
LocalTime = Annotated[str, Word(f"a local time like '{_LOCAL_EXAMPLE}'", naive, {"examples": [_LOCAL_EXAMPLE]})]
