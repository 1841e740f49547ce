"""python -m tests.chaos [--faults NAME,...] [--seeds FIRST-LAST] [--at-once N] [--mutant NAME]: runs, a table, and a closing line."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.chaos.harness import chaos


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--faults", help="names of faults, separated by commas; all if not given")
    parser.add_argument("--seeds", default="1-1", help="FIRST-LAST or one number")
    parser.add_argument("--at-once", type=int, default=3, help="runs beside each other")
    parser.add_argument("--mutant", help="break a step of the protocol on purpose: the runs must fail")
    parser.add_argument("--record", type=Path, help="a file for one JSON line a run")
    parser.add_argument("--keep", type=Path, help="a folder for the logs of failed runs")
    args = parser.parse_args()
    first, _, last = args.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    names = args.faults.split(",") if args.faults else None
    return asyncio.run(chaos(names, seeds, args.at_once, args.mutant, args.record, args.keep))


if __name__ == "__main__":
    sys.exit(main())
