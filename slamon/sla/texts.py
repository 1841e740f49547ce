"""Bounds on names and texts of a record: keys must be safe to store and to print, values of a bounded size."""

import re
from typing import Any, Final

from slamon.sla.refusals import BAD_TYPE, BAD_VALUE, TOO_LARGE, missing, refusal

MAX_NAME: Final = 256  # characters of a ticket, a record id, a field name, a source
MAX_TEXT: Final = 8192  # bytes of a value in UTF-8
MAX_TITLE: Final = 512  # characters; a longer title is cut, since no promise may be lost over a headline

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check_name(where: str, name: Any) -> str:
    """The name itself: text, not empty, at most 256 characters, none of them a control character."""
    if type(name) is str and 0 < len(name) <= MAX_NAME and name.isprintable():
        return name
    if name is None:
        raise missing(where, "a text of 1 to 256 characters")
    if type(name) is not str:
        raise refusal(BAD_TYPE, where, "a text of 1 to 256 characters", name, _quoted(name))
    if not 0 < len(name) <= MAX_NAME:
        raise refusal(TOO_LARGE if name else BAD_VALUE, where, "a text of 1 to 256 characters", name)
    if _CONTROL.search(name):
        raise refusal(BAD_VALUE, where, "a text without control characters", name)
    return check_text(where, name)


def check_text(where: str, text: str) -> str:
    """The text itself: valid Unicode of at most 8 KiB."""
    if text.isascii() and len(text) <= MAX_TEXT:
        return text
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise refusal(BAD_VALUE, where, "valid Unicode", text, "half of a surrogate pair") from None
    if size > MAX_TEXT:
        raise refusal(TOO_LARGE, where, f"at most {MAX_TEXT} bytes", text, "send a short text or an id of it")
    return text


def cut_title(title: str) -> str:
    """The title, cut to 512 characters with an ellipsis if it is longer."""
    return check_text("fields.title", title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…")


def _quoted(name: object) -> str:
    return f'write it as text: "{name}"' if type(name) is int and abs(name) < 10**20 else ""
