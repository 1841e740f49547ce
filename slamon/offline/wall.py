"""Instants as people write and read them: on the wall clock of one zone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from slamon.sla import instants
from slamon.sla.expectation import Unexpected

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?", re.ASCII)


def instant(text: str, zone: str) -> int:
    """Epoch milliseconds; what the zone skips moves forward, what it has twice is the first (semantics 2.6).

    Raises Unexpected.
    """
    local = _LOCAL.fullmatch(text)
    try:
        if local is None:
            return instants.parse(text)
        day, clock, second, fraction = local.groups()
        wall = datetime.fromisoformat(f"{day}T{clock}:{second or '00'}").replace(tzinfo=ZoneInfo(zone))
        return (wall - EPOCH) // _MS + int((fraction or "0").ljust(3, "0"))
    except ValueError:
        raise Unexpected("an instant like '2024-01-05 15:00' or '2024-01-05T15:00:00Z'", text) from None


def shown(at: int, zone: str) -> str:
    """The instant to the minute where that is exact, and in UTC beside it where the wall clock does not tell it."""
    wall = (EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))
    text = wall.strftime("%Y-%m-%d %H:%M")
    if at % 60_000:
        text += wall.strftime(":%S")
    if at % 1000:
        text += f".{at % 1000:03}"
    return text if instant(text, zone) == at else f"{text} ({instants.render(at)})"
