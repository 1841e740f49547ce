"""How the last applied record of a source is known again; the engine keeps this of it in its position."""

from hashlib import blake2b

from slamon.engine.unit import Record


def digest_of(record: Record) -> str:
    """As engine.partition has it in `Applied.digest` (a test compares them)."""
    return blake2b((record.key or b"") + b"\0" + (record.value or b""), digest_size=8).hexdigest()
