"""Options that every command about a Kafka cluster shares, and the settings they lead to."""

import argparse
import os
import re
import shlex
from pathlib import Path

from slamon.service.settings import Loaded, load

OVER = {"bootstrap": "SLAMON_BOOTSTRAP", "prefix": "SLAMON_PREFIX", "partitions": "SLAMON_PARTITIONS"}


def add_settings(parser: argparse.ArgumentParser) -> None:
    """--config, --bootstrap, --prefix, --partitions."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in YAML; SLAMON_CONFIG names one too")
    parser.add_argument("--bootstrap", metavar="HOST:PORT", help="Kafka brokers, instead of the settings'")
    parser.add_argument("--prefix", metavar="TEXT", help="begins the name of every topic")
    parser.add_argument("--partitions", metavar="N", help="partitions of every topic")


def settings_of(args: argparse.Namespace) -> Loaded:
    """The settings under the options given; raises SettingsError."""
    given = {name: getattr(args, option) for option, name in OVER.items() if getattr(args, option) is not None}
    return load(args.config, {**os.environ, **given})


_MENDING = re.compile(r"slamon (?:topics create|policy publish)")


def mending(text: str, args: argparse.Namespace) -> str:
    """The text, its commands with the options this one was given: pasted, they must mend the same cluster."""
    given = "".join(
        f" --{option} {shlex.quote(str(value))}"
        for option in ("config", *OVER)
        if (value := getattr(args, option)) is not None
    )
    return _MENDING.sub(lambda found: found[0] + given, text)
