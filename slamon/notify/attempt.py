"""What an answer means for a page, and how long to wait before it is tried again. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
LONGEST_ASKED = 600.0  # a receiver that asks for more is asked again earlier
# Not the page's fault: too slow, too early, too many (RFC 9110, 8470, 6585). All of 5xx besides.
AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver will never take it as it is."""

    why: str


@dataclass(frozen=True, slots=True)
class Again:
    """Nobody knows whether it arrived, or it did not; `after`: seconds the receiver asks for."""

    why: str
    after: float | None = None


Outcome = Delivered | Refused | Again


def judged(status: int, retry_after: str | None, now: datetime, said: str = "") -> Outcome:
    """The outcome of an answer. A redirect is refused: a page goes where the settings say and nowhere else."""
    if 200 <= status < 300:
        return Delivered()
    told = f"{status} {said}".strip()
    if status in AGAIN or status >= 500:
        return Again(told, seconds_of(retry_after, now))
    return Refused(told)


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """The header as seconds from now: a number or a date; None if it is neither."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdecimal() and len(text) < 9:
        return float(min(int(text), LONGEST_ASKED))
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    aware = then if then.tzinfo else then.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), LONGEST_ASKED)


def wait(failures: int, asked: float | None, chance: Callable[[], float]) -> float:
    """Seconds until the next attempt: doubling up to a minute, spread over its second half, never less than asked for."""
    longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 10))
    return max(asked or 0.0, longest * (0.5 + chance() / 2))


class Bucket:
    """At most `per_minute` in a minute, a sixth of it at once."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._rate = per_minute / 60
        self._room = max(1.0, per_minute / 6)
        self._level, self._at = self._room, now

    def take(self, now: float) -> float:
        """Takes one; how many seconds to wait before it may be used."""
        self._level = min(self._room, self._level + (now - self._at) * self._rate) - 1
        self._at = now
        return max(0.0, -self._level / self._rate)
