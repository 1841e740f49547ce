"""`slamon policy publish`: make these files the policies of all workers, also for a roll-back."""

import argparse
import time
from pathlib import Path
from typing import TextIO

from slamon.commands.kafka import run_kafka
from slamon.commands.options import add_settings, settings_of
from slamon.policy_file import Loaded, PolicyFileError, load
from slamon.runtime.policy_keeper import draft_of
from slamon.runtime.policy_log import PublicationRefused
from slamon.runtime.publish import PublicationFailed, publish
from slamon.service.settings import Settings, SettingsError
from slamon.service.wiring import cluster_of
from slamon.sla.instants import render


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="policy files, or folders of them")
    add_settings(parser)


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0, or 1 with every problem of the files, the settings or the publication."""
    try:
        settings = settings_of(args).settings
        files = load(args.files, int(time.time() * 1000))
    except (SettingsError, PolicyFileError) as error:
        print(error, file=stderr)
        return 1
    return run_kafka(_publish(settings, files, stdout, stderr), settings.bootstrap, stderr)


async def _publish(settings: Settings, files: Loaded, stdout: TextIO, stderr: TextIO) -> int:
    try:
        published = await publish(cluster_of(settings), draft_of(files, "slamon policy publish"))
    except (PublicationRefused, PublicationFailed) as error:
        print(error, file=stderr)
        return 1
    said = "holds" if published.new else "was published already and holds"
    print(f"version {published.version} {said} from {render(published.at)}", file=stdout)
    return 0
