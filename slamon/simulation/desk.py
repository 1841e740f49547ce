"""Who works at the simulated desk, for whom, and how fast: what a life is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass

CUSTOMERS: Mapping[str, int] = {"Acme": 4, "Borealis": 3, "Cumulus": 3, "Delta Rail": 2}  # with how often they call
GROUPS: Mapping[str, int] = {"service desk": 5, "network": 3, "databases": 2}
PRIORITIES: Mapping[str, int] = {"P1": 2, "P2": 3, "P3": 5}
TYPES: Mapping[str, int] = {"incident": 8, "request": 3, "drill": 1}
AGENTS = ("Ada", "Björn", "Chidi", "Dolores", "Emre", "Fatima")
TITLES: Mapping[str, tuple[str, ...]] = {
    "service desk": ("Cannot log in after the holidays", "Laptop does not wake up", "Mail waits in the outbox"),
    "network": ("VPN drops every few minutes", "Branch office is offline", "Wireless is slow on floor 3"),
    "databases": ("Reports time out", "Replica lags behind", "Disk of the ledger is almost full"),
}
URL = "https://desk.example.com/tickets/{}"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that half of the work takes less than: to the next answer, and to the solution."""

    reply: float
    solve: float


# At speed 1. The promises of slamon/demo/policies.yaml are about half as long again, so that most are kept.
PACES: Mapping[str, Pace] = {"P1": Pace(4.5, 15.0), "P2": Pace(7.0, 24.0), "P3": Pace(12.0, 50.0)}
SPREAD = 0.55  # sigma of the lognormal: one in five takes 1.6 times the median
