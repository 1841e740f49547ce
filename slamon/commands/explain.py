"""Show how each clock of a ticket or service came to where it stands: all that counted, all that did not, what is not known.

From recorded files (--policies PATH FILE...) or from a running worker (--from URL).
Exit code 0: shown; 1: the ticket, the service or a policy is not right; 2: something could not be read.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TextIO

import orjson

from slamon.commands.explanation import write_explanation
from slamon.commands.parser import instant
from slamon.commands.recorded import FORMATS, BadRecords, Recorded, add_policies, add_source, complain, loaded
from slamon.commands.service_explanation import write_service
from slamon.commands.worker import Unanswered, ask, token_of
from slamon.engine.look import look, look_at_service
from slamon.offline.files import Unreadable
from slamon.offline.replay import Replay
from slamon.offline.sources import BadSource
from slamon.policy_file import PolicyFileError


class UnknownSubject(Exception):
    """No record of the ticket or service was found."""


def add_arguments(parser: ArgumentParser) -> None:
    """What `slamon explain` takes."""
    parser.add_argument("subject", metavar="ID", help="of a ticket, or of a service if no ticket has it")
    parser.add_argument("files", nargs="*", metavar="FILE", help=FORMATS)
    parser.add_argument("--service", action="store_true", help="it is a service, whatever tickets there are")
    add_policies(parser, required=False)
    add_source(parser)
    parser.add_argument(
        "--at", type=instant, metavar="INSTANT", help="as things stood then; default: the last record's `at`"
    )
    parser.add_argument("--from", dest="url", metavar="URL", help="ask a running worker, like http://localhost:8080")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="with --from: its first line is the token that opens the API"
    )
    parser.add_argument("--json", action="store_true", help="print the explanation as JSON")


def run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Explains the ticket or service."""
    if wrong := _wrong(args):
        stderr.write(f"slamon explain: {wrong}\n")
        return 2
    try:
        told = _asked(args) if args.url else _replayed(args, stderr)
    except PolicyFileError as error:
        return complain(error, stderr)
    except (BadSource, Unreadable) as error:
        stderr.write(f"{error}\n")
        return 2
    except (UnknownSubject, Unanswered) as error:
        stderr.write(f"{error}\n")
        return 1
    if args.json:
        stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")
    elif "service" in told:
        write_service(told, stdout)
    else:
        write_explanation(told, stdout)
    return 0


def _wrong(args: Namespace) -> str:
    """What does not go together on the command line."""
    if args.url and (args.files or args.policies or args.at is not None):
        return (
            "expected --from URL alone, got files, --policies or --at beside it (a worker tells how things stand now)"
        )
    if args.token_file is not None and not args.url:
        return "expected --from URL beside --token-file"
    if not args.url and not (args.files and args.policies):
        return "expected --policies PATH and files, or --from URL"
    return ""


def _asked(args: Namespace) -> dict[str, Any]:
    token = None if args.token_file is None else token_of(args.token_file)
    return ask(args.url, args.subject, service=args.service, token=token)


def _replayed(args: Namespace, stderr: TextIO) -> dict[str, Any]:
    policies, recorded = loaded(args), Recorded(args.files, args)
    replay = Replay(policies.policies, args.at, BadRecords(stderr), only=args.subject, at_once=False)
    for row, intake in recorded.rows(stderr):
        replay.take(row, intake)
    end = replay.finish()
    told = None if end is None else _looked_up(replay, args, end)
    if told is None:
        raise UnknownSubject(_unknown(args, replay.others, replay.beyond))
    return told


def _looked_up(replay: Replay, args: Namespace, at: int) -> dict[str, Any] | None:
    store, rules = replay.machine.store, replay.machine.partition.rules
    ticket = None if args.service else look(store, rules, args.subject, at)
    return ticket or look_at_service(store, rules, args.subject, at)


def _unknown(args: Namespace, others: Collection[str], beyond: int) -> str:
    what = "service" if args.service else "ticket"
    near = get_close_matches(args.subject, others, n=1)
    until = " before --at" if beyond else ""
    hint = f"did you mean '{near[0]}'?" if near else f"{len(others)} other tickets and services are there"
    return f"{what}: expected one with records{until} in these files, got '{args.subject}' ({hint})"
