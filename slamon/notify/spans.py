"""Spans and instants as a person reads them at night."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINUTE, HOUR, DAY = 60, 3600, 86_400


def span(ms: int) -> str:
    """The two units that matter: `45 s`, `12 min`, `1 h 05 min`, `3 d 4 h`; never more than there is."""
    seconds = abs(ms) // 1000
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        hours, minutes = divmod(seconds // MINUTE, 60)
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    days, hours = divmod(seconds // HOUR, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def local(at: int, zone: str) -> str:
    """The instant on the wall of the customer: `Mon 8 Jan 2024 11:15 (Europe/Berlin)`; an unknown zone is UTC."""
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        where, zone = ZoneInfo("UTC"), "UTC"
    then = datetime.fromtimestamp(at / 1000, UTC).astimezone(where)
    return f"{then:%a} {then.day} {then:%b %Y %H:%M} ({zone})"
