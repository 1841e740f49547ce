"""Which partition a key belongs to, as every Kafka client with the Java default partitioner has it."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64  # a machine word once compiled, an int else

SEED: Final = 0x9747B28C
M: Final = 0x5BD1E995
MASK: Final = 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """The partition number of the key among so many."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """The hash as an unsigned 32-bit number (org.apache.kafka.common.utils.Utils.murmur2)."""
    length: i64 = len(key)
    whole: i64 = length & ~3
    h: i64 = SEED ^ length
    at: i64 = 0
    a: i64
    b: i64
    c: i64
    d: i64
    # Byte by byte: whoever asks for words of four is given integers of Python's own, at ten times the price once compiled.
    while at < whole:
        a, b, c, d = key[at], key[at + 1], key[at + 2], key[at + 3]
        k: i64 = ((a | b << 8 | c << 16 | d << 24) * M) & MASK
        h = ((h * M) & MASK) ^ (((k ^ (k >> 24)) * M) & MASK)
        at += 4
    if whole < length:
        while length > whole:
            length -= 1
            a = key[length]
            h ^= a << ((length & 3) << 3)
        h = (h * M) & MASK
    h = ((h ^ (h >> 13)) * M) & MASK
    return h ^ (h >> 15)
