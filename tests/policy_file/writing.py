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

SERVICES = """\
apiVersion: slamon/v1
kind: Agreement
metadata: {name: acme}
spec: {zone: Europe/Berlin}
---
apiVersion: slamon/v1
kind: Calendar
metadata: {name: office}
spec: {zone: Europe/Berlin, hours: {mon-fri: [09:00-17:00]}}
---
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: shop, labels: {team: noc}}
spec:
  agreement: acme
  services: [checkout, search]
  when: {tier: gold}
  period: month
  service_hours: office
  maintenance: {at_most: 8h, notice: 3d}
  degraded: 0.5
  min_outage: 5m
  stale_after: 3m
  objectives:
    availability:
      target: 99.9%
      warn: [50%, 15m before]
      burn_rates: standard
    longest_outage: {target: 1h, warn: [50%]}
    outages: {target: 3, warn: [100%]}
    mttr: {target: 30m}
    mtbf: {target: 7d}
    yearly: {kind: availability, period: year, target: 99.95%}
---
apiVersion: slamon/v1
kind: Maintenance
metadata: {name: db}
spec:
  services: [checkout]
  policies: [shop]
  zone: Europe/Berlin
  windows:
    - {from: 2024-04-01T02:00, until: 2024-04-01T04:00}
  recurring:
    - {rule: FREQ=WEEKLY;BYDAY=SU, starts: 2024-01-07T02:00, lasts: 2h}
  announced: 2024-02-20
  reason: New disks
---
apiVersion: slamon/v1
kind: Override
metadata: {name: storm}
spec:
  from: 2024-12-20
  until: 2024-12-24
  effect: pause
  reason: A storm
  policies: [shop]
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


def changed(old: str, new: str, good: str = GOOD) -> str:
    """The good file with one piece of it, which is there exactly once, replaced."""
    assert good.count(old) == 1, f"{old!r} stands {good.count(old)} times in the good file"
    return good.replace(old, new)


def uptime(objectives: str = "{availability: {target: 99.9%}}", name: str = "u", more: str = "") -> str:
    """A document with one policy for services, by the month; `more` are further lines of its spec."""
    return policy(objectives, name, f"period: month\n{more}").replace("kind: TicketSLA", "kind: UptimeSLA")


def policy(objectives: str = "{resolution: {target: 4h}}", name: str = "p", more: str = "") -> str:
    """A document with one policy; `more` are further lines of its spec."""
    lines = "".join(f"  {line}\n" for line in more.splitlines())
    head = f"---\napiVersion: slamon/v1\nkind: TicketSLA\nmetadata: {{name: {name}}}\nspec:\n"
    return head + f"  objectives: {objectives}\n" * bool(objectives) + lines
