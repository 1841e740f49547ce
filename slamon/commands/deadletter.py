"""`slamon deadletter list|replay`: what could not be understood and why; send it again after a fix."""

import argparse
import json
from typing import TextIO

from slamon.commands.kafka import with_settings
from slamon.commands.options import add_settings
from slamon.runtime.deadletter import NoDeadletters, Plan, list_letters, replay
from slamon.runtime.letter import Letter, Selection
from slamon.service.settings import Settings
from slamon.service.wiring import cluster_of
from slamon.sla.instants import render

SHOWN_BYTES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="list|replay", required=True)
    listing = actions.add_parser("list", help="the newest dead letters")
    listing.add_argument("--limit", type=_count, default=20, metavar="N", help="how many at most (default 20)")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    replaying = actions.add_parser("replay", help="send the original records back to where they came from")
    replaying.add_argument("--dry-run", action="store_true", help="only say what would be sent")
    replaying.add_argument(
        "--limit", type=_count, metavar="N", help="how many at most, the oldest of each partition first"
    )
    replaying.add_argument(
        "--rekey",
        action="store_true",
        help="send what was refused as key_mismatch under the ticket or service it names",
    )
    for action in (listing, replaying):
        add_settings(action)
        action.add_argument("--reason", help="only letters with this reason")
        action.add_argument("--partition", type=int, metavar="N", help="only this partition of the dead-letter topic")
        action.add_argument("--offset", type=int, metavar="N", help="only the letter at this offset")
        action.add_argument("--source-topic", metavar="TOPIC", help="only letters from this topic")


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0, or 1 if the broker or the topic is not there or a selected letter cannot be sent again."""
    selection = Selection(args.reason, args.partition, args.offset, args.source_topic)
    return with_settings(args, stderr, lambda settings: _act(args, settings, selection, stdout, stderr))


async def _act(
    args: argparse.Namespace, settings: Settings, selection: Selection, stdout: TextIO, stderr: TextIO
) -> int:
    try:
        if args.action == "list":
            return await _list(args, settings, selection, stdout)
        return await _replay(args, settings, selection, stdout, stderr)
    except NoDeadletters as error:
        print(error, file=stderr)
        return 1


async def _list(args: argparse.Namespace, settings: Settings, selection: Selection, stdout: TextIO) -> int:
    listing = await list_letters(cluster_of(settings), args.limit, selection)
    for letter in listing.letters:
        print(json.dumps(plain(letter)) if args.json else told(letter), file=stdout)
    if not args.json:
        rest = "" if listing.complete else ", and there are more"
        print(f"{len(listing.letters)} of {listing.scanned} letters looked at{rest}", file=stdout)
    return 0


async def _replay(
    args: argparse.Namespace, settings: Settings, selection: Selection, stdout: TextIO, stderr: TextIO
) -> int:
    done = await replay(cluster_of(settings), selection, Plan(args.dry_run, args.limit, args.rekey))
    for letter, obstacle in done.kept:
        print(f"letter {letter.partition}@{letter.offset} ({letter.reason}): not sent: {obstacle}", file=stderr)
    if args.dry_run:
        for letter in done.sent:
            print(f"letter {letter.partition}@{letter.offset} ({letter.reason}): from {place(letter)}", file=stdout)
    verb = "would be sent" if args.dry_run else "sent"
    more = ", and there are more (--limit)" if done.stopped else ""
    print(f"{len(done.sent)} {verb}, {len(done.kept)} cannot be{more}", file=stdout)
    if done.sent and not args.dry_run:
        print(
            "what is refused again comes back as a dead letter: `slamon deadletter list` shows it as sent again",
            file=stdout,
        )
    return 1 if done.kept else 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)


def place(letter: Letter) -> str:
    """Where the record stood, as topic-partition@offset."""
    return "unknown" if letter.source is None else "{}-{}@{}".format(*letter.source)


def plain(letter: Letter) -> dict[str, object]:
    """The letter as JSON values; bytes that are no UTF-8 are shown with escapes."""
    return {
        "partition": letter.partition,
        "offset": letter.offset,
        "at": render(letter.at),
        "reason": letter.reason,
        "message": letter.message,
        "from": place(letter),
        "first": None if letter.origin is None else "{}-{}@{}".format(*letter.origin.place),
        "key": None if letter.key is None else letter.key.decode("utf-8", "backslashreplace"),
        "value": None if letter.value is None else letter.value.decode("utf-8", "backslashreplace"),
        "obstacle": letter.obstacle,
    }


def told(letter: Letter) -> str:
    """The letter for people: reason, sentence, where it came from, and its beginning."""
    begins = repr((letter.value or b"")[:SHOWN_BYTES])[2:-1]
    again = ", sent again" if letter.sent_again else ""
    head = f"{render(letter.at)}  {letter.reason}  from {place(letter)}  (letter {letter.partition}@{letter.offset}{again})"
    return f"{head}\n    {letter.message}\n    {begins}"
