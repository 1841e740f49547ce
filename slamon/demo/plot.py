"""What befalls the services of the demo in its first minute; later troubles are drawn from the seed."""

from collections.abc import Mapping, Sequence

from slamon.simulation.trouble import Trouble

# Of an hour 99.2 % leaves checkout 28.8 s: the first outage is over in time, the second one is not.
ACTS: Mapping[str, Sequence[Trouble]] = {
    "checkout": (Trouble(5, 22), Trouble(39, 16)),
    "search": (Trouble(12, 3), Trouble(19, 4), Trouble(27, 3)),
    "login": (Trouble(14, 12, "degraded"), Trouble(34, 9, monitors=("us",))),
}


def plot(speed: float) -> dict[str, list[Trouble]]:
    """The acts at their instants; a faster desk ends them sooner."""
    return {
        service: [trouble._replace(lasts=trouble.lasts / max(speed, 1)) for trouble in acts]
        for service, acts in ACTS.items()
    }
