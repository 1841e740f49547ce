"""Good inputs made bad: JSON bent at its joints, bytes torn anywhere. The same seed makes the same inputs."""

import random
from collections.abc import Sequence
from typing import Any

import orjson

ODD: Sequence[Any] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 0.5, -0.0, 1e308, 5e-324, 1e18,
    "", " ", "\x00", "0", "-1", "1e400", "NaN", "Infinity", "true", "null", "[]", "{}", "x" * 600, "é", "\u202e", "١٢",
    "2024-01-05T15:00:00Z", "2024-01-05T15:00:00.123456789+23:59", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    "2024-02-30T00:00:00Z", "2024-01-05 15:00:00", "05/Jan/24 3:00 PM", "99999999999999", "1704470400.999", "1h", "30d",
    "50%", "P1", "open", "created", "snapshot", "up", "down", "firing", "Europe/Berlin", "../../etc/passwd", "%s%n", "@",
    [], {}, [[]], [None], {"": None}, {"value": None}, {"display_value": "x", "link": 7}, [1, "a", {"b": []}],
)  # fmt: skip
TOKENS = (
    b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"\\ud800", b"\x00", b"\xff", b"\xc3", b"1e999", b"-", b"null", b"&a",
    b"*a", b"---\n", b"\n  ", b"\t", b"!!python/object:os.system", b"? ", b"|", b"%", b"[" * 300, b'{"a":' * 300, b"0" * 400,
)  # fmt: skip
DESCEND = 0.75


class Mangler:
    """Bends what it is given, never the original."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def pick(self, among: Sequence[Any]) -> Any:
        return self._random.choice(among)

    def number(self) -> int:
        """An instant, or what somebody may take for one."""
        return self._random.choice((0, -1, 1, 1_704_470_400_000, 253_402_300_800_000, 2**63 - 1, -(2**63)))

    def value(self, good: Any) -> Any:
        """The JSON with one to four places changed."""
        bent = orjson.loads(orjson.dumps(good))
        for _ in range(self._random.choice((1, 1, 1, 2, 2, 3, 4))):
            bent = self._bend(bent)
        return bent

    def _bend(self, value: Any) -> Any:
        """Goes down a random way and changes what it finds at its end."""
        if isinstance(value, dict | list) and value and self._random.random() < DESCEND:
            key = self._random.choice(list(value) if isinstance(value, dict) else range(len(value)))
            if self._random.random() < 0.12:
                del value[key]
            else:
                value[key] = self._bend(value[key])
            return value
        return self._changed(value)

    def _changed(self, value: Any) -> Any:
        way = self._random.random()
        if way < 0.6:
            return self._odd()
        if way < 0.7:
            return [value]
        if way < 0.8 and isinstance(value, str):
            at = self._random.randrange(len(value) + 1)
            return value[:at] + self._random.choice(("", "\x00", "Z", "9", "-", " ", "é", '"')) + value[at + 1 :]
        if way < 0.9 and isinstance(value, int | float):
            return self._random.choice((str(value), -value if value < 2**63 else 0, value % 2**40 * 1000, value + 0.5))
        if isinstance(value, dict):
            return {
                **value,
                self._random.choice(("", "at", "id", "x", "event", "data", "payload", "op", "type")): self._odd(),
            }
        return str(value)

    def _odd(self) -> Any:
        """One of its own, which may be bent on."""
        odd = self._random.choice(ODD)
        return orjson.loads(orjson.dumps(odd)) if isinstance(odd, dict | list) else odd

    def torn(self, good: bytes) -> bytes:
        """The bytes with one to four pieces lost, doubled, swapped or put in."""
        bent = bytearray(good)
        for _ in range(self._random.choice((1, 1, 2, 4))):
            at = self._random.randrange(len(bent) + 1)
            end = min(len(bent), at + self._random.choice((1, 1, 2, 8, 40)))
            way = self._random.randrange(5)
            if way == 0:
                del bent[at:end]
            elif way == 1:
                bent[at:at] = self._random.choice(TOKENS)
            elif way == 2:
                bent[at:at] = bent[at:end]
            elif way == 3 and at < len(bent):
                bent[at] ^= 1 << self._random.randrange(8)
            else:
                bent = bent[:at]
        return bytes(bent)
