"""What the world must be told of a subject that was worked out again from its log."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from slamon.engine.ledger import Known, Ledger
from slamon.engine.subjects import State
from slamon.sla.step import Step, Withdrawn, standing, verdicts

LATE: Final = "late_record"


class Stood(NamedTuple):
    """What was true of a subject before: by fact id."""

    settled: Mapping[str, Withdrawn]  # up to the checkpoint that the work begins at
    after: Mapping[str, Withdrawn]
    verdicts: Mapping[str, tuple[int | None, int]]


def stood(before: State, base: State | None) -> Stood:
    settled = {} if base is None else standing(base)
    after = {key: gone for key, gone in standing(before).items() if key not in settled}
    return Stood(settled, after, verdicts(before))


def tell_difference(ledger: Ledger, known: Known, was: Stood, step: Step, state: State) -> None:
    """Hand the ledger every fact that is new, gone, or says something else."""
    stands, says = standing(state), verdicts(state)
    for fact in step.added.values():
        if fact.id in was.after and was.verdicts.get(fact.id) != says.get(fact.id):
            ledger.retell(known, fact, LATE)
        elif fact.id in was.after:
            ledger.refresh(known, fact)
        elif fact.id in stands:  # a clock of many warnings has forgotten those that it told long ago
            ledger.assert_(known, fact, LATE)
    for gone in was.after.values():
        if gone.id not in step.added:
            ledger.withdraw(known, gone)
    for gone in step.withdrawn:
        if gone.id in was.settled:
            ledger.withdraw(known, gone)
