"""Old and new code beside each other, and new state under old code (docs/decisions.md, "Versions of the state")."""

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path

from slamon.engine.version import READABLE, VERSION
from tests.chaos import load
from tests.chaos.fleet import PARTITIONS, ROOT, Code
from tests.chaos.load import Load
from tests.chaos.newer import NEXT, as_today
from tests.chaos.records import refuses
from tests.chaos.run import Run
from tests.chaos.verdict import Verdict

NEWER = Code(("tests.chaos.newer",), ROOT)
RELEASED = "811be98"  # 0.1.0: tickets alone, state of version 1, positions that tell no version
REFUSED = f"expected version {', '.join(map(str, sorted(READABLE)))}, got {NEXT}"
SESSION_SECONDS = 8.0  # and a little more
REFUSED_BY_RELEASED = (
    "list indices must be integers"  # its reader of positions: no sentence, but an end before any record
)


async def rolling_upgrade(run: Run) -> None:
    """One worker is upgraded, then the other is handed what the first one wrote: it must not touch it."""
    run.present = as_today
    with run.halted():
        for name in ("one", "two"):
            run.fleet.start(name)
        await run.fleet.said("two", "partition_entered")
    await run.at(0.25)
    with run.halted():
        await run.fleet.leave("one")
        run.fleet.codes["one"] = NEWER
        run.fleet.start("one")
        upgraded = await run.fleet.said("one", "partition_entered")
    await run.at(0.7)
    await asyncio.sleep(2)  # until it has written what it decided
    await run.fleet.down("one")
    run.struck = upgraded and await run.until(lambda: _refused(run), 60)
    run.fleet.codes["two"] = NEWER
    run.fleet.kill("two")
    run.fleet.start("one")
    run.notes.append("an old worker that is handed new state ends with a sentence until it is upgraded")


def _refused(run: Run) -> bool:
    return any(REFUSED in sentence for sentence in run.fleet.sentences())


async def rolled_back(run: Run, verdict: Verdict) -> None:
    run.fleet.codes.clear()
    await refuses(run, verdict, REFUSED)


# -- from what was released


def tickets(seed: int) -> Load:
    """Tickets alone: of services the first release knew nothing."""
    usual = load.slow(seed)
    policies = "---".join(text for text in usual.policies.split("---") if "UptimeSLA" not in text)
    return replace(usual, sendings=[one for one in usual.sendings if one.role == "tickets"], policies=policies)


async def upgraded_from_release(run: Run) -> None:
    """The present code goes on with what 0.1.0 wrote, in its directory too; 0.1.0 beside it does not get that far."""
    run.present = _as_today
    released = await asyncio.to_thread(_released, run.folder / "released")
    run.fleet.codes["one"] = released
    with run.halted():
        run.fleet.start("one")
        began = await run.fleet.said("one", "partition_entered", PARTITIONS)
    await run.at(0.4)
    with run.halted():
        await run.fleet.down("one")  # asked to end it may hang: that is mended since
        del run.fleet.codes["one"]
        run.fleet.start("one")
        await run.fleet.said("one", "partition_entered", PARTITIONS)
    await run.at(0.7)
    run.fleet.codes["two"] = released
    run.fleet.start("two")
    refused = lambda: any(REFUSED_BY_RELEASED in sentence for sentence in run.fleet.sentences())  # noqa: E731
    run.struck = began and await run.until(refused, 60)
    await run.fleet.down("two")
    run.notes.append("0.1.0's state is read; 0.1.0 ends before it reads what is newer")


async def rolled_back_to_release(run: Run, verdict: Verdict) -> None:
    """It says so before it reads a record; that it then ends is not asked of it: it may hang, which is mended since."""
    run.fleet.codes["one"] = run.fleet.codes["two"]
    run.fleet.slots["one"].wanted = False
    await asyncio.sleep(
        SESSION_SECONDS
    )  # within it 0.1.0 stands still: the group answers with the address of today's code
    slot = run.fleet.start("one")
    slot.wanted = False
    if not await run.until(lambda: REFUSED_BY_RELEASED in slot.worker.log.read_text(), 60):
        verdict.other.append(f"expected 0.1.0 to tell {REFUSED_BY_RELEASED!r}")
    run.fleet.kill("one")


def _released(folder: Path) -> Code:
    """0.1.0 as the history of this repository has it."""
    folder.mkdir()
    packed = folder / "slamon.tar"
    for command in (
        ["git", "archive", "-o", str(packed), RELEASED, "slamon"],
        ["tar", "-xf", str(packed), "-C", str(folder)],
    ):
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return Code(("slamon", "run"), folder)


def _as_today(value: bytes) -> bytes:
    """Rows of the log are compared as bytes."""
    return f"[{VERSION},".encode() + value[3:] if value.startswith(b"[1,") else value
