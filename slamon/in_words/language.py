"""Spans, dates and lists as a person says them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000), ("millisecond", 1))
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def counted(number: float, thing: str) -> str:
    """`1 hour`, `2 hours`."""
    return f"{number:g} {thing}{'' if number == 1 else 's'}"


def span(milliseconds: int) -> str:
    """`2 hours and 30 minutes`; a day is 24 hours, which is said where it could be taken for a working day."""
    parts, rest = [], milliseconds
    for name, unit in UNITS[1:] if milliseconds % 86_400_000 else UNITS:
        number, rest = divmod(rest, unit)
        if number:
            parts.append(counted(number, name))
    return listed(parts) or "no time"


def day(of: date) -> str:
    """`4 March 2024`."""
    return f"{of.day} {MONTHS[of.month - 1]} {of.year}"


def moment(at: int, zone: str) -> str:
    """`4 March 2024`, and the time of day where it is not midnight."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone))
    return day(local) if (local.hour, local.minute) == (0, 0) else f"{day(local)}, {local:%H:%M}"


def sentence(text: str) -> str:
    """With a capital at its beginning and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', ':')) else '.'}"
