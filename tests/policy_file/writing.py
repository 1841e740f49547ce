"""A good policy file, and what loading says of it once one thing in it is changed."""

from pathlib import Path

from slamon.policy_file import Loaded, PolicyFileError, load
from slamon.sla import instants

NOW = instants.parse("2024-03-01T00:00:00Z")

GOOD = """\
apiVersion: slamon/v1
kind: Agreement
metadata: {name: acme}
spec:
  customer: Acme
  zone: Europe/Berlin
  calendar: office
  effective: {from: 2024-01-01, until: 2025-01-01}
---
apiVersion: slamon/v1
kind: Calendar
metadata: {name: office}
spec:
  zone: Europe/Berlin
  hours:
    mon-fri: [09:00-17:00]
  special: {2024-12-24: [09:00-12:00]}
  holidays:
    dates: [2024-05-01, {date: 2024-12-31, hours: [12:00-24:00]}]
    country: DE
    subdivision: BE
---
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: gold}
spec:
  agreement: acme
  level: customer
  rank: 10
  when: {customer: acme}
  statuses: {known: [New]}
  pause: [Waiting]
  objectives:
    first_response: {target: 30m}
    resolution:
      targets: {P1: 4h, default: 8h}
      calendar: always
      warn: [50%, 15m before]
      on_change: carry
---
apiVersion: slamon/v1
kind: Override
metadata: {name: storm}
spec:
  from: 2024-12-20
  until: 2024-12-24
  effect: relax
  relax: 200%
  reason: A storm
  policies: [gold]
"""


def loaded(folder: Path, text: str, now: int = NOW) -> Loaded:
    """What a file of this text loads as."""
    file = folder / "policies.yaml"
    file.write_text(text, encoding="utf-8")
    return load([file], now)


def complaints(folder: Path, text: str, now: int = NOW) -> list[str]:
    """Every problem of a file of this text as a person reads it, the folder left out; none if it is good."""
    try:
        loaded(folder, text, now)
    except PolicyFileError as error:
        return [str(problem).replace(f"{folder}/", "") for problem in error.problems]
    return []


def changed(old: str, new: str) -> str:
    """The good file with one piece of it, which is there exactly once, replaced."""
    assert GOOD.count(old) == 1, f"{old!r} stands {GOOD.count(old)} times in the good file"
    return GOOD.replace(old, new)


def policy(objectives: str = "{resolution: {target: 4h}}", name: str = "p", more: str = "") -> str:
    """A document with one policy; `more` are further lines of its spec."""
    lines = "".join(f"  {line}\n" for line in more.splitlines())
    head = f"---\napiVersion: slamon/v1\nkind: TicketSLA\nmetadata: {{name: {name}}}\nspec:\n"
    return head + f"  objectives: {objectives}\n" * bool(objectives) + lines
