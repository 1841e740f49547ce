"""Which state this slamon writes, and which it reads (docs/decisions.md, "Versions of the state").

Every row carries the version that wrote it. The position, which is in every transaction that changes anything, carries
that of the newest writer of the whole partition: an older slamon sees at the start that there is something it can not read.
"""

from typing import Any, Final

import orjson

# 1: tickets, as 0.1.0 wrote them; 2: the rows of services beside them; 3: tickets in two rows; 4: in three, without what follows
VERSION: Final = 4
READABLE: Final = frozenset({1, 2, 3, 4})
_loads: Final = orjson.loads  # at hand, not asked of the module for each row


class UnknownVersion(Exception):
    """State was written by another slamon: going on would lose it."""


def open_row(value: bytes) -> list[Any]:
    """The row, if this slamon knows how to read it."""
    row: list[Any] = _loads(value)
    check(row[0])
    return row


def check(version: object) -> None:
    """Raises UnknownVersion."""
    if version not in READABLE:
        known = ", ".join(map(str, sorted(READABLE)))
        raise UnknownVersion(
            f"state: expected version {known}, got {version!r}: another slamon wrote it "
            f"(hint: run the newest version that ever ran here, or a later one; nothing is lost until then)"
        )
