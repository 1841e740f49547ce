"""The texts a policy file is made of: each with its check, the words that ask for it, and its JSON Schema."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from slamon.policy_file.problems import Finding, meant, shown
from slamon.sla import instants
from slamon.sla.calendar import format_duration, parse_duration
from slamon.sla.expectation import Unexpected

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
MAX_TEXT = 500
MAX_SPAN_MS = 10 * 365 * 86_400_000
MAX_BUSINESS_DAYS = 2000
MAX_PERCENT = 10_000_00

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_BUSINESS_DAYS = re.compile(r"([0-9]{1,4})[ _]?business[ _]days?")
_PERCENT = re.compile(r"([0-9]{1,5})(?:\.([0-9]{1,2}))?\s*%")
_DISTANCE = re.compile(r"(.+?)\s+(before|after)")


def refused(*findings: Finding) -> PydanticCustomError:
    """The error that carries our own findings through pydantic."""
    return PydanticCustomError("refused", "{findings}", {"findings": list(findings)})


def found(problem: Unexpected, *loc: str | int) -> Finding:
    """A complaint of the rules about something in the file."""
    return Finding(loc, problem.expected, shown(problem.got), problem.hint)


@dataclass(frozen=True, slots=True)
class Word:
    """A text that `check` accepts; `check` raises `Unexpected`."""

    expected: str
    check: Callable[[str], object]
    json_schema: dict[str, Any] = field(default_factory=dict, hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", **self.json_schema}

    def _checked(self, value: Any) -> str:
        if not isinstance(value, str):
            raise refused(Finding((), self.expected, shown(value), self._meant(value)))
        try:
            self.check(value)
        except Unexpected as problem:
            raise refused(found(problem)) from None
        return value

    def _meant(self, value: Any) -> str:
        """The hint for a number or a truth value where a text should stand."""
        if isinstance(value, dict | list) or value is None:
            return ""
        written = str(value).lower() if isinstance(value, bool) else str(value)
        try:
            self.check(written)
        except Unexpected as problem:
            return problem.hint
        return f"put quotes around it: '{written}'"


def text(value: str) -> str:
    """A text for people: printable, not empty, at most 500 characters."""
    if not value.strip() or len(value) > MAX_TEXT:
        raise Unexpected(f"a text of 1 to {MAX_TEXT} characters", value)
    if not value.replace("\n", " ").isprintable():
        raise Unexpected("a text without control characters", ascii(value))
    return value


def name(value: str) -> str:
    """A name that can stand in ids, paths and labels."""
    if not _NAME.fullmatch(value):
        raise Unexpected("a name of letters, digits and . _ - (at most 64)", value, _nearest_name(value))
    return value


def _nearest_name(value: str) -> str:
    near = re.sub(r"[^A-Za-z0-9._-]+", "-", value)[:64].strip("-._")
    return f"did you mean '{near}'?" if near else ""


def zone(value: str) -> ZoneInfo:
    """The time zone of that IANA name."""
    if value not in _zones():
        raise Unexpected("a time zone like 'Europe/Berlin'", value, meant(value, _zones()))
    return ZoneInfo(value)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def local_date(value: str) -> date:
    """The date of a text like 2024-12-24."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        raise Unexpected("a date that exists", value) from None
    raise Unexpected("a date like '2024-12-24'", value)


def instant(value: str) -> int:
    """Epoch milliseconds of an RFC 3339 text."""
    try:
        at = instants.parse(value)
    except ValueError as reason:
        raise Unexpected("an instant like '2024-01-05T15:00:00Z'", value, str(reason)) from None
    return _plausible(at, value)


def _plausible(at: int, value: str) -> int:
    if not instants.EARLIEST_MS <= at < instants.LATEST_MS:
        raise Unexpected("a date from 1971 to 2199", value)
    return at


