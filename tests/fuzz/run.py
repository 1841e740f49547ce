"""Runs the targets in turns, each with its share, and stops at nothing: what was found is told at the end."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.fuzz.mangle import Mangler
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

SLOW = 1.0  # seconds for one input: one that costs more holds up everything behind it
ROUND = 20_000
KEPT = 5  # findings of one target; more are counted


@dataclass
class Found:
    """What came of a run. Input `n` of a target is made by the seed `<run's seed>:<target>:<n>` alone."""

    inputs: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)


def run(
    inputs: int, seed: int, targets: Mapping[str, Target] = TARGETS, after: Callable[[Found], None] | None = None
) -> Found:
    """So many inputs (a few more, since each target gets its share whole)."""
    found, shares = Found(), sum(target.share for target in targets.values())
    while found.inputs.total() < inputs:
        turn = min(ROUND, inputs - found.inputs.total())
        for name, target in targets.items():
            _turn(found, name, target, -(-turn * target.share // shares), seed)
        if after is not None:
            after(found)
    return found


def _turn(found: Found, name: str, target: Target, count: int, seed: int) -> None:
    began = time.monotonic()
    for number in range(found.inputs[name], found.inputs[name] + count):
        _one(found, name, target, f"{seed}:{name}:{number}")
    found.inputs[name] += count
    found.seconds[name] += time.monotonic() - began  # type: ignore[assignment]


def _one(found: Found, name: str, target: Target, seed: str) -> None:
    began = time.thread_time()  # not the clock on the wall: a busy machine is no finding
    try:
        target.once(Mangler(seed))
        found.taken[name] += 1
    except target.says:
        pass
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        _tell(found, name, seed, traceback.format_exc())
    if (took := time.thread_time() - began) > SLOW:
        _tell(found, name, seed, f"took {took:.1f} s\n")


def _tell(found: Found, name: str, seed: str, what: str) -> None:
    found.wrong[name] += 1
    if found.wrong[name] <= KEPT:
        found.told.append(f"{name}, input {seed}:\n{what}")
