"""Say what is wrong with policy files: every problem with file, line, path, what was expected, what stands there.

With --against FILE also which recorded tickets no policy covers, and which of their values no policy knows.
Exit code 0: nothing is wrong; 1: problems are listed; 2: something could not be read.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TextIO

import orjson

from slamon.commands.recorded import BadRecords, Recorded, add_source, many, now_ms
from slamon.commands.table import write_table
from slamon.offline.files import Bad, Unreadable
from slamon.offline.sources import BadSource, source_of
from slamon.policy_file import Loaded, PolicyFileError, Problem, Report, against, check_sources, load
from slamon.sla.events import TicketEvent
from slamon.sla.policy import Objective, Policy
from slamon.sources import SOURCES, Source
from slamon.sources.capabilities import missing

SHOWN = 20


def add_arguments(parser: ArgumentParser) -> None:
    """What `slamon check` takes."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="a policy file or a directory of them")
    add_source(parser)
    parser.add_argument("--against", action="append", default=[], metavar="FILE",
                        help="recorded tickets of --source (ndjson, JSON or CSV, also .gz; - is stdin)")  # fmt: skip
    parser.add_argument(
        "--strict", action="store_true", help="a ticket or value that no policy covers is a problem too"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON object")
    parser.set_defaults(source=None)


def run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Checks the files; gives 0, 1 or 2."""
    loaded: Loaded | None = None
    report: Report | None = None
    try:
        source = source_of(args.source or "canonical", args.mapping)
        loaded = load(args.paths, now_ms())
        problems = _judged(loaded, source if args.source else None)
        report = _report(loaded, args, stderr) if args.against else None
    except PolicyFileError as error:
        problems = error.problems
    except (BadSource, Unreadable) as error:
        stderr.write(f"{error}\n")
        return 2
    if args.json:
        stdout.write(f"{orjson.dumps(_as_json(loaded, problems, report)).decode()}\n")
    else:
        _tell(loaded, problems, report, args, stdout)
    return _code(problems, report, strict=args.strict)


def _code(problems: list[Problem], report: Report | None, *, strict: bool) -> int:
    if any(problem.unreadable for problem in problems):
        return 2
    unwatched = report is not None and bool(report.uncovered or report.unknown)
    return 1 if problems or (strict and unwatched) else 0


def _judged(loaded: Loaded, source: Source | None) -> list[Problem]:
    """Promises that their sources can never keep track of; --source stands in where a policy names none."""
    if source is None:
        return check_sources(loaded, SOURCES, missing)
    known = {**SOURCES, source.name: source}
    policies = tuple(_standing_in(policy, source) for policy in loaded.policies.policies)
    judged = replace(loaded, policies=replace(loaded.policies, policies=policies))

    def lacking(names: Collection[str], objective: Objective) -> list[str]:
        found = [known[name] for name in names if name in known]
        return missing(_together(found), objective) if len(found) == len(names) else []

    return check_sources(judged, known, lacking)


def _standing_in(policy: Policy, source: Source) -> Policy:
    """The policy, watched by this source if it names none and the source tells of what it promises."""
    fits = (policy.uptime is not None) == (source.role == "uptime")
    return replace(policy, sources=(source.name,)) if fits and not policy.sources else policy


def _together(sources: list[Source]) -> Source:
    """Several sources as one that shows what any of them does."""
    if len(sources) == 1 or any(source.name == "canonical" for source in sources):
        return next((source for source in sources if source.name == "canonical"), sources[0])
    shows = frozenset().union(*(source.shows for source in sources))
    return replace(sources[0], name=" and ".join(source.name for source in sources), shows=shows)


def _report(loaded: Loaded, args: Namespace, stderr: TextIO) -> Report:
    return against(loaded, _tickets(Recorded(args.against, args), BadRecords(stderr), stderr))


def _tickets(recorded: Recorded, bad: BadRecords, stderr: TextIO) -> Iterator[TicketEvent]:
    """The events of tickets; services that no policy covers are no omission, as they may not be promised anything."""
    for row, intake in recorded.rows(stderr):
        if isinstance(row, Bad):
            bad(row)
            continue
        taken = intake.take(row)
        if taken.bad is not None:
            bad(taken.bad)
        yield from (event for record in taken.records if isinstance(event := record.event(), TicketEvent))


def _as_json(loaded: Loaded | None, problems: list[Problem], report: Report | None) -> dict[str, Any]:
    told: dict[str, Any] = {"problems": [asdict(problem) for problem in problems]}
    if loaded is not None:
        told["version"] = loaded.policies.version
    if report is not None:
        told["against"] = asdict(report)
    return told


def _tell(loaded: Loaded | None, problems: list[Problem], report: Report | None, args: Namespace, out: TextIO) -> None:
    out.writelines(f"{problem}\n" for problem in problems)
    if problems:
        out.write(f"{many(len(problems), 'problem')}\n")
    elif loaded is not None:
        objectives = sum(len(policy.objectives) for policy in loaded.policies.policies)
        counts = f"{many(len(loaded.policies.policies), 'policy', 'policies')}, {many(objectives, 'objective')}"
        said = f"{counts}, version {loaded.policies.version}"
        out.write(f"{', '.join(map(str, args.paths))}: no problems ({said})\n")
    if report is not None:
        _tell_report(report, out)


def _tell_report(report: Report, out: TextIO) -> None:
    out.write(
        f"{many(report.tickets, 'ticket')}: {report.covered} covered, {report.exempt} exempt, "
        f"{len(report.uncovered)} without any promise\n\n"
    )
    if report.uncovered:
        rows = [[one.ticket, _fields(one.looked_at), one.hint] for one in report.uncovered[:SHOWN]]
        title = "tickets that no policy covers"
        write_table(out, title, ["ticket", "fields", "nearest"], rows, total=len(report.uncovered), more="--json: all")
    if report.unknown:
        rows = [[u.field, u.value, str(u.records), str(u.tickets), u.hint] for u in report.unknown[:SHOWN]]
        heads = ["field", "value", "records", "tickets", "nearest"]
        write_table(out, "values that no policy knows", heads, rows, total=len(report.unknown), more="--json: all")


def _fields(fields: Any) -> str:
    return ", ".join(f"{name}={'(none)' if value is None else value}" for name, value in fields.items())
