"""`slamon topics create|check`: make slamon's topics, or say what is wrong with them and the command that mends it."""

import argparse
from typing import TextIO

from slamon.commands.kafka import with_settings
from slamon.commands.options import add_settings, mending
from slamon.runtime.finding import Finding, Severity, worst
from slamon.runtime.topics import TopicsRefused, check, create
from slamon.service.brokers import security_of
from slamon.service.settings import Settings
from slamon.service.wiring import specs_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="create|check", required=True)
    creating = actions.add_parser("create", help="make the topics that are missing; those there are left as they are")
    creating.add_argument("--replication", type=int, default=1, metavar="N", help="copies of each topic (default 1)")
    checking = actions.add_parser("check", help="say what is wrong with the topics")
    for action in (creating, checking):
        add_settings(action)


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """create: 0, or 1 if the broker refused or what was there fails. check: 0 all well, 1 warnings, 2 something fails or the broker is not there."""
    if args.action == "create":
        return with_settings(args, stderr, lambda settings: _create(args, settings, stdout, stderr))
    return with_settings(args, stderr, lambda settings: _check(args, settings, stdout, stderr), Severity.FAIL)


async def _create(args: argparse.Namespace, settings: Settings, stdout: TextIO, stderr: TextIO) -> int:
    security = security_of(settings.security)
    try:
        made = await create(
            settings.bootstrap, settings.prefix, settings.partitions, args.replication, security, specs_for(settings)
        )
    except TopicsRefused as error:
        print(error, file=stderr)
        return 1
    print("\n".join(f"created {name}" for name in made) if made else "all topics were there", file=stdout)
    wrong = await _still_wrong(settings)
    for finding in wrong:
        print(mending(str(finding), args), file=stderr)
    return 1 if wrong else 0


async def _still_wrong(settings: Settings) -> list[Finding]:
    """What fails of topics that were there before, such as another number of partitions."""
    try:
        found = await _checked(settings)
    except TopicsRefused:  # who may make topics need not have the right to look at them
        return []
    return [finding for finding in found if finding.severity is Severity.FAIL]


async def _check(args: argparse.Namespace, settings: Settings, stdout: TextIO, stderr: TextIO) -> int:
    try:
        found = await _checked(settings)
    except TopicsRefused as error:
        print(error, file=stderr)
        return 2
    print("\n".join(mending(str(finding), args) for finding in found), file=stdout)
    return worst(found)


async def _checked(settings: Settings) -> list[Finding]:
    security = security_of(settings.security)
    return await check(settings.bootstrap, settings.prefix, settings.partitions, security, specs=specs_for(settings))
