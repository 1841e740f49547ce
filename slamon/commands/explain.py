"""Show how each clock of a ticket came to where it stands: every interval that counted, every pause, what is not known.

From recorded files (--policies PATH FILE...) or from a running worker (--from URL).
Exit code 0: shown; 1: the ticket or a policy is not right; 2: something could not be read.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, TextIO

import orjson

from slamon.commands.explanation import write_explanation
from slamon.commands.parser import instant
from slamon.commands.recorded import BadRecords, add_policies, add_source, complain, files_of, loaded, now_ms, progress
from slamon.commands.worker import Unanswered, ask
from slamon.engine.look import look
from slamon.offline.files import Unreadable
from slamon.offline.intake import Intake
from slamon.offline.replay import Replay
from slamon.offline.sources import BadSource, source_of
from slamon.policy_file import PolicyFileError


class UnknownTicket(Exception):
    """No record of the ticket was found."""


def add_arguments(parser: ArgumentParser) -> None:
    """What `slamon explain` takes."""
    parser.add_argument("ticket", metavar="TICKET", help="its id")
    parser.add_argument("files", nargs="*", metavar="FILE", help="ndjson, JSON or CSV, each also .gz; - is stdin")
    add_policies(parser, required=False)
    add_source(parser)
    parser.add_argument(
        "--at", type=instant, metavar="INSTANT", help="as things stood then; default: the last record's `at`"
    )
    parser.add_argument("--from", dest="url", metavar="URL", help="ask a running worker, like http://localhost:8080")
    parser.add_argument("--json", action="store_true", help="print the explanation as JSON")


def run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Explains the ticket."""
    if wrong := _wrong(args):
        stderr.write(f"slamon explain: {wrong}\n")
        return 2
    try:
        told = ask(args.url, args.ticket) if args.url else _replayed(args, stderr)
    except PolicyFileError as error:
        return complain(error, stderr)
    except (BadSource, Unreadable) as error:
        stderr.write(f"{error}\n")
        return 2
    except (UnknownTicket, Unanswered) as error:
        stderr.write(f"{error}\n")
        return 1
    if args.json:
        stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        write_explanation(told, stdout)
    return 0


def _wrong(args: Namespace) -> str:
    """What does not go together on the command line."""
    if args.url and (args.files or args.policies or args.at is not None):
        return (
            "expected --from URL alone, got files, --policies or --at beside it (a worker tells how things stand now)"
        )
    if not args.url and not (args.files and args.policies):
        return "expected --policies PATH and files, or --from URL"
    return ""


def _replayed(args: Namespace, stderr: TextIO) -> dict[str, Any]:
    policies, source = loaded(args), source_of(args.source, args.mapping)
    replay = Replay(policies.policies, Intake(source, now_ms()), args.at, BadRecords(stderr), only=args.ticket)
    with progress(files_of(args.files), stderr) as rows:
        for row in rows:
            replay.take(row)
    end = replay.finish()
    told = None if end is None else look(replay.machine.store, replay.machine.partition.rules, args.ticket, end)
    if told is None:
        raise UnknownTicket(_unknown(args.ticket, replay.others, replay.beyond))
    return told


def _unknown(ticket: str, others: Collection[str], beyond: int) -> str:
    near = get_close_matches(ticket, others, n=1)
    until = " before --at" if beyond else ""
    hint = f"did you mean '{near[0]}'?" if near else f"{len(others)} other tickets are there"
    return f"ticket: expected one with records{until} in these files, got '{ticket}' ({hint})"
