"""`slamon policy publish|list|schema`: what the workers agree on, through the policies topic."""

import argparse
import json
import time
from pathlib import Path
from typing import TextIO

from slamon.commands.kafka import run_kafka
from slamon.commands.options import add_settings, settings_of
from slamon.policy_file import Loaded, PolicyFileError, json_schema, load
from slamon.service.settings import Settings, SettingsError
from slamon.sla.instants import render


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="publish|list|schema", required=True)
    publishing = actions.add_parser(
        "publish", help="make these files the policies of all workers (also for a roll-back)"
    )
    publishing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add_settings(publishing)
    add_settings(actions.add_parser("list", help="every version and from when it holds"))
    actions.add_parser("schema", help="the JSON Schema of policy files, for editors")


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0, or 1 with every problem of the files, the settings or the publication."""
    if args.action == "schema":
        print(json.dumps(json_schema(), indent=2), file=stdout)
        return 0
    try:
        settings = settings_of(args).settings
        files = load(args.files, int(time.time() * 1000)) if args.action == "publish" else None
    except (SettingsError, PolicyFileError) as error:
        print(error, file=stderr)
        return 1
    work = _list(settings, stdout) if files is None else _publish(settings, files, stdout, stderr)
    return run_kafka(work, settings.bootstrap, stderr)


async def _publish(settings: Settings, files: Loaded, stdout: TextIO, stderr: TextIO) -> int:
    from slamon.runtime.policy_keeper import draft_of
    from slamon.runtime.policy_log import PublicationRefused
    from slamon.runtime.publish import PublicationFailed, publish
    from slamon.service.wiring import cluster_of

    try:
        published = await publish(cluster_of(settings), draft_of(files, "slamon policy publish"))
    except (PublicationRefused, PublicationFailed) as error:
        print(error, file=stderr)
        return 1
    said = "holds" if published.new else "was published already and holds"
    print(f"version {published.version} {said} from {render(published.at)}", file=stdout)
    return 0


async def _list(settings: Settings, stdout: TextIO) -> int:
    from slamon.runtime.policy_reader import read_log
    from slamon.service.wiring import cluster_of

    log = await read_log(cluster_of(settings))
    for publication in log.publications:
        print(f"{render(publication.at)}  {publication.version}", file=stdout)
    if not log.publications:
        print("no policies were published yet", file=stdout)
    return 0