def moment(value: str, at_zone: ZoneInfo = UTC_ZONE) -> int:
    """The instant of an RFC 3339 text, or that at which a local date begins in the zone (semantics 2.6)."""
    if "T" in value or "t" in value:
        return instant(value)
    day = local_date(value)
    # fold=0, and through UTC: a midnight that is twice is its first, one that never is moves forward (PEP 495).
    begins = datetime(day.year, day.month, day.day, tzinfo=at_zone, fold=0) - EPOCH
    return _plausible(begins // timedelta(milliseconds=1), value)


def span(value: str) -> int:
    """The milliseconds of a duration that is more than nothing and at most ten years."""
    span_ms = parse_duration(value)
    if span_ms <= 0:
        raise Unexpected("more than zero", value, "a promise of no time can not be kept")
    if span_ms > MAX_SPAN_MS:
        raise Unexpected("at most 10 years", value)
    return span_ms


def target(value: str) -> tuple[int | None, int | None]:
    """Milliseconds, or working dates, that a target allows (semantics 2.9); zero is refused (2.8)."""
    days = _BUSINESS_DAYS.fullmatch(value.strip())
    if days is None:
        if "business" in value or re.fullmatch(r"[0-9]+\s*bd?", value.strip()):
            raise Unexpected("a target like '5 business days'", value)
        return span(value), None
    if not 0 < int(days[1]) <= MAX_BUSINESS_DAYS:
        raise Unexpected(f"1 to {MAX_BUSINESS_DAYS} business days", value)
    return None, int(days[1])


def percent(value: str) -> int | None:
    """Hundredths of a percent of a text like 90% or 99.5%; None if it is no percentage."""
    parts = _PERCENT.fullmatch(value.strip())
    return int(parts[1]) * 100 + int((parts[2] or "0").ljust(2, "0")) if parts else None


def percent_text(hundredths: int) -> str:
    """The canonical text: 90%, 99.5%."""
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".") + "%"


def threshold(value: str) -> tuple[str, int | None, int | None]:
    """Canonical name, percent, distance of `90%`, `15m before` or `2h after` (semantics 3.8)."""
    share = percent(value)
    if share is not None:
        if not 0 < share <= MAX_PERCENT:
            raise Unexpected("a percentage above 0 % and at most 10000 %", value)
        return percent_text(share), share, None
    parts = _DISTANCE.fullmatch(value.strip())
    if parts is None:
        raise Unexpected("a threshold like '90%', '15m before' or '2h after'", value, _threshold_hint(value))
    distance = span(parts[1])
    return f"{format_duration(distance)} {parts[2]}", None, -distance if parts[2] == "before" else distance


def _threshold_hint(value: str) -> str:
    stripped = value.strip()
    if re.fullmatch(r"[0-9]{1,3}", stripped):
        return f"did you mean '{stripped}%'?"
    try:
        parse_duration(stripped)
    except Unexpected:
        return ""
    return f"did you mean '{stripped} before'?"


def relaxation(value: str) -> tuple[int | None, int | None]:
    """What a relaxed target becomes: hundredths of a percent of itself, or milliseconds more."""
    share = percent(value)
    if share is not None:
        if not 100_00 < share <= MAX_PERCENT:
            raise Unexpected("more than 100 %", value, "200% doubles the target")
        return share, None
    if not value.startswith("+"):
        raise Unexpected("a relaxation like '200%' or '+4h'", value, _plus_hint(value))
    return None, span(value[1:].strip())


def _plus_hint(value: str) -> str:
    try:
        parse_duration(value)
    except Unexpected:
        return ""
    return f"did you mean '+{value}'?"


def link(value: str) -> str:
    """An address a person can open."""
    if not re.fullmatch(r"https?://[^\s\x00-\x1f]{1,2000}", value):
        raise Unexpected("an address like 'https://wiki.example.com/runbook'", value)
    return value


Text = Annotated[str, Word("a text", text, {"minLength": 1, "maxLength": MAX_TEXT})]
Name = Annotated[str, Word("a name", name, {"pattern": f"^{_NAME.pattern}$"})]
Zone = Annotated[str, Word("a time zone like 'Europe/Berlin'", zone, {"examples": ["Europe/Berlin", "UTC"]})]
LocalDate = Annotated[str, Word("a date like '2024-12-24'", local_date, {"format": "date"})]
Instant = Annotated[str, Word("an instant like '2024-01-05T15:00:00Z'", instant, {"format": "date-time"})]
Moment = Annotated[str, Word("a date like '2024-12-24' or an instant like '2024-01-05T15:00:00Z'", moment)]
TargetText = Annotated[
    str, Word("a duration like '4h' or '5 business days'", target, {"examples": ["4h", "5 business days"]})
]
ThresholdText = Annotated[
    str, Word("a threshold like '90%', '15m before' or '2h after'", threshold, {"examples": ["90%", "15m before"]})
]
Relaxation = Annotated[
    str, Word("a relaxation like '200%' or '+4h'", relaxation, {"pattern": r"^\+|%$", "examples": ["200%", "+4h"]})
]
Link = Annotated[str, Word("an address like 'https://wiki.example.com/runbook'", link, {"format": "uri"})]
