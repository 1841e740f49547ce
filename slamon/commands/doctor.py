"""`slamon doctor`: what is wrong with everything slamon stands on, and the command that mends it."""

import argparse
import time
from collections.abc import Iterator
from typing import TextIO

from slamon.commands.kafka import with_settings
from slamon.commands.options import add_settings, mending, settings_of
from slamon.policy_file import Loaded, load
from slamon.runtime.grants import User, command, kafka_user
from slamon.service.doctor import Setup, findings, worst
from slamon.service.principal import login_of, principal_of
from slamon.service.settings import Settings, SettingsError
from slamon.service.wiring import client_of, clocks_of, cluster_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)
    parser.add_argument(
        "--for", dest="user", choices=("run", "notify"), default="run", help="whose rights; `run` if not given"
    )
    parser.add_argument(
        "--print-acls", nargs="?", const="kafka", choices=("kafka", "strimzi"), metavar="kafka|strimzi",
        help="print the rights to grant that user, as commands (or as a KafkaUser of Strimzi's), and end",
    )  # fmt: skip


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0 all well, 1 warnings (or settings that cannot be read), 2 something fails."""
    if args.print_acls is None:
        return with_settings(args, stderr, lambda settings: _tell(setup_of(settings, args.user), args, stdout))
    try:
        settings = settings_of(args).settings
    except SettingsError as error:
        print(error, file=stderr)
        return 1
    print("\n".join(_acls(settings, args.user, args.print_acls)), file=stdout)
    return 0


def setup_of(settings: Settings, user: User = "run") -> Setup:
    """What there is to look at."""

    def files() -> Loaded:
        return load(settings.policies, int(time.time() * 1000))

    inputs = tuple(one.topic for one in settings.inputs)
    posted = tuple(one.topic for one in settings.inputs if one.ingest)
    registries = {one.name: client_of(one.registry).trouble for one in settings.inputs if one.registry}
    who, clocks = principal_of(settings.security), clocks_of(settings) is not None
    policies = files if settings.policies else None
    return Setup(cluster_of(settings), settings.partitions, inputs, policies, posted, registries, clocks, user, who)


def _acls(settings: Settings, user: User, form: str) -> Iterator[str]:
    setup = setup_of(settings, user)
    if form == "kafka":
        yield from (command(setup.tools, setup.principal, grant) for grant in setup.grants)
    else:
        name = setup.principal.removeprefix("User:").removeprefix("CN=")
        yield kafka_user(name, login_of(settings.security), setup.grants)


async def _tell(setup: Setup, args: argparse.Namespace, stdout: TextIO) -> int:
    found = []
    async for finding in findings(setup):
        found.append(finding)
        print(mending(str(finding), args), file=stdout, flush=True)
    return worst(found)
