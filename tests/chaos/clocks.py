"""What befalls a worker whose machine's clock is set wrong, and right again."""

from tests.chaos.oracle import book_of_file, truth
from tests.chaos.reading import Outputs
from tests.chaos.run import Run
from tests.chaos.scenarios import Scenario
from tests.chaos.stepped import VARIABLE, shift
from tests.chaos.verdict import Verdict, counts

HOUR_MS = 3_600_000


def stepped(ms: int) -> Scenario:
    """One worker's wall clock jumps by so much under load, and back; each time it ends, and is started again."""

    async def play(run: Run) -> None:
        clock = run.folder / "clock"
        shift(clock, 0)
        run.fleet.start("one", **{VARIABLE: str(clock)})
        if run.draw.random() < 0.5:
            run.fleet.start("two")
        run.ahead = max(ms, 0)
        run.struck = True
        for times, (share, off) in enumerate(((run.draw.uniform(0.1, 0.25), ms), (run.draw.uniform(0.8, 0.95), 0)), 1):
            await run.at(share)
            await run.until(lambda times=times: _entries(run) >= times, 60)  # type: ignore[misc]
            shift(clock, off)
            run.struck &= await run.until(lambda times=times: _jumps(run) >= times, 60)  # type: ignore[misc]

    return play


def _entries(run: Run) -> int:
    return sum(bool(life.said("partition_entered")) for life in run.fleet.lives if life.log.name.startswith("one-"))


def _jumps(run: Run) -> int:
    return sum("got a jump of" in one for one in run.fleet.sentences())


async def nothing_ahead_stands(run: Run, verdict: Verdict) -> None:
    """What a clock that was ahead told of the hours after the end must follow from the records as well."""
    later = run.load.end + run.ahead + HOUR_MS
    book = book_of_file(run.folder / "oracle.yaml", later)
    possible = truth([*run.load.sendings, *run.extra], book, later).facts
    outputs = Outputs(run.broker.bootstrap, run.prefix)
    await outputs.start()
    try:
        await outputs.read(1.0)
    finally:
        await outputs.stop()
    told = [fact for fact in outputs.world().facts.values() if not counts(fact, run.load.end)]
    verdict.false += [f"told ahead of its time: {fact.what} {fact.id}" for fact in told if fact.id not in possible]
    verdict.notes.append(f"{len(told)} facts of after the end")
