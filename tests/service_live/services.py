"""The promises of the live tests of services, and how to read what was said of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

# Of a year of 365 days, two in ten million: 6.3072 s may be down.
POLICIES = """
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: shop}
spec:
  period: year
  objectives:
    availability:
      target: 99.99998%
      warn: [{at: 3s before, severity: critical}]
"""
BUDGET_S, LEAP_BUDGET_S = 6.3072, 6.32448


def told(facts: Sequence[dict[str, Any]], what: str, service: str | None = None) -> list[dict[str, Any]]:
    """The facts of that kind, of one service or of all."""
    return [fact for fact in facts if fact["data"]["what"] == what and service in (None, fact["subject"])]


def millis(text: str) -> int:
    """The epoch milliseconds of an instant on the wire."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def budget_ms(fact: dict[str, Any]) -> int:
    """What the fact says may be down in its period, checked against the period it names."""
    seconds = fact["data"]["budget"]["seconds"]
    assert seconds in (BUDGET_S, LEAP_BUDGET_S)
    return int(seconds * 1000)  # a millisecond that is not whole is never used up
