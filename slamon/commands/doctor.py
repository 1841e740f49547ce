"""`slamon doctor`: what is wrong with everything slamon stands on, and the command that mends it."""

import argparse
import time
from typing import TextIO

from slamon.commands.kafka import with_settings
from slamon.commands.options import add_settings, mending
from slamon.policy_file import Loaded, load
from slamon.service.doctor import Setup, findings, worst
from slamon.service.settings import Settings
from slamon.service.wiring import client_of, cluster_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0 all well, 1 warnings (or settings that cannot be read), 2 something fails."""
    return with_settings(args, stderr, lambda settings: _tell(setup_of(settings), args, stdout))


def setup_of(settings: Settings) -> Setup:
    """What there is to look at."""

    def files() -> Loaded:
        return load(settings.policies, int(time.time() * 1000))

    inputs = tuple(one.topic for one in settings.inputs)
    posted = tuple(one.topic for one in settings.inputs if one.ingest)
    registries = {one.name: client_of(one.registry).trouble for one in settings.inputs if one.registry}
    checked = files if settings.policies else None
    return Setup(cluster_of(settings), settings.partitions, inputs, checked, posted, registries)


async def _tell(setup: Setup, args: argparse.Namespace, stdout: TextIO) -> int:
    found = []
    async for finding in findings(setup):
        found.append(finding)
        print(mending(str(finding), args), file=stdout, flush=True)
    return worst(found)
