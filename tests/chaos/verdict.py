"""Lost, false, repeated: what a run's outputs say against the oracle."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import orjson

from tests.chaos.fleet import STOP_LIMIT
from tests.chaos.oracle import Truth, state_of
from tests.chaos.reading import Outputs

if TYPE_CHECKING:
    from tests.chaos.run import Run


STRANGE = "STRANGE-"  # subjects of which semantics promise nothing: whether they count depends on when they came


# What makes a fact the one it is; the rest is what was known when it was told.
IDENTITY = ("what", "objective", "threshold", "policy", "clock_id", "breached_at")


@dataclass
class Verdict:
    """Of one run; each list says what, so that a failing run can be understood from its line."""

    name: str
    seed: int
    lost: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    state: list[str] = field(default_factory=list)  # rows of the changelog that the oracle would not have written
    other: list[str] = field(default_factory=list)  # positions, exit codes
    struck: bool = True
    ends: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    facts: int = 0
    corrections: int = 0
    slowest_stop: float = 0.0
    seconds: float = 0.0
    mutant: str | None = None

    @classmethod
    def of(cls, line: bytes) -> "Verdict":
        """A recorded one."""
        told = orjson.loads(line)
        return cls(**{**told, "ends": Counter(told["ends"])})

    @property
    def good(self) -> bool:
        return self.struck and not (self.found_out or self.other)

    @property
    def found_out(self) -> bool:
        """Whether facts or state show that something is wrong: what a mutant's run has to."""
        return bool(self.lost or self.false or self.repeated or self.state)


def judge(run: "Run", expected: Truth, outputs: Outputs, codes: Sequence[int]) -> Verdict:
    """The verdict on what a read_committed reader found, once all workers have ended."""
    verdict = Verdict(run.name, run.seed, ends=Counter(end for slot in run.fleet.slots.values() for end in slot.ends))
    world = outputs.world()
    there = {fact.id: fact for fact in world.facts.values() if counts(fact, run.load.end)}
    verdict.facts, verdict.corrections = len(expected.facts), len(world.corrections)
    verdict.lost += [_named(expected.facts[one]) for one in sorted(expected.facts.keys() - there.keys())]
    verdict.false += [_named(there[one]) for one in sorted(there.keys() - expected.facts.keys())]
    verdict.false += [
        f"{_named(fact)} says otherwise: {difference}"
        for one, fact in expected.facts.items()
        if one in there and (difference := _difference(fact.data, there[one].data, _compared(run, fact)))
    ]
    verdict.false += outputs.orphans
    verdict.false += _alarms(run, world.corrections)
    verdict.repeated += [one for one in outputs.repeated() if not _of_intake(run, one)]
    verdict.lost += _letters(run, expected, outputs)
    if run.load.pace:
        verdict.state += _state(expected, run.rows(run, outputs))
    verdict.other += [f"exit code {code} after SIGTERM" for code in codes if code]
    verdict.slowest_stop = run.fleet.slowest_stop
    if run.fleet.slowest_stop > STOP_LIMIT:
        verdict.other.append(f"SIGTERM took {run.fleet.slowest_stop:.1f} s")
    verdict.struck = run.struck if run.struck is not None else True
    verdict.notes = run.notes
    return verdict


def counts(fact: Any, end: int) -> bool:
    """Whether the fact is compared: told before the end of time, of a subject that the oracle knows."""
    return fact.at < end and not fact.subject.startswith(STRANGE)


def _named(fact: Any) -> str:
    return f"{fact.what} {fact.data.get('objective', '')} {fact.data.get('threshold') or ''} of {fact.subject} at {fact.at} ({fact.id})"


def _compared(run: "Run", fact: Any) -> Iterable[str] | None:
    """Names of what a fact must say alike, None for all: told before a late record that does not move it, it knew no better.

    Nor did a worker whose clock was ahead: it told of an instant before the records of that instant were there.
    """
    late = fact.subject in run.load.late | run.tardy or run.ahead
    ordered = not late and not run.extra and not (run.doors and run.load.pace)
    whole = ordered and (fact.subject.startswith("C") or not run.load.pace)
    return None if whole else IDENTITY


def _difference(expected: Mapping[str, Any], got: Mapping[str, Any], names: Iterable[str] | None) -> str:
    names = [name for name in names or {*expected, *got} if expected.get(name) != got.get(name)]
    return ", ".join(f"{name}: {expected.get(name)!r:.300} is {got.get(name)!r:.300}" for name in sorted(names))


def _alarms(run: "Run", corrections: Sequence[Any]) -> list[str]:
    """Facts of tickets that were told and withdrawn though every record came in its order: told too early."""
    if ("tickets" in run.doors and run.load.pace) or run.extra or run.ahead:
        return []  # virtual time does not wait for intake, a clock that is ahead for nothing
    return [
        f"told and withdrawn: {_named(one.fact)}"
        for one in corrections
        if one.fact.subject.startswith("C")
        and one.fact.subject not in run.load.late | run.tardy
        and one.reason == "late_record"
        and not one.reinstates
    ]


def _of_intake(run: "Run", repeated: str) -> bool:
    """Intake is at least once: a dead letter of one of its inputs may come twice."""
    return "'in-" in repeated


def _letters(run: "Run", expected: Truth, outputs: Outputs) -> list[str]:
    found = len(set(outputs.letters())) - run.extra_letters
    return [] if found == expected.refused else [f"dead letters: expected {expected.refused}, got {found}"]


def _state(expected: Truth, rows: Mapping[bytes, bytes]) -> list[str]:
    there = state_of(rows)
    keys = sorted(
        key
        for key in {*expected.state, *there}
        if STRANGE.encode() not in key and expected.state.get(key) != there.get(key)
    )
    return [f"state of {key!r}: {_apart(expected.state.get(key), there.get(key))}" for key in keys[:3]] + [
        f"state of {len(keys) - 3} more differs" for _ in keys[3:4]
    ]


def _apart(expected: Any, got: Any) -> str:
    """The fields that differ, of two states or of what is there of them."""
    if not (is_dataclass(expected) and is_dataclass(got)):
        return f"expected {expected!s:.300}, got {got!s:.300}"
    names = [one.name for one in fields(expected) if one.compare]
    pairs = {name: (getattr(expected, name), getattr(got, name)) for name in names}
    return ", ".join(f"{name}: expected {a!s:.900}, got {b!s:.900}" for name, (a, b) in pairs.items() if a != b)
