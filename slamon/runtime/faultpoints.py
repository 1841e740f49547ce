"""Places of the protocol where a test makes its own process fail; without SLAMON_TEST_FAULT each is one look at None.

SLAMON_TEST_FAULT is `PLACE:KIND[=SECONDS][:TIME]`, several separated by commas: `after_commit:kill:3` kills the process
the third time it gets there. Kinds: kill (SIGKILL), stop (SIGSTOP), hang (blocks the loop), error. Never for production.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from slamon.runtime.errors import WorkerMustEnd

VARIABLE = "SLAMON_TEST_FAULT"
PLACES = frozenset({
    "fencing", "fenced", "recovering", "recovered", "entering", "deciding", "before_transaction", "in_transaction",
    "facts_sent", "before_commit", "after_commit", "in_local_write", "after_local_write", "before_ack", "intake_written",
})  # fmt: skip
KINDS = frozenset({"kill", "stop", "hang", "error"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at a place the `time`-th time it is reached."""

    kind: str
    time: int = 1
    seconds: float = 30.0


def parse(text: str | None) -> dict[str, Fault] | None:
    """Faults by place, None without any; raises WorkerMustEnd for what nobody knows."""
    if not text:
        return None
    return dict(_fault(part) for part in text.split(","))


def _fault(part: str) -> tuple[str, Fault]:
    place, _, rest = part.strip().partition(":")
    told, _, number = rest.partition(":")
    kind, _, seconds = told.partition("=")
    if place not in PLACES or kind not in KINDS:
        raise WorkerMustEnd(
            f"{VARIABLE}: expected PLACE:KIND[=SECONDS][:TIME], got {part!r} (hint: this variable is for tests alone)"
        )
    return place, Fault(kind, int(number or 1), float(seconds or 30))


_armed: Mapping[str, Fault] | None = None
_reached: Counter[str] = Counter()


def arm(text: str | None = None) -> bool:
    """Whether there are faults from now on: those of the text, else of the environment. Says so loudly."""
    global _armed  # noqa: PLW0603 - one look at a module's None is all that a worker without faults pays
    _armed = parse(text or os.environ.get(VARIABLE))
    _reached.clear()
    if _armed is not None:
        log.critical(
            "fault_points_armed", faults=text or os.environ.get(VARIABLE), hint="for tests alone: this worker will fail"
        )
    return _armed is not None


def reach(place: str) -> None:
    """Nothing, unless this is the place and the time of a fault."""
    if _armed is not None:
        _happen(place, _armed.get(place))


def _happen(place: str, fault: Fault | None) -> None:
    _reached[place] += 1
    if fault is None or _reached[place] != fault.time:
        return
    log.critical("fault_point_reached", place=place, kind=fault.kind, time=fault.time)
    if fault.kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault.kind == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif fault.kind == "hang":
        time.sleep(fault.seconds)
    else:
        raise RuntimeError(f"a fault of the tests at {place}")
