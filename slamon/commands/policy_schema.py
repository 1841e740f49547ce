"""Print the JSON Schema of policy files, by which editors complete and check them."""

from argparse import ArgumentParser, Namespace
from typing import TextIO

from slamon.policy_file.editors import text


def add_arguments(parser: ArgumentParser) -> None:
    """It takes nothing."""


def run(args: Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """Prints the schema."""
    stdout.write(text())
    return 0
