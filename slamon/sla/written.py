"""Values as JSON texts, to the byte as the engine's encoder writes them: so no object comes in between only to be thrown away."""

from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Final

from slamon.sla.calendar import Calendar
from slamon.sla.events import Value
from slamon.sla.instants import render

_FRACTIONS: Final = [f".{fraction:03}".rstrip("0") for fraction in range(1000)]

quoted: Final = encode_basestring  # a text in quotes, what JSON forbids in it escaped


def written(value: Value) -> str:
    """The value of a field; a float in Python's own words, which are one of several (`has_floats`)."""
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{','.join([quoted(member) for member in value])}]"
    return str(value)


def has_floats(fields: dict[str, Value]) -> bool:
    """Whether a field holds a number that encoders write in several ways."""
    return any(type(value) is float for value in fields.values())


def written_texts(texts: Mapping[str, str]) -> str:
    """An object of texts."""
    return f"{{{','.join([f'{quoted(name)}:{quoted(text)}' for name, text in texts.items()])}}}"


def written_instant(at: int | None) -> str:
    """RFC 3339 in UTC, or null."""
    return "null" if at is None else f'"{render(at)}"'


class Moments:
    """What a fact says several times, and so do those that come with it: where its clock began and where it stands."""

    def __init__(self, start: int, at: int) -> None:
        self.start, self.at = start, at
        self.begun, self.now = written_instant(start), written_instant(at)
        self.elapsed, self.ran = 0, "0"
        # What counted of a clock that ran in one go between the two: where that stands in the parts of the last fact.
        self.calendar: Calendar | None = None
        self.told: list[str] = []
        self.first = self.last = 0
        self.truncated = False

    def measure(self, elapsed: int) -> str:
        """The clock's elapsed time as seconds, which its only interval, status and group mostly say again."""
        if elapsed != self.elapsed:
            self.elapsed, self.ran = elapsed, written_seconds(elapsed)
        return self.ran

    def seconds(self, ms: int) -> str:
        return self.ran if ms == self.elapsed else written_seconds(ms)

    def text(self, at: int | None) -> str:
        if at is None:
            return "null"
        if at == self.at:
            return self.now
        return self.begun if at == self.start else written_instant(at)


def written_seconds(ms: int) -> str:
    """Milliseconds as seconds, whole where they are whole; without a float, whose text took a tenth of a fact."""
    if ms == 0:
        return "0"
    if ms < 0:
        return f"-{written_seconds(-ms)}"
    fraction = ms % 1000
    return str(ms // 1000) if fraction == 0 else f"{ms // 1000}{_FRACTIONS[fraction]}"
