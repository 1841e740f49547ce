"""Decoded values as JSON values, in the forms that sources read: RFC 3339 in UTC, decimals as text, bytes as text or base64."""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from slamon.sla.instants import render

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def plain(value: Any) -> Any:
    """The value with nothing in it but what JSON has."""
    if isinstance(value, Mapping):
        return {str(name): plain(word) for name, word in value.items()}
    if isinstance(value, list | tuple):
        return [plain(word) for word in value]
    if isinstance(value, bytes):
        return text_of(value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def text_of(value: bytes) -> str:
    """UTF-8 if it is, else base64."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _instant(value: datetime) -> str:
    """What is finer than a millisecond is cut off; a local time stays without a zone, and only its source knows which."""
    if value.tzinfo is None:
        return value.isoformat(sep=" ", timespec="seconds" if not value.microsecond else "milliseconds")
    return render((value - EPOCH) // MILLISECOND)
