"""Spans of time and amounts as options."""

import argparse
import math

from slamon.sla.durations import parse_duration
from slamon.sla.expectation import Unexpected


def seconds(text: str) -> float:
    """The seconds of a duration like 60s, 5m or 1h30m."""
    try:
        return parse_duration(text) / 1000
    except Unexpected as problem:
        raise argparse.ArgumentTypeError(f"expected {problem.expected}, got {text!r}") from None


def some_seconds(text: str) -> float:
    """The same, of more than nothing."""
    found = seconds(text)
    if found == 0:
        raise argparse.ArgumentTypeError(f"expected more than zero, got {text!r}")
    return found


def positive(text: str) -> float:
    """A number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (number > 0 and math.isfinite(number)):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number


def whole(text: str) -> int:
    """A whole number above zero."""
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)
