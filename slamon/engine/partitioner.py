"""Which partition a key belongs to, as every Kafka client with the Java default partitioner has it."""

from functools import lru_cache
from struct import unpack_from
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64  # a machine word once compiled, an int else

SEED: Final = 0x9747B28C
M: Final = 0x5BD1E995
MASK: Final = 0xFFFFFFFF


@lru_cache(maxsize=16_384)  # a ticket tells of itself again and again
def partition_of(key: bytes, partitions: int) -> int:
    """The partition number of the key among so many."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """The hash as an unsigned 32-bit number (org.apache.kafka.common.utils.Utils.murmur2)."""
    length = len(key)
    words = length >> 2
    h: i64 = SEED ^ length
    word: i64
    for word in unpack_from(f"<{words}I", key):
        k: i64 = (word * M) & MASK
        h = ((h * M) & MASK) ^ (((k ^ (k >> 24)) * M) & MASK)
    if length & 3:
        h = ((h ^ int.from_bytes(key[words << 2 :], "little")) * M) & MASK
    h = ((h ^ (h >> 13)) * M) & MASK
    return h ^ (h >> 15)
