"""Compare the open clocks with an export of the source's tickets, and write the records that are missing.

A dry run unless --write is given. Exit code 0: nothing is missing, or everything was written; 3: something differs;
1: a row can not be understood, the broker is not there, or it did not take a record; 2: the export can not be read.
"""

import asyncio
from argparse import ArgumentParser, Namespace
from typing import TextIO

from slamon.commands.kafka import with_settings
from slamon.commands.options import add_settings
from slamon.commands.parser import instant
from slamon.commands.recorded import FORMATS, BadRecords, Recorded, add_source, now_ms
from slamon.engine.codec import encode_ticket
from slamon.engine.version import UnknownVersion
from slamon.offline.files import Unreadable
from slamon.offline.sources import BadSource
from slamon.policy_file import from_text
from slamon.reconcile.compare import Difference
from slamon.reconcile.export import Export, read
from slamon.reconcile.find import Finder, Found, Terms
from slamon.reconcile.tell import tell
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.heads import NoChangelog, ticket_heads
from slamon.runtime.policies import PolicyFollower
from slamon.runtime.raw_producer import NotTaken, RawProducer, RawRecord, TooLargeForTopic
from slamon.service.settings import Settings
from slamon.service.wiring import cluster_of, runtime_settings
from slamon.sla.coverage import LostPolicy, Rules
from slamon.sla.events import TicketEvent

DIFFERENT = 3
AT_ONCE = 200


def add_arguments(parser: ArgumentParser) -> None:
    """What `slamon reconcile` takes."""
    parser.add_argument("files", nargs="+", metavar="EXPORT", help=FORMATS)
    add_source(parser)
    parser.add_argument(
        "--as-of", type=instant, metavar="INSTANT",
        help="when the export was made; default: the newest instant in it",
    )  # fmt: skip
    parser.add_argument(
        "--absent", choices=("report", "cancel"), default="report",
        help="what is open here and not in the export: only told (default), or ended as cancelled at --as-of",
    )  # fmt: skip
    parser.add_argument("--write", action="store_true", help="write the missing records to the topic of the tickets")
    parser.add_argument("--json", action="store_true", help="one JSON object for each difference")
    add_settings(parser)


def run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Compares, tells, and writes if that was asked for."""
    if args.absent == "cancel" and args.as_of is None:
        stderr.write(
            "slamon reconcile: expected --as-of INSTANT beside --absent cancel: the instant at which they end\n"
        )
        return 2
    return with_settings(args, stderr, lambda settings: _reconcile(args, settings, stdout, stderr))


async def _reconcile(args: Namespace, settings: Settings, stdout: TextIO, stderr: TextIO) -> int:
    now = now_ms()
    try:
        recorded = Recorded(args.files, args)
        export = read(recorded.rows(stderr), now, settings.limits.max_future)
    except (BadSource, Unreadable) as error:
        stderr.write(f"{error}\n")
        return 2
    bad = BadRecords(stderr)
    for each in export.bad:
        bad(each)
    if args.absent == "cancel" and (export.bad or not export.told):
        stderr.write(
            "--absent cancel: expected an export that is whole and understood: what is in no row would be ended\n"
        )
        return 1
    terms = _terms(args, settings, export, {one.source.spoken for one in recorded.inputs}, now)
    try:
        found = await _found(settings, export, terms)
    except (NoChangelog, WorkerMustEnd, LostPolicy, UnknownVersion) as error:
        stderr.write(f"{error}\n")
        return 1
    tell(found, export, terms, stdout=stdout, as_json=args.json)
    code = await _settled(args, settings, found, now, stderr)
    return 1 if export.bad else code


def _terms(args: Namespace, settings: Settings, export: Export, spoken: set[str], now: int) -> Terms:
    as_of = export.newest if args.as_of is None else args.as_of
    return Terms(export.sources | spoken, as_of, now - settings.limits.retention, cancel=args.absent == "cancel")


async def _found(settings: Settings, export: Export, terms: Terms) -> Found:
    follower = PolicyFollower(cluster_of(settings), from_text)
    try:
        await follower.start()
    finally:
        await follower.stop()
    if follower.book is None:
        raise WorkerMustEnd("no policies were published yet: there are no clocks to compare")
    finder = Finder(export, Rules(follower.book), terms)
    async for heads in ticket_heads(runtime_settings(settings)):
        finder.take(heads)
    return finder.finish()


async def _settled(args: Namespace, settings: Settings, found: Found, now: int, stderr: TextIO) -> int:
    """Writes what is to be written; what is said of it goes to stderr, where it is in nobody's way."""
    records = [record for one in found.ordered() for record in one.records]
    left = [one for one in found.differences if not one.records]
    if not records:
        return DIFFERENT if left else 0
    if not args.write:
        print(f"{len(records)} records would be written (--write)", file=stderr)
        return DIFFERENT
    try:
        await _write(settings, records, now)
    except (WorkerMustEnd, NotTaken, TooLargeForTopic) as error:
        print(f"not all records were written: {error} (hint: do it again, repetitions change nothing)", file=stderr)
        return 1
    print(f"{len(records)} records written; workers that are level with them leave nothing to find", file=stderr)
    _tell_the_rest(left, stderr)
    return DIFFERENT if left else 0


def _tell_the_rest(left: list[Difference], stderr: TextIO) -> None:
    if left:
        print(f"{len(left)} absent tickets stay as they are (--absent cancel ends them)", file=stderr)


async def _write(settings: Settings, records: list[TicketEvent], now: int) -> None:
    cluster = cluster_of(settings)
    producer = RawProducer(cluster, settings.limits.max_record)
    await producer.open()
    try:
        for start in range(0, len(records), AT_ONCE):
            some = records[start : start + AT_ONCE]
            await asyncio.gather(*(producer.put(_raw(cluster.topic("tickets"), record, now)) for record in some))
    finally:
        await producer.close()


def _raw(topic: str, record: TicketEvent, now: int) -> RawRecord:
    return RawRecord(topic, record.ticket.encode(), encode_ticket(record), [], now)
