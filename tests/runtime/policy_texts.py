"""Policy texts for tests that are about the topic, not about what a policy says: JSON of a name and a few settings."""

import hashlib
from dataclasses import dataclass

import orjson

from slamon.sla.policy import PolicySet


@dataclass(frozen=True)
class Files:
    policies: PolicySet
    text: bytes
    valid_from: int | None = None
    to_open: bool = False


def files(name: str, valid_from: int | None = None, to_open: bool = False) -> Files:
    """What a policy file of that name would say; the version is the hash of the text."""
    return from_text(orjson.dumps({"name": name, "valid_from": valid_from, "to_open": to_open}))


def from_text(text: bytes) -> Files:
    data = orjson.loads(text)
    version = hashlib.sha256(text).hexdigest()[:16]
    return Files(PolicySet(version, ()), text, data["valid_from"], data["to_open"])
