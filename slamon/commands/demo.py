"""`slamon demo`: promises of seconds to minutes, warned of and broken before your eyes, on a broker of its own."""

import argparse
import asyncio
import logging
from typing import TextIO

from slamon.commands.spans import positive, seconds
from slamon.service import logs

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for", dest="seconds", type=seconds, metavar="SPAN", help="end after this long, as 60s or 5m; else on Ctrl-C"
    )
    parser.add_argument("--bootstrap", metavar="HOST:PORT", help="use this Kafka and not a broker of the demo's own")
    parser.add_argument("--keep", action="store_true", help="leave the topics on that Kafka; else they are deleted")
    parser.add_argument("--rate", type=positive, default=2.0, metavar="N", help="new tickets a second (default 2)")
    parser.add_argument(
        "--speed",
        type=positive,
        default=1.0,
        metavar="N",
        help="how fast the desk works: 2 keeps most promises, 0.5 few",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which tickets come (default 1)")
    parser.add_argument("--plain", action="store_true", help="lines of text, also on a terminal")


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0 when the time is up or on Ctrl-C, its usual end; 1 if something of the demo failed."""
    from slamon.demo.child import DemoFailed
    from slamon.demo.stage import Options, perform

    logs.configure("console", "error", stderr)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the demo itself says what failed, once
    options = Options(args.bootstrap, args.seconds, args.rate, args.speed, args.seed, args.plain, args.keep)
    try:
        asyncio.run(perform(options, stdout))
    except DemoFailed as failure:
        print(f"slamon demo: {failure}", file=stderr)
        return FAILED
    return 0
