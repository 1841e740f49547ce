"""`slamon run`: one worker until it is told to stop."""

import argparse
from typing import TextIO

from slamon.commands.options import add_settings, settings_of
from slamon.service.settings import Loaded, SettingsError, print_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)
    parser.add_argument("--print-config", action="store_true", help="show every setting, where it came from, and end")


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0 after SIGTERM or Ctrl-C, 1 for what the operator must mend; a bug ends with 1 and a traceback in the log."""
    try:
        loaded = settings_of(args)
    except SettingsError as error:
        print(error, file=stderr)
        return 1
    if args.print_config:
        print(print_config(loaded), file=stdout)
        return 0
    return _work(loaded, stderr)


def _work(loaded: Loaded, stderr: TextIO) -> int:
    """Never returns after the worker has run: see `exit_process`."""
    from slamon.runtime.errors import WorkerMustEnd
    from slamon.runtime.pins import check_pins

    try:
        check_pins()  # before anything is imported that stands on what is pinned
    except WorkerMustEnd as end:
        print(end, file=stderr)
        return end.code

    from slamon.runtime.run import exit_process, run_worker
    from slamon.service import logs
    from slamon.service.worker import Service

    settings = loaded.settings
    logs.configure(settings.log.format, settings.log.level, stderr)

    async def make() -> Service:
        return Service(settings)

    try:
        code = run_worker(make)
    except WorkerMustEnd as end:
        print(end, file=stderr)
        return end.code
    exit_process(code)
    return code
