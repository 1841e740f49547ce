"""Where a partition stands: how far each source is applied, how many clocks are open, how far rule changes were carried."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import orjson

from slamon.engine.unit import Record
from slamon.engine.version import READABLE, VERSION, check

# Follows the version where the topic `clocks` was told of all open clocks. An older slamon, which would tell it nothing and leave
# it wrong, does not know such a version.
LISTED: Final = "+clocks="
_NUMBERS: Final = {str(number): number for number in READABLE}
OpenKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Applied:
    """After which record of a source the state stands: its next offset, and timestamp and digest to know it again."""

    next_offset: int
    timestamp: int
    digest: str


def digest_of(record: Record) -> str:
    """What a record is known again by: a topic that was made anew holds another one at its offset."""
    return blake2b((record.key or b"") + b"\0" + (record.value or b""), digest_size=8).hexdigest()


@dataclass(slots=True)
class Position:
    applied: dict[str, Applied] = field(default_factory=dict)
    open: dict[OpenKey, int] = field(default_factory=dict)  # (policy, objective, priority, stage) -> clocks
    swept: int | None = None  # edges of the rules up to here were carried to every ticket
    listed: str | None = None  # the form in which the topic `clocks` knows all open clocks (listing.py)

    def moved(self, before: list[OpenKey], after: list[OpenKey]) -> None:
        """A ticket's open clocks are others now; a key without clocks is dropped, since priorities come from outside."""
        counts = self.open
        for key in after:
            counts[key] = counts.get(key, 0) + 1
        for key in before:
            left = counts.get(key, 0) - 1
            if left:
                counts[key] = left
            else:
                del counts[key]


def encode_position(position: Position) -> bytes:
    """The position under the version of the whole partition: whoever can not read that must not go on from here."""
    return orjson.dumps(
        [
            VERSION if position.listed is None else f"{VERSION}{LISTED}{position.listed}",
            {topic: [a.next_offset, a.timestamp, a.digest] for topic, a in position.applied.items()},
            [[*key, count] for key, count in position.open.items() if count],
            position.swept,
        ]
    )


def decode_position(value: bytes | None) -> Position:
    """The position, or that of a partition that has seen nothing; raises UnknownVersion."""
    if value is None:
        return Position()
    applied, counts, swept, listed = _told(value)
    open_clocks: dict[OpenKey, int] = {}
    for policy, objective, priority, stage, count in counts:
        open_clocks[policy, objective, priority, stage] = count
    return Position({topic: Applied(*row) for topic, row in applied.items()}, open_clocks, swept, listed)


def _told(value: bytes) -> tuple[dict[str, list[Any]], list[list[Any]], int | None, str | None]:
    told = orjson.loads(value)
    if isinstance(told, dict):  # version 1
        return told["applied"], told["open"], told["swept"], None
    listed = _listed(told[0])
    _, applied, counts, swept = told
    return applied, counts, swept, listed


def _listed(version: Any) -> str | None:
    """What stands behind the version; raises UnknownVersion."""
    number, found, listed = version.partition(LISTED) if isinstance(version, str) else (version, "", "")
    check(_NUMBERS.get(number, version) if found else version)
    return listed or None
