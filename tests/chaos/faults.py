"""The table of faults."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.chaos import changelogs, clocks, copies, data, load, pressure, records, scenarios, surroundings, versions
from tests.chaos.load import Load, slow
from tests.chaos.run import Run
from tests.chaos.scenarios import at, frozen, frozen_for_a_minute, in_recovery
from tests.chaos.surroundings import cut
from tests.chaos.verdict import Verdict

RUN_LIMIT = 420.0


@dataclass(frozen=True)
class Fault:
    """What happens in a run: `real` by the wall clock, `alone` with a broker and a proxy of its own, `doors` through
    intake always, never or as the seed decides, `inputs` what their settings say beside, `then` after the workers have ended."""

    play: Callable[[Run], Awaitable[None]]
    real: bool = False
    alone: bool = False
    doors: bool | None = None
    make: Callable[[int], Load] = load.virtual
    then: Callable[[Run, Verdict], Awaitable[None]] | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    limit: float = RUN_LIMIT


class Wish(NamedTuple):
    """One run to be made."""

    fault: str
    seed: int
    mutant: str | None = None


POINTS = (
    "deciding", "before_transaction", "in_transaction", "before_commit", "after_commit", "in_local_write",
    "after_local_write", "before_ack",
)  # fmt: skip

FAULTS: dict[str, Fault] = {
    "none": Fault(scenarios.nothing),
    **{f"kill -9: {place}": Fault(at(place)) for place in POINTS},
    **{f"kill -9: {place}": Fault(at(place, most=2)) for place in ("fencing", "fenced", "recovered", "entering")},
    "kill -9: facts_sent": Fault(at("facts_sent", most=4)),
    "kill -9: recovering after a lost disk": Fault(in_recovery("recovering")),
    "kill -9: recovered after a lost disk": Fault(in_recovery("recovered")),
    "kill -9: intake_written": Fault(at("intake_written", most=4), doors=True),
    "error: before_commit": Fault(at("before_commit", "error")),
    "error: after_commit": Fault(at("after_commit", "error", most=2, two=True)),
    "kill -9 at random": Fault(scenarios.kills),
    "workers join and one is killed joining": Fault(scenarios.joins),
    "a worker leaves": Fault(scenarios.leaves),
    "rolling restart": Fault(scenarios.rolling),
    "SIGTERM under load": Fault(scenarios.told_to_end),
    "SIGSTOP until replaced": Fault(frozen(None)),
    **{
        f"SIGSTOP until replaced: {place}": Fault(frozen(place))
        for place in ("deciding", "before_transaction", "in_transaction", "before_commit", "after_commit")
    },
    # A transaction that no time-out ends before the worker wakes: only the new owner's fencing can.
    "SIGSTOP until replaced: facts_sent": Fault(frozen("facts_sent", SLAMON_KAFKA__TRANSACTION_TIMEOUT="2m")),
    "SIGSTOP for 60 s": Fault(frozen_for_a_minute(None)),
    "SIGSTOP for 60 s: in_transaction": Fault(frozen_for_a_minute("in_transaction")),
    "SIGSTOP for 60 s: before_commit": Fault(frozen_for_a_minute("before_commit")),
    "SIGSTOP for less than a session": Fault(scenarios.paused),
    "event loop stalled": Fault(scenarios.stalled("before_commit")),
    "directory deleted": Fault(scenarios.directory_deleted),
    "directory of an old backup": Fault(scenarios.directory_older),
    "directory damaged": Fault(scenarios.directory_damaged),
    "directory locked": Fault(scenarios.directory_locked),
    "copies: the owner is killed": Fault(copies.owner_killed, make=slow),
    "copies: SIGSTOP until replaced": Fault(copies.owner_frozen, make=slow),
    "copies: lost before the owner is killed": Fault(copies.copies_lost, make=slow),
    "copies: kill -9 at random of two": Fault(copies.killed_again_and_again(2), make=slow),
    "copies: kill -9 at random of three": Fault(copies.killed_again_and_again(3), make=slow),
    "duplicates shuffled": Fault(records.duplicates),
    "records out of order": Fault(scenarios.kills, make=lambda seed: load.shuffled(load.virtual(seed), seed)),
    "poison records": Fault(records.poison),
    "kill -9 behind poison records": Fault(records.poison_behind),
    "strange instants": Fault(records.strange_instants, doors=False),
    "upstream transactions": Fault(records.upstream_transactions, doors=False),
    "group offsets reset": Fault(records.offsets_reset),
    "policies reloaded": Fault(records.policies_reloaded),
    "burst of deadlines": Fault(at("after_commit", most=12), make=load.burst, doors=False),
    "partitions added": Fault(scenarios.nothing, then=records.partitions_added),
    "tickets made again": Fault(scenarios.nothing, then=records.tickets_made_again),
    "changelog made again": Fault(scenarios.nothing, then=records.changelog_made_again),
    "changelog compacted": Fault(changelogs.compacted, make=slow, alone=True),
    "directory older than the deletions": Fault(changelogs.tombstones_gone, make=slow, alone=True),
    "changelog truncated": Fault(changelogs.truncated, then=changelogs.truncated_beyond),
    "an input falls silent: mark": Fault(data.silent(hold=False), doors=True, inputs=data.EXPECTED, make=slow),
    "an input falls silent: hold": Fault(
        data.silent(hold=True), doors=True, inputs=data.EXPECTED | {"on_silence": "hold"}, make=slow
    ),
    "a ticket of ten thousand events": Fault(at("before_commit", most=15), make=data.long_lived, doors=False),
    "burst of a hundred thousand deadlines": Fault(data.in_the_burst, make=data.burst, doors=False, limit=1200.0),
    "policies reloaded in recovery and apart": Fault(data.reloaded),
    "rolling upgrade and back": Fault(versions.rolling_upgrade, make=slow, then=versions.rolled_back),
    "upgrade from 0.1.0 and back": Fault(
        versions.upgraded_from_release, make=versions.tickets, doors=False, then=versions.rolled_back_to_release
    ),
    "commit answer lost": Fault(surroundings.commit_answer_lost, alone=True),
    "produce answer lost": Fault(surroundings.produce_answer_lost, alone=True),
    "fencing answer lost": Fault(surroundings.fencing_answer_lost, alone=True),
    "network slow": Fault(surroundings.slow, alone=True),
    "network cut for 3 s": Fault(cut(3, hang_up=False), alone=True),
    "network cut for 12 s": Fault(cut(12, hang_up=False), alone=True),
    "network refuses for 5 s": Fault(cut(5, hang_up=True), alone=True),
    "connections reset": Fault(surroundings.connections_reset, alone=True),
    "facts too large for their topics": Fault(pressure.facts_too_large),
    **{name: Fault(play, alone=True) for name, play in pressure.REFUSALS.items()},
    "transaction timed out": Fault(pressure.timed_out),
    "disk full": Fault(pressure.disk_full),
    "broker stopped and started": Fault(surroundings.broker_ends(signal.SIGTERM), alone=True),
    "broker killed and started": Fault(surroundings.broker_ends(signal.SIGKILL), alone=True),
    "broker frozen": Fault(surroundings.broker_frozen, alone=True),
    "wall clock: none": Fault(scenarios.nothing, real=True),
    "wall clock: kill -9 at random": Fault(scenarios.kills, real=True),
    "wall clock: kill -9: after_commit": Fault(at("after_commit"), real=True),
    "wall clock: SIGSTOP until replaced": Fault(frozen(None), real=True),
    "wall clock: policies reloaded in recovery and apart": Fault(data.reloaded, real=True),
    **{
        f"wall clock: a step of {step}": Fault(clocks.stepped(ms), real=True, then=clocks.nothing_ahead_stands)
        for step, ms in (("+30 s", 30_000), ("-30 s", -30_000), ("+1 h", 3_600_000), ("-1 h", -3_600_000))
    },
    "wall clock: broker killed and started": Fault(surroundings.broker_ends(signal.SIGKILL), real=True, alone=True),
}

# One of each kind, the cheapest that shows it.
SHORT = (
    "kill -9: in_transaction",
    "kill -9: before_commit",
    "kill -9: after_commit",
    "kill -9: in_local_write",
    "kill -9: recovering after a lost disk",
    "kill -9: intake_written",
    "kill -9 at random",
    "rolling restart",
    "SIGSTOP until replaced: deciding",
    "poison records",
    "commit answer lost",
    "broker killed and started",
)
