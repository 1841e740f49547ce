"""A small policy set and units as the engine makes them."""

from collections import Counter

import orjson

from slamon.engine.unit import Outgoing, Unit
from slamon.sla.calendar import ALWAYS
from slamon.sla.policy import Objective, ObjectiveKind, Policy, PolicyKind, PolicySet, Target, Targets

HOUR = 3_600_000


def policies(*more: Policy) -> PolicySet:
    by_priority = Targets(by_value={"p1": Target("1h", HOUR), "p2": Target("4h", 4 * HOUR)})
    gold = Policy(
        "gold",
        (
            Objective("resolution", ObjectiveKind.RESOLUTION, by_priority, ALWAYS),
            Objective("first_response", ObjectiveKind.FIRST_RESPONSE, Targets(default=Target("1h", HOUR)), ALWAYS),
        ),
    )
    noc = Policy(
        "noc", (Objective("ownership", ObjectiveKind.GROUP_OWNERSHIP, by_priority, ALWAYS),), kind=PolicyKind.OLA
    )
    return PolicySet("5f3c", (gold, noc, *more))


def counted(**counts: dict[tuple[str, ...], int]) -> Unit:
    return Unit(counts=Counter({(name, values): n for name, given in counts.items() for values, n in given.items()}))


def breach(ticket: str, priority: str = "P1", live: bool = True) -> Unit:
    """One breach of gold resolution, with its record."""
    unit = counted(facts={("breach", "gold", "resolution", priority, "SLA", "live" if live else "old"): 1})
    data = {"policy": "gold", "objective": "resolution", "priority": priority, "policy_kind": "SLA"}
    event = {"type": "io.slamon.ticket.breach.v1", "subject": ticket, "data": data}
    headers = [("live", b"true" if live else b"false")]
    unit.outgoing.append(Outgoing("breaches", ticket.encode(), orjson.dumps(event), headers))
    return unit
