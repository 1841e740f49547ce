"""Events a second and what they cost: slamon, Kafka Streams, an idiomatic Faust app, and a reader that does no work.

python -m benchmarks.throughput [--events 4000000] [--only one,two,raw,streams,faust] [--form compiled]
"""

import argparse
import asyncio
import logging
import tempfile
from pathlib import Path

import orjson

from benchmarks import throughput_slamon as slamon
from benchmarks.throughput_load import tickets
from tests.broker.choose import chosen_broker


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--only", default="one,two")
    parser.add_argument("--form", default="compiled" if slamon.COMPILED.is_dir() else "pure")
    parser.add_argument("--wrap", default="", help="a command that runs the worker, such as a profiler")
    return parser.parse_args()


async def main(bootstrap: str, asked: argparse.Namespace) -> None:
    ids = tickets(asked.events)
    prefix = "?"
    with tempfile.TemporaryDirectory(prefix="slamon-throughput-") as folder:
        for name, number in (("one", 1), ("two", 2)):
            if name in asked.only.split(","):
                try:
                    found, prefix = await slamon.measure(bootstrap, Path(folder), ids, number, asked.form, asked.wrap)
                    print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
                finally:
                    await slamon.forget(bootstrap, prefix)


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with chosen_broker() as broker:
        asyncio.run(main(broker.bootstrap, arguments()))
