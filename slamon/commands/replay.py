"""Work out the facts of recorded tickets and services in virtual time, without Kafka.

Exit code 0: done, also if single records could not be understood (they are listed on stderr and counted);
1: there was no record, none could be understood, or one could not with --strict; 2: a file could not be read.
"""

import gc
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from slamon.commands.parser import instant
from slamon.commands.recorded import (
    FORMATS,
    BadRecords,
    Recorded,
    add_policies,
    add_source,
    complain,
    loaded,
)
from slamon.commands.replayed import Story, tell
from slamon.offline.agreement import Columns, Where
from slamon.offline.files import Unreadable
from slamon.offline.replay import Replay
from slamon.offline.sources import BadSource
from slamon.policy_file import Loaded, PolicyFileError
from slamon.policy_file.problems import meant


def where(text: str) -> Where:
    """An argument like `priority=P1`."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError(f"expected FIELD=VALUE, got {text!r}")
    return Where(name.strip(), value.strip())


def add_arguments(parser: ArgumentParser) -> None:
    """What `slamon replay` takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help=FORMATS)
    add_policies(parser)
    add_source(parser)
    parser.add_argument(
        "--until", type=instant, metavar="INSTANT", help="where time ends; default: the last record's `at`"
    )
    parser.add_argument("--json", action="store_true", help="print the facts, one a line, as they would stand on Kafka")
    parser.add_argument("--where", type=where, action="append", default=[], metavar="FIELD=VALUE",
                        help="only tickets and services with this value in the end; may be given several times")  # fmt: skip
    parser.add_argument("--objective", metavar="NAME", help="only this objective")
    parser.add_argument(
        "--compare", metavar="FIELD", help="the records' own verdict: say how often slamon's is the same"
    )
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="rows of each table; 0: all (default 20)")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if any record can not be understood")


def run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Replays the files and prints what came of it."""
    with _uncollected():
        return _run(args, stdout, stderr)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's cyclic collector: a replay makes no cycles, and a fifth of it was searching what it still holds for some."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    try:
        policies, recorded = loaded(args), Recorded(args.files, args)
        objective = _objective(args, policies)
        columns = Columns([*[where.name for where in args.where], *([args.compare] if args.compare else [])])
        replay = Replay(policies.policies, args.until, BadRecords(stderr), columns.look)
        for row, intake in recorded.rows(stderr):
            replay.take(row, intake)
        _require(args.compare, columns, replay)
    except PolicyFileError as error:
        return complain(error, stderr)
    except (BadSource, Unreadable) as error:
        stderr.write(f"{error}\n")
        return 2
    end = replay.finish()
    if end is None:
        stderr.write(f"expected records, got none that can be understood in {replay.rows} rows\n")
        return 1
    tell(Story(replay, end, columns, objective, args), stdout, stderr)
    return 1 if args.strict and replay.refused else 0


def _require(field: str | None, columns: Columns, replay: Replay) -> None:
    """Raises BadSource if the records were read and none of them has the field."""
    if field is not None and replay.last is not None and not columns.seen(field):
        raise BadSource(f"--compare: expected a field of the records, got '{field}' (none of them has it)")


def _objective(args: Namespace, policies: Loaded) -> str | None:
    """The objective that was asked for, or the only one there is to compare."""
    names = sorted({o.name for policy in policies.policies.policies for o in policy.objectives})
    if args.objective is not None and args.objective not in names:
        hint = meant(args.objective, names) or f"known: {', '.join(names)}"
        raise BadSource(f"--objective: expected an objective of these policies, got '{args.objective}' ({hint})")
    asked: str | None = args.objective
    if args.compare is None or asked is not None:
        return asked
    if len(names) > 1:
        raise BadSource(f"--compare: expected --objective beside it, got none (known: {', '.join(names)})")
    return names[0] if names else None
