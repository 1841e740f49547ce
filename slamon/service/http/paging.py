"""The place in a list at which the next page goes on, as a text that nobody has to understand."""

import base64
import binascii
from typing import Any

import orjson

from slamon.service.problem import Problem

MAX_CURSOR = 4096
Place = tuple[Any, ...]


def cursor_of(place: Place) -> str:
    """The place as URL-safe text."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def place_of(cursor: str, *kinds: type) -> Place:
    """The place of a cursor whose parts are of these kinds; raises Problem for what no list has given."""
    try:
        place = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        place = None
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds) or len(cursor) > MAX_CURSOR:
        raise Problem(400, "bad_cursor", "expected cursor as `next` of the page before, or none for the first page")
    return tuple(place)
