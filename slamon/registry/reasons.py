"""Why a value of a schema registry becomes a dead letter; a registry that is away is no reason: it is waited for."""

from slamon.sla.events import InvalidRecord

UNKNOWN_SCHEMA = "unknown_schema"
UNSUPPORTED_SCHEMA = "unsupported_schema"
NOT_DECODABLE = "not_decodable"


def unknown(what: str) -> InvalidRecord:
    """The registry says that it does not have it."""
    hint = "was it deleted, or is this another registry than the producer's?"
    return InvalidRecord(UNKNOWN_SCHEMA, f"value: expected a schema that the registry has, got {what} ({hint})")


def unsupported(why: str) -> InvalidRecord:
    """The schema is one that slamon does not read by."""
    return InvalidRecord(UNSUPPORTED_SCHEMA, f"schema: expected {why}")


def not_decodable(schema: int, error: Exception | str) -> InvalidRecord:
    """The bytes are not what the schema says."""
    told = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return InvalidRecord(NOT_DECODABLE, f"value: expected bytes of schema {schema}, got others ({told:.200})")
