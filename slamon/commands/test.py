"""Run scenarios: a timeline of tickets or services, and the facts expected of it.

Exit code 0: all as expected; 1: some differ; 2: some could not be read.
"""

from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path
from typing import TextIO

from slamon.offline.wall import shown
from slamon.policy_file import PolicyFileError
from slamon.scenario import MODES, Scenario, compare, read
from slamon.scenario import run as outcomes_of
from slamon.scenario.find import find

HOW = {
    "stream": "", "fold": "by the rules alone: ", "restarted": "restarted after every step: ",
    "shuffled": "in another order, each record twice: ",
}  # fmt: skip


def add_arguments(parser: ArgumentParser) -> None:
    """What `slamon test` takes."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a scenario, or a directory of them")
    parser.add_argument("-v", "--verbose", action="store_true", help="also list the facts of what is as expected")
    parser.add_argument(
        "--thorough", action="store_true", help="also restart after every step, shuffle and repeat the records"
    )


def run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Says of each file whether it is as it expects."""
    told: Counter[str] = Counter()
    for path in find(args.paths):
        told[_one(path, args, stdout, stderr)] += 1
    if not told:
        stderr.write(f"slamon test: expected scenarios in {', '.join(map(str, args.paths))}, got none\n")
        return 2
    unreadable = f", {told['unreadable']} unreadable" if told["unreadable"] else ""
    stdout.write(f"{told['passed']} passed, {told['failed']} failed{unreadable}\n")
    return 2 if told["unreadable"] else 1 if told["failed"] else 0


def _one(path: Path, args: Namespace, stdout: TextIO, stderr: TextIO) -> str:
    try:
        scenario = read(path)
    except PolicyFileError as error:
        stdout.write(f"FAILED  {path}\n")
        stderr.write(f"{error}\n")
        return "unreadable"
    wrong = differences(scenario, thorough=args.thorough)
    stdout.write(f"{'FAILED' if wrong else 'ok    '}  {path}: {scenario.title}\n")
    lines = wrong or (_facts(scenario) if args.verbose else [])
    stdout.write("".join(f"{line}\n" for line in lines))
    return "failed" if wrong else "passed"


def differences(scenario: Scenario, *, thorough: bool) -> list[str]:
    """What is not as the scenario expects, a line or more for each; in the other ways to run it only if the first is right."""
    for mode in MODES if thorough and not scenario.arrival_decides else ["stream"]:
        for outcome in outcomes_of(scenario, mode):
            if found := compare(scenario, outcome):
                return [f"  {HOW[mode]}expected (-), got (+), otherwise (~)", *map(str, found)]
    return []


def _facts(scenario: Scenario) -> list[str]:
    (outcome,) = outcomes_of(scenario)
    return [
        f"    {shown(fact.at, scenario.zone)}  {fact.what}"
        f"{'  ' + fact.data['objective'] if fact.data['objective'] else ''}"
        f"{' ' + fact.data['threshold'] if fact.data.get('threshold') else ''}"
        for fact in outcome.facts
    ]
