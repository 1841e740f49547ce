"""Events a second and what one costs: slamon, and beside it in the same run Kafka Streams, an idiomatic Faust app, and a
process that reads and writes records and does no work.

    python -m benchmarks.throughput [--events 2000000] [--only raw,faust,streams,one,two] [--form compiled|pure]

The broker is the one the tests would take (SLAMON_TEST_BOOTSTRAP, else docker or Maven). Kafka Streams is built from
../shared/peers/kafka-streams and left out where that is absent. Prints a table and writes results/throughput.json; ends
with 1 if a part failed or an outcome was missing or there twice.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from aiokafka.errors import KafkaError

from benchmarks import throughput_peers as peers
from benchmarks import throughput_slamon as slamon
from benchmarks.recovery import machine
from benchmarks.throughput_form import place_of
from benchmarks.throughput_load import tickets
from benchmarks.throughput_table import PAGE, RESULT, chart, into, ratios, table
from benchmarks.throughput_watch import Stuck
from tests.broker.choose import chosen_broker

EVENTS = 2_000_000
FAUST_EVENTS = 100_000
DEFAULT = "raw,raw two,faust,streams,one,two"
MINUTES = 11.5

Measured = dict[str, Any]
Part = Callable[[], Awaitable[Measured]]


def parts(bootstrap: str, folder: Path, asked: argparse.Namespace) -> dict[str, Part]:
    """Everything that can be measured, by name."""
    ids = tickets(asked.events)
    few = [home[: min(FAUST_EVENTS, asked.events) // 16] for home in ids]
    quarter = [home[: len(home) // 4] for home in ids]

    def workers(number: int, form: str, load: list[list[str]]) -> Part:
        return lambda: slamon.measure(bootstrap, folder, load, number, place_of(form), asked.wrap)

    return {
        "raw": lambda: peers.raw(bootstrap, folder, ids, 1),
        "raw two": lambda: peers.raw(bootstrap, folder, ids, 2),
        "one": workers(1, asked.form, ids),
        "two": workers(2, asked.form, ids),
        "three": workers(3, asked.form, ids),
        "four": workers(4, asked.form, ids),
        "pure": workers(1, "pure", quarter),
        "streams": lambda: peers.streams(bootstrap, folder, ids),
        "streams at least once": lambda: peers.streams(bootstrap, folder, ids, once=False),
        "faust": lambda: peers.faust(bootstrap, folder, few),
    }


async def main(bootstrap: str, asked: argparse.Namespace) -> dict[str, Measured]:
    """What came of each part that was asked for; one that fails says why and the others go on."""
    found: dict[str, Measured] = {}
    until = asyncio.get_running_loop().time() + 60 * asked.minutes
    with tempfile.TemporaryDirectory(prefix="slamon-throughput-") as folder:
        there = parts(bootstrap, Path(folder), asked)
        for name in asked.only:
            print(f"{name}:", file=sys.stderr)
            began = time.monotonic()
            found[name] = await _measured(there[name], until)
            print(f"  {orjson.dumps(found[name]).decode()} in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return found


async def _measured(part: Part, until: float) -> Measured:
    try:
        async with asyncio.timeout_at(until):
            return await part()
    except peers.Absent as why:
        return {"absent": str(why)}
    except TimeoutError:
        return {"failed": "expected an answer of the broker, and an end within --minutes"}
    except (Stuck, KafkaError, OSError) as why:
        return {"failed": f"{type(why).__name__}: {why}"}


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"of each part; {FAUST_EVENTS} at most for Faust")
    parser.add_argument("--only", type=lambda text: text.split(","), default=DEFAULT.split(","), help="which parts")
    parser.add_argument("--form", choices=("compiled", "pure"), default="compiled", help="of slamon")
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help="then it ends what runs and tells of the rest as failed"
    )
    parser.add_argument("--wrap", default="", help="a command that runs the workers, such as a profiler")
    parser.add_argument("--result", type=Path, help="where to write JSON and chart; unset: results/, if all parts ran")
    return parser.parse_args()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """SIGTERM ends what was started, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    yield


def write(results: dict[str, Measured], where: Path, broker: str, load: float) -> None:
    """The JSON, the chart beside it, and the table in docs/performance.md."""
    told = machine() | {
        "load": round(load, 2),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
    }
    found = {"machine": told, "broker": broker, "results": results, "ratios": ratios(results)}
    where.parent.mkdir(exist_ok=True)
    where.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    where.with_suffix(".svg").write_text(chart(results))
    if where == RESULT:
        PAGE.write_text(into(PAGE.read_text(), found))


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics that were just made have no leader for a moment
    asked = arguments()
    with ended_in_order(), chosen_broker() as broker:
        load = os.getloadavg()[0]
        results = asyncio.run(main(broker.bootstrap, asked))
    if asked.result or asked.only == DEFAULT.split(","):
        write(results, asked.result or RESULT, broker.kind, load)
    print(table(results))
    sys.exit(not all(one.get("correct", "absent" in one) for one in results.values()))
