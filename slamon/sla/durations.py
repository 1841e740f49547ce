"""Spans as people write them (`1h30m`) and as slamon counts them (milliseconds). Knows no calendar: `1d` is 24 h."""

import re
from typing import Final

from slamon.sla.expectation import Unexpected

UNITS_MS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}

# Each unit at most once and from large to small, so that one span is not written in two puzzling ways.
_DURATION: Final = re.compile(r"\s*".join(rf"(?:([0-9]{{1,12}}){unit})?" for unit in UNITS_MS))
_LONGEST_TEXT: Final = 64
_WORDS: Final = re.compile(
    r"([0-9]{1,12})\s*(?:(w)(?:eeks?)?|(d)(?:ays?)?|(h)(?:(?:ou)?rs?)?|(m)(?:in(?:ute)?s?)?|(s)(?:ec(?:ond)?s?)?)",
    re.IGNORECASE,
)


def parse_duration(text: object) -> int:
    """The milliseconds of a text like `4h`, `1h30m`, `90s`, `2d`, `1w` or `500ms`; raises `Unexpected`."""
    counts = _counts(text)
    if counts is None:
        raise Unexpected("a duration like '4h', '30m' or '1h30m'", text, _hint(text))
    return sum(int(count or 0) * unit for count, unit in zip(counts, UNITS_MS.values(), strict=True))


def format_duration(span_ms: int) -> str:
    """The shortest exact text of a span, `1d2h`, which `parse_duration` reads back; days are the largest unit."""
    if span_ms == 0:
        return "0s"
    parts, rest = [], abs(span_ms)
    for name, unit in list(UNITS_MS.items())[1:]:  # no weeks: `9d` is read faster than `1w2d`
        count, rest = divmod(rest, unit)
        parts.append(f"{count}{name}" if count else "")
    return "-" * (span_ms < 0) + "".join(parts)


def _counts(text: object) -> tuple[str | None, ...] | None:
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT or not text.strip():
        return None
    found = _DURATION.fullmatch(text.strip())
    return found.groups() if found else None


def _hint(text: object) -> str:
    if isinstance(text, int) or (isinstance(text, str) and text.strip().isdigit()):
        return f"add a unit: '{str(text).strip()[:12]}s', m, h, d or w"
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        return "units are w d h m s ms"
    word = _WORDS.fullmatch(text.strip())
    return (
        f"did you mean '{''.join(filter(None, word.groups())).lower()}'?"
        if word
        else "whole numbers, units w d h m s ms, largest first"
    )
