"""Work out the facts of recorded tickets in virtual time, without Kafka.

Exit code 0: done, also if single records could not be understood (they are listed on stderr and counted);
1: there was no record, none could be understood, or one could not with --strict; 2: a file could not be read.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Iterator
from typing import TextIO

import orjson

from slamon.commands.parser import instant
from slamon.commands.recorded import (
    BadRecords,
    add_policies,
    add_source,
    complain,
    files_of,
    loaded,
    many,
    now_ms,
    progress,
)
from slamon.commands.table import write_table
from slamon.offline.agreement import Agreement, Columns, Where, agreement, by_ticket
from slamon.offline.files import Unreadable
from slamon.offline.intake import Intake
from slamon.offline.replay import Left, Replay
from slamon.offline.sources import BadSource, source_of
from slamon.policy_file import Loaded, PolicyFileError
from slamon.policy_file.problems import meant
from slamon.sla.clock import Clock, Stage
from slamon.sla.coverage import SLA
from slamon.sla.durations import format_duration
from slamon.sla.explain import elapsed_at
from slamon.sla.instants import render
from slamon.sla.ticket import Ticket

ORDER = {Stage.ACTIVE: 0, Stage.PAUSED: 1, Stage.MISSED: 2, Stage.MET: 3, Stage.CANCELLED: 4}
SEE_ALL = "--limit 0 shows all"


def where(text: str) -> Where:
    """An argument like `priority=P1`."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError(f"expected FIELD=VALUE, got {text!r}")
    return Where(name.strip(), value.strip())


def add_arguments(parser: ArgumentParser) -> None:
    """What `slamon replay` takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="ndjson, JSON or CSV, each also .gz; - is stdin")
    add_policies(parser)
    add_source(parser)
    parser.add_argument(
        "--until", type=instant, metavar="INSTANT", help="where time ends; default: the last record's `at`"
    )
    parser.add_argument("--json", action="store_true", help="print the facts, one a line, as they would stand on Kafka")
    parser.add_argument("--where", type=where, action="append", default=[], metavar="FIELD=VALUE",
                        help="only tickets with this value in the end; may be given several times")  # fmt: skip
    parser.add_argument("--objective", metavar="NAME", help="only this objective")
    parser.add_argument(
        "--compare", metavar="FIELD", help="the records' own verdict: say how often slamon's is the same"
    )
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="rows of each table; 0: all (default 20)")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if any record can not be understood")


def run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Replays the files and prints what came of it."""
    try:
        policies, source, files = loaded(args), source_of(args.source, args.mapping), files_of(args.files)
        objective = _objective(args, policies)
        columns = Columns([*[where.name for where in args.where], *([args.compare] if args.compare else [])])
        bad = BadRecords(stderr)
        replay = Replay(policies.policies, Intake(source, now_ms()), args.until, bad, columns.look)
        with progress(files, stderr) as rows:
            for row in rows:
                replay.take(row)
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
    _tell(_Story(replay, end, columns, objective, args), stdout, stderr)
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


class _Story:
    """What of the replay is to be told: the tickets and the objective that were asked for."""

    def __init__(self, replay: Replay, end: int, columns: Columns, objective: str | None, args: Namespace) -> None:
        self.replay, self.end, self.columns, self.objective, self.args = replay, end, columns, objective, args
        every = (found for found in replay.clocks() if objective in (None, found[1].objective))
        self.clocks = [(t, c) for t, c in every if all(where.holds(t, columns) for where in args.where)]
        self.clock_ids = {clock.id for _, clock in self.clocks}

    def facts(self) -> Iterator[Left]:
        """The facts of these clocks, in order."""
        restricted = bool(self.args.where) or self.objective is not None
        for fact in self.replay.facts.ordered():
            if not restricted or orjson.loads(fact.value)["data"]["clock_id"] in self.clock_ids:
                yield fact

    def agreement(self) -> Agreement:
        """slamon's verdicts beside the records' own."""
        sla = [(ticket, clock) for ticket, clock in self.clocks if clock.slot == SLA]
        return agreement(by_ticket(sla), self.columns, self.args.compare)


