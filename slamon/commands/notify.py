"""`slamon notify`: page people about warnings and breaches, until it is told to stop."""

import argparse
import asyncio
from typing import TextIO

from slamon.commands.options import add_settings, settings_of
from slamon.service.settings import Settings, SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="say what is wrong with receivers and routes, and end")
    what.add_argument("--test", metavar="RECEIVER", help="open and close a page there that says it is a test, and end")


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0 after SIGTERM or Ctrl-C (or: no problems, or: the test was taken), 1 for what the operator must mend."""
    from slamon.notify.receivers import problems

    try:
        settings = settings_of(args).settings
    except SettingsError as error:
        print(error, file=stderr)
        return 1
    if args.test is not None:
        return _test(settings, args.test, stdout, stderr)
    found = problems(settings.notify)
    for problem in found:
        print(problem, file=stderr)
    if found:
        return 1
    if args.check:
        notify = settings.notify
        print(f"notify: no problems ({len(notify.receivers)} receivers, {len(notify.routes)} routes)", file=stdout)
        return 0
    return _work(settings, stderr)


def _test(settings: Settings, name: str, stdout: TextIO, stderr: TextIO) -> int:
    from slamon.notify.courier import Courier
    from slamon.notify.receivers import links_of
    from slamon.notify.trial import tried
    from slamon.runtime.wall import wall_ms

    known = {one.name: one for one in settings.notify.receivers}
    if name not in known:
        said = ", ".join(known) or "none"
        print(f"--test: expected the name of a receiver, got '{name}' (known: {said})", file=stderr)
        return 1
    courier = Courier(known[name], links_of(settings.notify), wall_ms)
    return 0 if asyncio.run(tried(courier, lambda line: print(line, file=stdout, flush=True))) else 1


def _work(settings: Settings, stderr: TextIO) -> int:
    """Never returns after the notifier has run: see `exit_process`."""
    from slamon.notify.notifier import Notifier
    from slamon.runtime.run import exit_process, run_worker
    from slamon.service import logs

    logs.configure(settings.log.format, settings.log.level, stderr)

    async def make() -> Notifier:
        return Notifier(settings)

    code = run_worker(make)
    exit_process(code)
    return code
