"""Arguments of one command, read without touching the process: help and complaints go to the streams given."""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

from slamon.sla import instants


class Exit(Exception):
    """The command is over before it began: help was asked for, or the arguments are wrong."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Parser(ArgumentParser):
    """argparse over given streams; ends by `Exit`."""

    def __init__(self, prog: str, description: str, out: TextIO, err: TextIO) -> None:
        super().__init__(
            prog=prog, description=description, formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False
        )
        self._out, self._err = out, err

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Options may stand before, between and after the files."""
        if self._subparsers is None:
            return self.parse_intermixed_args(args, namespace)
        return super().parse_args(args, namespace)

    def print_help(self, file: Any = None) -> None:
        (file or self._out).write(self.format_help())

    def print_usage(self, file: Any = None) -> None:
        (file or self._err).write(self.format_usage())

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            self._err.write(message)
        raise Exit(status)

    def error(self, message: str) -> NoReturn:
        self.print_usage()
        self.exit(2, f"{self.prog}: {message} (`{self.prog} --help` says more)\n")

    def add_subparsers(self, **kwargs: Any) -> Any:
        """Subcommands write to the same streams."""
        kwargs.setdefault("parser_class", _beside(self))
        return super().add_subparsers(**kwargs)


def _beside(parent: Parser) -> Callable[..., Parser]:
    def make(prog: str, description: str = "", help: str = "", **kwargs: Any) -> Parser:  # noqa: A002 argparse's word
        return Parser(prog, description or help, parent._out, parent._err)

    return make


def instant(text: str) -> int:
    """An argument that is an RFC 3339 instant, as epoch milliseconds."""
    try:
        return instants.parse(text)
    except ValueError as reason:
        raise ArgumentTypeError(f"expected an instant like 2024-01-05T15:00:00Z, got {text!r} ({reason})") from None