def _tell(story: _Story, stdout: TextIO, stderr: TextIO) -> None:
    if story.args.json:
        stdout.writelines(f"{fact.value.decode()}\n" for fact in story.facts())
    else:
        stdout.write(f"{_summary(story)}\n\n")
        _tell_clocks(story, stdout)
        _tell_facts(story, stdout)
    if story.args.compare:
        _tell_agreement(story, stderr if story.args.json else stdout)
    elif story.args.json and story.replay.refused:
        stderr.write(f"{_summary(story)}\n")


def _summary(story: _Story) -> str:
    replay = story.replay
    beyond = f", {replay.beyond} after the end left out" if replay.beyond else ""
    refused = f", {replay.refused} that can not be understood" if replay.refused else ""
    tickets = sum(1 for _ in replay.machine.tickets())
    return f"{many(replay.records, 'record')} of {many(tickets, 'ticket')} until {render(story.end)}{beyond}{refused}"


def _tell_clocks(story: _Story, out: TextIO) -> None:
    totals = Counter((c.slot, c.policy, c.objective, c.stage) for _, c in story.clocks)
    keys = sorted({key[:3] for key in totals})
    rows = [[*key[1:], *(str(totals[(*key, stage)]) for stage in ORDER)] for key in keys]
    write_table(out, f"clocks by policy ({len(story.clocks)})", ["policy", "objective", *ORDER], rows)
    ordered = sorted(story.clocks, key=_urgency)
    shown = ordered[: story.args.limit or None]
    heads = ["ticket", "objective", "stage", "elapsed", "target", "due_at", "breached_at", "ended_at"]
    title = f"clocks ({len(ordered)})"
    write_table(out, title, heads, [_row(story, *one) for one in shown], total=len(ordered), more=SEE_ALL)


def _urgency(one: tuple[Ticket, Clock]) -> tuple[int, int, str]:
    """Open before ended, breached and nearest to its deadline first; of the ended ones the newest first."""
    ticket, clock = one
    nearest = -(clock.ended_at or 0) if not clock.open else clock.breached_at or clock.due_at or 2**63
    return ORDER[clock.stage], nearest, ticket.subject


def _row(story: _Story, ticket: Ticket, clock: Clock) -> list[str]:
    rules = story.replay.machine.partition.rules
    _, objective = rules.coverage(clock.version).objectives[clock.policy, clock.objective]
    elapsed = elapsed_at(clock, objective.calendar, story.end)
    instants = [clock.due_at, clock.breached_at, clock.ended_at]
    return [
        ticket.subject, clock.objective, clock.stage.value, format_duration(elapsed), clock.target_text,
        *("" if at is None else render(at) for at in instants),
    ]  # fmt: skip


def _tell_facts(story: _Story, out: TextIO) -> None:
    facts = list(story.facts())
    for title, what, third in (("warnings", "warning", "threshold"), ("breaches", "breach", "status")):
        own = [fact for fact in facts if fact.what == what]
        rows = [_fact_row(fact, third) for fact in own[: story.args.limit or None]]
        heads = ["at", "ticket", "objective", third, "priority", "due_at", "group", "title"]
        write_table(out, f"{title} ({len(own)})", heads, rows, total=len(own), more=SEE_ALL)


def _fact_row(fact: Left, third: str) -> list[str]:
    data = orjson.loads(fact.value)["data"]
    context = data["context"]
    cells = [data["objective"], data[third], data["priority"], data["due_at"], context["group"], context["title"]]
    return [render(fact.at), fact.subject, *("" if cell is None else str(cell) for cell in cells)]


def _tell_agreement(story: _Story, out: TextIO) -> None:
    found = story.agreement()
    shown = found.differing[: story.args.limit or None]
    rows = [[one.ticket, one.theirs, one.ours] for one in shown]
    title = f"tickets that differ ({len(found.differing)})"
    write_table(out, title, ["ticket", "theirs", "slamon"], rows, total=len(found.differing), more=SEE_ALL)
    if found.undecided or found.unsaid:
        out.write(f"not compared: {found.undecided} without a verdict, {found.unsaid} of which the records say none\n")
    out.write(f"{found}\n")
