"""`python -m tests.chaos.newer`: a worker of tomorrow, which writes the next version of the state and reads both."""

import sys
from typing import Any

import orjson

from slamon import cli
from slamon.engine import heads, position, service_state, state, version
from slamon.runtime import store

NEXT = version.VERSION + 1
MORE = "a field of tomorrow"
_NOW, _THEN = f"[{version.VERSION},".encode(), f'[{NEXT},"{MORE}",'.encode()


class Tomorrow:
    """orjson for the rooms of the state: every row has one more field, behind a version of its own."""

    OPT_SORT_KEYS = orjson.OPT_SORT_KEYS

    @staticmethod
    def dumps(row: Any, option: int | None = None) -> bytes:
        return orjson.dumps([NEXT, MORE, *row[1:]] if isinstance(row, list) else row, option=option)

    @staticmethod
    def loads(value: bytes) -> Any:
        return orjson.loads(as_today(value))


def as_today(value: bytes) -> bytes:
    """The row, or the two of a ticket, with or without an instant before it, as the present version writes it."""
    value = value.replace(b"\n" + _THEN, b"\n" + _NOW)
    for first in (0, 8):
        if value.startswith(_THEN, first):
            return value[:first] + _NOW + value[first + len(_THEN) :]
    return value


def come() -> None:
    """From now on this process is of tomorrow."""
    for room in (heads, position, service_state, state, version):
        room.orjson = Tomorrow  # type: ignore[attr-defined]
    store.FORMAT = [*store.FORMAT[:-1], NEXT]


if __name__ == "__main__":
    come()
    sys.argv = ["slamon", "run"]
    sys.exit(cli.main())
