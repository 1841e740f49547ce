"""`slamon policy list`: every version the workers were given, and from when it holds."""

import argparse
from typing import TextIO

from slamon.commands.kafka import with_settings
from slamon.commands.options import add_settings
from slamon.runtime.policy_reader import read_log
from slamon.service.settings import Settings
from slamon.service.wiring import cluster_of
from slamon.sla.instants import render


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0, or 1 if the settings or the broker do not let it look."""
    return with_settings(args, stderr, lambda settings: _list(settings, stdout))


async def _list(settings: Settings, stdout: TextIO) -> int:
    log = await read_log(cluster_of(settings))
    for publication in log.publications:
        print(f"{render(publication.at)}  {publication.version}", file=stdout)
    if not log.publications:
        print("no policies were published yet", file=stdout)
    return 0
