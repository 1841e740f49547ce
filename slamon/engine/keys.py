"""The keys of the store: a letter for the kind of row and of subject, the subject, a zero byte, and what tells rows apart."""

from binascii import unhexlify
from dataclasses import dataclass
from struct import Struct
from typing import Final

APPLIED: Final = b"a"  # the one key under which a partition keeps how far each source is applied
NEVER: Final = 0xFFFFFFFFFFFFFFFF
INSTANT: Final = Struct(">Q")
STAMP: Final = 8  # its bytes: asking it for its size, or for a method, takes longer than the work itself
instant_of: Final = INSTANT.unpack_from


@dataclass(frozen=True, slots=True)
class Letters:
    """The first bytes of the rows of one kind of subject."""

    head: bytes
    clock: bytes
    fact: bytes
    log: bytes
    ids: bytes = b""  # of services: instants of record ids
    kept: bytes = b""  # of services: checkpoints
    blocks: bytes = b""  # of services: blocks of histories

    def head_key(self, subject: str) -> bytes:
        return self.head + subject.encode()

    def clocks(self, subject: str) -> bytes:
        """The prefix of the subject's ended clocks."""
        return self.clock + subject.encode() + b"\0"

    def clock_key(self, subject: str, clock_id: str, ended_at: int | None) -> bytes:
        """Of a long-lived subject's clocks by their end, so that those after a checkpoint are known."""
        end = INSTANT.pack(ended_at or 0) if self.kept else b""
        return self.clocks(subject) + end + clock_id.encode()

    def facts(self, subject: str) -> bytes:
        """The prefix of the subject's facts that have still to be told, or corrected."""
        return self.fact + subject.encode() + b"\0"

    def fact_key(self, subject: str, at: int, fact_id: str) -> bytes:
        return b"".join((self.fact, subject.encode(), b"\0", at.to_bytes(STAMP, "big"), unhexlify(fact_id)))


TICKET: Final = Letters(b"h", b"c", b"f", b"l")
SERVICE: Final = Letters(b"H", b"C", b"F", b"L", b"I", b"K", b"P")
HEADS: Final = (TICKET.head, SERVICE.head)
TIMED: Final = (*HEADS, TICKET.fact, SERVICE.fact)  # rows that may imply a timer


def is_head(key: bytes) -> bool:
    """Whether the row is a subject itself."""
    return key[:1] in HEADS


def subject_of(key: bytes) -> str:
    """The subject of a row that is not a head."""
    return key[1 : key.index(b"\0")].decode()


def head_due(key: bytes, value: bytes | None) -> tuple[bytes, int | None] | None:
    """The timer that a pair of the store implies, (key, instant or None), or None where it implies none ever."""
    return (key, due_of(value)) if key[:1] in TIMED else None


def due_of(value: bytes | None) -> int | None:
    """The instant that a head or fact begins with, if it has one."""
    if value is None:
        return None
    at: int = instant_of(value)[0]
    return None if at == NEVER else at


def stamp(at: int | None) -> bytes:
    """The first eight bytes of a head or fact: when to look at it next."""
    return b"\xff\xff\xff\xff\xff\xff\xff\xff" if at is None else at.to_bytes(STAMP, "big")
