"""What must stand in the end: the pure engine over the same records, all of them first and then all of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slamon.engine.keys import SERVICE, TICKET
from slamon.engine.limits import Limits
from slamon.engine.state import decode_clock
from slamon.engine.subjects import SERVICES, TICKETS
from slamon.offline.machine import Delivered, Machine
from slamon.offline.world import Told
from slamon.policy_file import load
from slamon.simulation.stream import Sending
from slamon.sla.policy import Activation, PolicyBook

BATCH = 500
KINDS = {"tickets": TICKETS, "uptime": SERVICES}
# Of the state: readings of arrival, and how far time was passed before, differ with when and where it was decided; so does
# the name of the book that a head was written under, for the machine's holds from the beginning and was never published.
UNLIKE = ("heard", "ticked", "fired", "considered", "since", "under")
Rows = Mapping[bytes, bytes]


@dataclass(frozen=True)
class Truth:
    """The facts that stand by id, the state by key, and how many records can not be understood."""

    facts: Mapping[str, Told]
    state: Mapping[bytes, Any]
    refused: int


def book_of_file(policies: Path, end: int) -> PolicyBook:
    """What the one file promises, from the beginning."""
    return PolicyBook((Activation(0, load([policies], end).policies),))


def truth(sendings: Sequence[Sending], book: PolicyBook, end: int) -> Truth:
    """The verdict of the offline machine at `end`."""
    machine = Machine(book, Limits())
    for role, kind in KINDS.items():
        rows = [Delivered(n, one.at, one.key, one.value) for n, one in enumerate(sendings) if one.role == role]
        for first in range(0, len(rows), BATCH):
            machine.take_batch(rows[first : first + BATCH], kind)
    machine.tick(end)
    return Truth(machine.world.facts, state_of(machine.store.pairs), len(machine.world.refused))


def state_of(rows: Rows) -> dict[bytes, Any]:
    """Heads, ended clocks and logs in a form in which equal means equal."""
    found: dict[bytes, Any] = {}
    for key, value in rows.items():
        for letters, kind in ((TICKET, TICKETS), (SERVICE, SERVICES)):
            if key[:1] == letters.head:
                found[key] = _plain(kind.decode_head(value))
            elif key[:1] == letters.clock:
                found[key] = decode_clock(value)
        if key[:1] == TICKET.log:
            found[key] = value
    return found


def _plain(state: Any) -> Any:
    for name in UNLIKE:
        if hasattr(state, name):
            setattr(state, name, 0)
    return state
