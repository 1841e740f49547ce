"""`slamon policy show`: what is promised, in plain words: to one customer, or policy by policy."""

import argparse
import time
from pathlib import Path
from typing import TextIO

from slamon.commands.kafka import with_settings
from slamon.commands.options import add_settings
from slamon.in_words import known_customers, policy_in_words, promises_in_words
from slamon.policy_file import PolicyFileError, load
from slamon.service.settings import Settings
from slamon.sla.policy import PolicySet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE",
        help="policy files, or folders of them; without any, the version in force is read from the policies topic",
    )  # fmt: skip
    parser.add_argument("--for", dest="customer", metavar="CUSTOMER", help="everything that this customer is promised")
    parser.add_argument("--service", metavar="ID", help="of the promises on services, those that cover this one alone")
    add_settings(parser)


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0, or 1 if the files, the settings or the broker do not let it look, or nothing is promised."""
    if not args.files:
        return with_settings(args, stderr, lambda settings: _published(settings, args, stdout, stderr))
    now = int(time.time() * 1000)
    try:
        policies = load(args.files, now).policies
    except PolicyFileError as error:
        print(error, file=stderr)
        return 1
    return _show(policies, now, args, stdout, stderr)


async def _published(settings: Settings, args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    from slamon.policy_file import from_text
    from slamon.runtime.errors import WorkerMustEnd
    from slamon.runtime.policies import PolicyFollower
    from slamon.service.wiring import cluster_of

    follower = PolicyFollower(cluster_of(settings), from_text)
    try:
        await follower.start()
    except WorkerMustEnd as end:
        print(end, file=stderr)
        return 1
    finally:
        await follower.stop()
    now = int(time.time() * 1000)
    if follower.book is None:
        print("no policies were published yet (hint: name policy files)", file=stderr)
        return 1
    return _show(follower.book.at(now), now, args, stdout, stderr)


def _show(policies: PolicySet, now: int, args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    if args.customer is None:
        shown = sorted(policies.policies, key=lambda policy: policy.name)
        print("\n".join(policy_in_words(policy, now) for policy in shown), file=stdout)
        return 0
    customers = known_customers(policies)
    told = promises_in_words(policies, args.customer, args.service, now)
    if told is None:
        print(f"nothing is promised to '{args.customer}' ({_hint(customers)})", file=stderr)
        return 1
    print(told, file=stdout)
    return 0


def _hint(customers: list[str]) -> str:
    return f"agreements are with {', '.join(customers)}" if customers else "no agreement names a customer"
