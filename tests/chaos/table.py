"""What is printed of runs: a line each, a table by fault, the closing line."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.chaos.reading import shown
from tests.chaos.verdict import Verdict


def told(verdict: Verdict) -> str:
    """One line; of a failed run also what failed and how to play it again."""
    counts = f"lost {len(verdict.lost)}, false {len(verdict.false)}, repeated {len(verdict.repeated)}"
    head = f"{verdict.name} seed {verdict.seed}: {counts}, {verdict.facts} facts, {verdict.seconds} s, {_ends(verdict.ends)}"
    if verdict.good:
        return head
    lines = [f"  {what}: {shown(found)}" for what, found in _troubles(verdict)]
    again = f"  again: python -m tests.chaos --faults '{verdict.name}' --seeds {verdict.seed}"
    return "\n".join(["FAILED " + head, *lines, again + (f" --mutant {verdict.mutant}" if verdict.mutant else "")])


def _troubles(verdict: Verdict) -> list[tuple[str, list[str]]]:
    found = [("lost", verdict.lost), ("false", verdict.false), ("repeated", verdict.repeated)]
    found += [("state", verdict.state), ("other", verdict.other)]
    if not verdict.struck:
        found.append(("fault", ["it never took place"]))
    return [(what, told) for what, told in found if told]


def _otherwise(verdict: Verdict) -> bool:
    return bool(verdict.state or verdict.other) or not verdict.struck


def _ends(ends: Counter[str]) -> str:
    return ", ".join(f"{count} x {end}" for end, count in sorted(ends.items()))


def table(verdicts: Sequence[Verdict]) -> str:
    """fault -> runs, what happened, lost/false/repeated."""
    by_fault: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_fault[verdict.name].append(verdict)
    rows = ["| fault | runs | lives of workers ended | other | lost / false / repeated |", "|---|---|---|---|---|"]
    for name, runs in by_fault.items():
        ends = sum((run.ends for run in runs), Counter[str]())
        other = "; ".join(sorted({note for run in runs for note in run.notes})) or "-"
        sums = " / ".join(str(sum(len(getattr(run, what)) for run in runs)) for what in ("lost", "false", "repeated"))
        bad = sum(_otherwise(run) for run in runs)
        rows.append(
            f"| {name} | {len(runs)} | {_ends(ends)} | {other}{f'; {bad} FAILED otherwise' if bad else ''} | {sums} |"
        )
    return "\n".join(rows)


def closing(verdicts: Sequence[Verdict]) -> str:
    """The line that counts."""
    lost, false, repeated = (sum(len(getattr(one, what)) for one in verdicts) for what in ("lost", "false", "repeated"))
    failed = sum(_otherwise(one) for one in verdicts)
    return (
        f"failed otherwise {failed}\n" if failed else ""
    ) + f"lost {lost}, false {false}, repeated {repeated}, runs {len(verdicts)}"
