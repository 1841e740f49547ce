"""Runs what talks to Kafka for a command, and turns its failures into one sentence and an exit code."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TextIO

from aiokafka.errors import KafkaError

from slamon.service import logs

FAILED = 1


def run_kafka(work: Coroutine[Any, Any, int], bootstrap: str, stderr: TextIO) -> int:
    """What the work returns, or 1 after saying why the broker did not do it."""
    logs.configure("console", "error", stderr)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it says of a lost broker is said once, below
    try:
        return asyncio.run(work)
    except (KafkaError, TimeoutError, OSError) as error:
        told = str(error) or "no answer in time"
        print(f"{bootstrap}: expected a Kafka broker that answers, got {type(error).__name__}: {told}", file=stderr)
        print("hint: `slamon doctor` says what is wrong and the command that mends it", file=stderr)
        return FAILED
