"""Runs what talks to Kafka for a command, and turns its failures into one sentence and an exit code."""

import argparse
import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TextIO

from aiokafka.errors import KafkaError

from slamon.commands.options import settings_of
from slamon.runtime.errors import in_words
from slamon.service import logs
from slamon.service.settings import Settings, SettingsError

FAILED = 1


Work = Callable[[Settings], Coroutine[Any, Any, int]]


def with_settings(args: argparse.Namespace, stderr: TextIO, work: Work, failed: int = FAILED) -> int:
    """What the work returns, or `failed` after listing every problem of the settings."""
    try:
        settings = settings_of(args).settings
    except SettingsError as error:
        print(error, file=stderr)
        return failed
    return run_kafka(work(settings), settings.bootstrap, stderr, failed)


def run_kafka(work: Coroutine[Any, Any, int], bootstrap: str, stderr: TextIO, failed: int = FAILED) -> int:
    """What the work returns, or `failed` after saying why the broker did not do it."""
    logs.configure("console", "error", stderr)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it says of a lost broker is said once, below
    try:
        return asyncio.run(work)
    except (KafkaError, TimeoutError, OSError) as error:
        told = in_words(error) if str(error) else "no answer in time"
        print(f"{bootstrap}: expected a Kafka broker that answers, got {told}", file=stderr)
        print(f"hint: `slamon doctor --bootstrap {bootstrap}` says what is wrong and what mends it", file=stderr)
        return failed
