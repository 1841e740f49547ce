"""Values as JSON texts, to the byte as the engine's encoder writes them: so no object comes in between only to be thrown away."""

from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Final

from slamon.sla.events import Value
from slamon.sla.instants import render

_INSTANTS: Final[dict[int, str]] = {}
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


def has_floats(fields: Mapping[str, Value]) -> bool:
    """Whether a field holds a number that encoders write in several ways."""
    return float in [type(value) for value in fields.values()]


def written_texts(texts: Mapping[str, str]) -> str:
    """An object of texts."""
    return f"{{{','.join([f'{quoted(name)}:{quoted(text)}' for name, text in texts.items()])}}}"


def written_instant(at: int | None) -> str:
    """RFC 3339 in UTC, or null. A fact says each of its instants several times, and so do those that come with it."""
    if at is None:
        return "null"
    text = _INSTANTS.get(at)
    if text is None:
        if len(_INSTANTS) >= 4096:
            _INSTANTS.clear()
        text = _INSTANTS[at] = f'"{render(at)}"'
    return text


class Moments:
    """The two instants that a fact says most, where its clock began and where it stands, with their texts."""

    def __init__(self, start: int, at: int) -> None:
        self.start, self.at = start, at
        self.begun, self.now = written_instant(start), written_instant(at)

    def text(self, at: int | None) -> str:
        if at is None:
            return "null"
        if at == self.at:
            return self.now
        return self.begun if at == self.start else written_instant(at)


def written_seconds(ms: int) -> str:
    """Milliseconds as seconds, whole where they are whole; without a float, whose text took a tenth of a fact."""
    if ms < 0:
        return f"-{written_seconds(-ms)}"
    fraction = ms % 1000
    return str(ms // 1000) if fraction == 0 else f"{ms // 1000}{_FRACTIONS[fraction]}"
