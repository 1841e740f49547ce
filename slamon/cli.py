"""The command line: one table of commands, each a function of (arguments, stdout, stderr) that gives an exit code."""

import os
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import TextIO

from slamon import __version__
from slamon.commands.parser import Exit, Parser
from slamon.engine.form import FORM

INTERRUPTED = 130
BROKEN_PIPE = 141  # as a shell reports a process that SIGPIPE has ended

# Name -> what it does. `slamon.commands` holds a module of each name (`policy schema` is `policy_schema`), loaded only
# when it is asked for, so that `slamon check` needs no Kafka client.
COMMANDS: Mapping[str, str] = {
    "run": "watch the tickets of a Kafka cluster",
    "notify": "page people through PagerDuty and webhooks",
    "demo": "watch a simulated stream on a broker of its own",
    "check": "say what is wrong with policy files",
    "test": "run scenarios: timelines and the facts expected of them",
    "replay": "work out the facts of recorded tickets, without Kafka",
    "explain": "show how each clock of a ticket came to its verdict",
    "policy schema": "print the JSON Schema of policy files",
    "policy publish": "make policy files the ones that all workers follow",
    "policy list": "list the versions the workers were given",
    "policy show": "say in plain words what a customer is promised",
    "topics": "create or check the topics",
    "deadletter": "list or replay records that could not be understood",
    "reconcile": "compare the open clocks with an export of the source, and write what is missing",
    "doctor": "say what is wrong with the broker or the configuration, and the command that mends it",
    "simulate": "send a realistic stream of tickets to Kafka",
}


def main(argv: Sequence[str] | None = None, stdout: TextIO | None = None, stderr: TextIO | None = None) -> int:
    """Runs the command that the arguments name; gives its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    out, err = stdout or sys.stdout, stderr or sys.stderr
    try:
        return _run(words, out, err)
    except Exit as end:
        return end.code
    except KeyboardInterrupt:
        err.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        _silence(out)
        return BROKEN_PIPE


def _run(words: list[str], out: TextIO, err: TextIO) -> int:
    if words[:1] == ["help"] and len(words) > 1:
        words = [*words[1:], "--help"]
    if not words or words[0] in ("-h", "--help", "help"):
        out.write(usage())
        return 0 if words else 2
    if words[0] in ("-V", "--version", "version"):
        out.write(f"slamon {__version__} ({FORM})\n")
        return 0
    name = _command(words)
    if name is None:
        err.write(f"slamon: expected a command, got '{' '.join(words[:2])}' ({_hint(words)})\n")
        return 2
    module = _load(name)
    if module is None:
        err.write(f"slamon {name}: this installation does not have that command\n")
        return 2
    parser = Parser(f"slamon {name}", module.__doc__ or COMMANDS[name], out, err)
    module.add_arguments(parser)
    code = int(module.run(parser.parse_args(words[len(name.split()) :]), out, err))
    out.flush()  # a reader that has gone away must be met here, not at exit
    return code


def usage() -> str:
    """Every command with what it does."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items()]
    head = "usage: slamon COMMAND ...\n\nWatches the promises on your tickets, and warns before one is broken.\n\n"
    return (
        head
        + "\n".join(lines)
        + "\n\n`slamon COMMAND --help` says more; `slamon --version` says which version this is.\n"
    )


def _command(words: Sequence[str]) -> str | None:
    """The longest name in the table that the arguments begin with."""
    return next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None)


def _hint(words: Sequence[str]) -> str:
    within = [name for name in COMMANDS if name.startswith(f"{words[0]} ")]
    if within:
        return "known: " + ", ".join(within)
    near = get_close_matches(words[0], [name.split()[0] for name in COMMANDS], n=1)
    return f"did you mean '{near[0]}'?" if near else "`slamon --help` lists them"


def _load(name: str) -> ModuleType | None:
    path = f"slamon.commands.{name.replace(' ', '_')}"
    try:
        return import_module(path)
    except ModuleNotFoundError as error:
        if error.name == path:
            return None
        raise


def _silence(out: TextIO) -> None:
    """Nobody reads any more: what is left in the buffer must not be complained about at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    except (OSError, ValueError):
        return


if __name__ == "__main__":
    sys.exit(main())
