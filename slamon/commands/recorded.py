"""What commands over recorded files share: their options, the policies they name, and reading with a progress bar."""

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from slamon.offline.files import Bad, Files, Row
from slamon.offline.intake import Intake
from slamon.offline.sources import Input, input_of
from slamon.policy_file import Loaded, PolicyFileError, load

SHOWN_BAD = 20
EVERY = 200  # rows between two looks at the progress
FORMATS = "ndjson, JSON or CSV, each also .gz; - is stdin; SOURCE=FILE or SOURCE@MAPPING=FILE has its own source"


def add_source(parser: ArgumentParser) -> None:
    """--source and --mapping."""
    parser.add_argument(
        "--source", default="canonical", metavar="NAME",
        help="what wrote the records: canonical (default), servicenow, uptime_kuma, ..., or custom with --mapping",
    )  # fmt: skip
    parser.add_argument("--mapping", type=Path, metavar="FILE", help="the mapping of --source")


def add_policies(parser: ArgumentParser, *, required: bool = True) -> None:
    """--policies, once or several times."""
    parser.add_argument(
        "--policies", type=Path, metavar="PATH", action="append", required=required,
        help="a policy file or a directory of them; may be given several times",
    )  # fmt: skip


def now_ms() -> int:
    """The wall clock, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def loaded(args: Namespace) -> Loaded:
    """The policies that the arguments name; raises PolicyFileError."""
    return load(args.policies, now_ms())


def complain(error: PolicyFileError, stderr: TextIO) -> int:
    """Writes every problem; gives the exit code: 1 if there is something to mend, 2 if something was not seen at all."""
    stderr.write(f"{error}\n")
    return 2 if any(problem.unreadable for problem in error.problems) else 1


class Recorded:
    """The files of the command line with the source of each; raises BadSource and Unreadable."""

    def __init__(self, names: list[str], args: Namespace) -> None:
        default = args.source or "canonical"
        self.inputs: list[Input] = [input_of(name, default, args.mapping) for name in names]
        self._files = Files([one.path for one in self.inputs], sys.stdin.buffer)
        received = now_ms()
        self._intakes = [Intake(one.source, received) for one in self.inputs]

    def rows(self, stderr: TextIO) -> Iterator[tuple[Row | Bad, Intake]]:
        """Every row of every file, with what reads it; raises Unreadable."""
        with _progress(self._files, stderr) as rows:
            for row in rows:
                yield row, self._intakes[self._files.at]


class BadRecords:
    """Tells of the first records that can not be understood, and counts all."""

    def __init__(self, stderr: TextIO) -> None:
        self._stderr = stderr
        self.count = 0

    def __call__(self, bad: Bad) -> None:
        self.count += 1
        if self.count <= SHOWN_BAD:
            self._stderr.write(f"{bad.place}: {bad.message} [{bad.reason}]\n")
        elif self.count == SHOWN_BAD + 1:
            self._stderr.write("... and more that can not be understood: only counted from here on\n")


@contextmanager
def _progress(files: Files, stderr: TextIO) -> Iterator[Iterator[Row | Bad]]:
    """The rows of the files, with a bar on stderr where that is a terminal."""
    if not stderr.isatty():
        yield files.rows()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=stderr), transient=True) as bar:
        task = bar.add_task("reading", total=files.size or None)

        def watched() -> Iterator[Row | Bad]:
            for number, row in enumerate(files.rows()):
                if number % EVERY == 0:
                    bar.update(task, completed=files.read)
                yield row

        yield watched()


def many(count: int, one: str, more: str = "") -> str:
    """`1 record`, `2 records`."""
    return f"{count} {one if count == 1 else more or one + 's'}"
