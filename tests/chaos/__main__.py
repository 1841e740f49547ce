"""python -m tests.chaos: runs with faults, a table, and the line `lost 0, false 0, repeated 0, runs N`. See docs/reliability.md."""

import argparse
import asyncio
import sys
from itertools import islice
from pathlib import Path

from tests.chaos.faults import FAULTS, SHORT
from tests.chaos.harness import Harness, Wish
from tests.chaos.mutants import WISHES
from tests.chaos.table import closing, table
from tests.chaos.verdict import Verdict


def main() -> int:
    """0 when every run was good and its fault took place."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--faults", help="names of faults, separated by commas; all if not given")
    parser.add_argument("--short", action="store_true", help="some faults of each kind, and the mutants")
    parser.add_argument("--seeds", default="1", help="FIRST-LAST or one number")
    parser.add_argument("--runs", type=int, help="at most so many runs")
    parser.add_argument("--at-once", type=int, default=4, help="runs beside each other")
    parser.add_argument("--mutant", help="break a step of the protocol on purpose: the runs must fail")
    parser.add_argument("--record", type=Path, help="a file for one JSON line a run")
    parser.add_argument("--tell", type=Path, nargs="+", help="no runs: the table of recorded ones")
    parser.add_argument("--keep", type=Path, help="a folder for the logs of failed runs")
    args = parser.parse_args()
    first, _, last = args.seeds.partition("-")
    names = args.faults.split(",") if args.faults else list(FAULTS)
    if args.tell:
        verdicts = [Verdict.of(line) for file in args.tell for line in file.read_bytes().splitlines()]
        print(table(verdicts), closing(verdicts), sep="\n")
        return 0
    if args.short:
        return asyncio.run(_short(args.at_once))
    every = (Wish(name, seed, args.mutant) for seed in range(int(first), int(last or first) + 1) for name in names)
    verdicts = asyncio.run(Harness(args.at_once, args.record, args.keep).play(list(islice(every, args.runs))))
    print(table(verdicts), closing(verdicts), sep="\n", flush=True)
    return 0 if all(verdict.good for verdict in verdicts) else 1


async def _short(at_once: int) -> int:
    """0 when every fault was survived and every mutant was found out."""
    verdicts = await Harness(at_once).play([*(Wish(name, 1) for name in SHORT), *WISHES])
    honest = [verdict for verdict in verdicts if verdict.mutant is None]
    missed = [verdict.mutant for verdict in verdicts if verdict.mutant and not verdict.found_out]
    print(
        table(honest),
        f"mutants found out: {len(WISHES) - len(missed)} of {len(WISHES)}",
        closing(honest),
        sep="\n",
        flush=True,
    )
    return 0 if all(verdict.good for verdict in honest) and not missed else 1


if __name__ == "__main__":
    sys.exit(main())
