"""Enums that cost what plain attributes cost: Python 3.11 reads each member through a property and hashes it in Python.

Records touch dozens of members each; 3.12 reads them as this does.
"""

from enum import StrEnum
from operator import attrgetter
from typing import TypeVar

Some = TypeVar("Some", bound=type[StrEnum])


class Word(StrEnum):
    """A word that hashes as its text does, so that either finds the other in a mapping."""

    __hash__ = str.__hash__


# Enum asks two Python functions for it.
type.__setattr__(Word, "value", property(attrgetter("_value_")))


def plain(enum: Some) -> Some:
    """The enum itself, its members laid open as attributes of the class."""
    for member in enum:
        type.__setattr__(enum, member.name, member)
        member.__dict__["value"] = member.value
    # In the place of the property, which would be asked before the member's own attribute: a third of the instructions.
    type.__setattr__(enum, "value", None)
    return enum
