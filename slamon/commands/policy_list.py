"""`slamon policy list`: every version the workers were given, and from when it holds."""

import argparse
from typing import TextIO

from slamon.commands.kafka import run_kafka
from slamon.commands.options import add_settings, settings_of
from slamon.runtime.policy_reader import read_log
from slamon.service.settings import Settings, SettingsError
from slamon.service.wiring import cluster_of
from slamon.sla.instants import render


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0, or 1 if the settings or the broker do not let it look."""
    try:
        settings = settings_of(args).settings
    except SettingsError as error:
        print(error, file=stderr)
        return 1
    return run_kafka(_list(settings, stdout), settings.bootstrap, stderr)


async def _list(settings: Settings, stdout: TextIO) -> int:
    log = await read_log(cluster_of(settings))
    for publication in log.publications:
        print(f"{render(publication.at)}  {publication.version}", file=stdout)
    if not log.publications:
        print("no policies were published yet", file=stdout)
    return 0
