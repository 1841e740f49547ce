"""One objective on one ticket, one cycle: its stages, its elapsed time, its deadlines. Every change of a clock happens here.

A clock is changed in place by the functions below; each says at which instant. A breach is a fact beside the stage:
a breached clock can still be paused and stopped.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from slamon.sla.calendar import Calendar, CalendarError
from slamon.sla.enums import Word, plain
from slamon.sla.instants import LATEST_MS
from slamon.sla.policy import Objective, Policy, Target, Threshold

KEPT_SPANS: Final = 200  # a clock paused more often keeps the older ones as totals, so that its size is bounded
KEPT_NAMES: Final = 100  # of statuses and groups that held it; further ones are added up under OTHERS
KEPT_NAME: Final = 100  # characters of each
OTHERS: Final = "(others)"
LONGEST_MS: Final = LATEST_MS  # a target beyond it is never reached


DRAFT: Final = "draft/"  # begins the slot of a draft policy


@plain
class Stage(Word):
    ACTIVE = "active"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"


@plain
class Signal(Word):
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    CANCEL = "cancel"
    REVIVE = "revive"  # reopened, restored or covered again


# All of it, in one place. A stop with a breach ends MISSED instead (see `move`). What is absent does nothing:
# redelivery and repetition are normal.
TRANSITIONS: Final[dict[Stage, dict[Signal, Stage]]] = {
    Stage.ACTIVE: {Signal.PAUSE: Stage.PAUSED, Signal.STOP: Stage.MET, Signal.CANCEL: Stage.CANCELLED},
    Stage.PAUSED: {Signal.RESUME: Stage.ACTIVE, Signal.STOP: Stage.MET, Signal.CANCEL: Stage.CANCELLED},
    Stage.MET: {Signal.REVIVE: Stage.ACTIVE},
    Stage.MISSED: {Signal.REVIVE: Stage.ACTIVE},
    Stage.CANCELLED: {Signal.REVIVE: Stage.ACTIVE},
}


@dataclass(slots=True, init=False)
class Span:
    """A stretch of a clock's life: running (`ran` open milliseconds of it) or paused for a reason; `end` None goes on."""

    running: bool
    start: int
    end: int | None
    ran: int
    reason: str

    def __init__(self, running: bool, start: int, end: int | None, ran: int = 0, reason: str = "") -> None:
        self.running, self.start, self.end, self.ran, self.reason = running, start, end, ran, reason


@dataclass(slots=True)
class Folded:
    """What is left of spans that were too many: they ended at `until`."""

    until: int
    ran: int = 0
    paused: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Relief:
    """What an override did to a clock: hundredths of a percent of the target, milliseconds added, or neither."""

    text: str
    percent: int | None = None
    ms: int | None = None


@dataclass(slots=True, init=False)
class Clock:
    """The state of one clock. Instants and spans are milliseconds; `due_at` is None while paused (unless breached)."""

    id: str
    slot: str
    objective: str
    policy: str
    version: str
    start: int
    cycle: int
    target_ms: int
    target_text: str
    target_from: str
    since: int  # the target counts from here (semantics 3.6)
    stage: Stage
    anchor: int  # of the current run and target: deadlines are counted from here,
    anchor_ms: int  # where so much was elapsed
    mark: int  # elapsed is accounted up to here,
    elapsed_ms: int  # and is this
    due_at: int | None
    breached_at: int | None
    ended_at: int | None
    ended_by: str | None  # stop | resolve | a cause; what a reopening may take back
    partial: bool
    unrelaxed_ms: int | None  # the target without the overrides
    raised: dict[str, int]  # threshold -> instant
    spans: list[Span]
    folded: Folded | None
    by_status: dict[str, int]
    by_group: dict[str, int]
    overrides: dict[str, Relief]
    facts: list[tuple[str, str | None, int]]  # (what, threshold, at) that stand
    terms: tuple[Policy, Objective] | None = field(init=False, compare=False, repr=False)  # at hand, not state

    def __init__(
        self, id: str, slot: str, objective: str, policy: str, version: str, start: int, cycle: int, target_ms: int,  # noqa: A002
        target_text: str, target_from: str, since: int, stage: Stage = Stage.ACTIVE, anchor: int = 0, anchor_ms: int = 0,
        mark: int = 0, elapsed_ms: int = 0, due_at: int | None = None, breached_at: int | None = None,
        ended_at: int | None = None, ended_by: str | None = None, partial: bool = False, unrelaxed_ms: int | None = None,
        raised: dict[str, int] | None = None, spans: list[Span] | None = None, folded: Folded | None = None,
        by_status: dict[str, int] | None = None, by_group: dict[str, int] | None = None,
        overrides: dict[str, Relief] | None = None, facts: list[tuple[str, str | None, int]] | None = None,
    ) -> None:  # fmt: skip
        self.id, self.slot, self.objective, self.policy, self.version = id, slot, objective, policy, version
        self.start, self.cycle, self.target_ms, self.target_text = start, cycle, target_ms, target_text
        self.target_from, self.since, self.stage, self.anchor, self.anchor_ms = (
            target_from,
            since,
            stage,
            anchor,
            anchor_ms,
        )
        self.mark, self.elapsed_ms, self.due_at, self.breached_at = mark, elapsed_ms, due_at, breached_at
        self.ended_at, self.ended_by, self.partial, self.unrelaxed_ms = ended_at, ended_by, partial, unrelaxed_ms
        self.raised = {} if raised is None else raised
        self.spans = [] if spans is None else spans
        self.folded = folded
        self.by_status = {} if by_status is None else by_status
        self.by_group = {} if by_group is None else by_group
        self.overrides = {} if overrides is None else overrides
        self.facts = [] if facts is None else facts
        self.terms = None

    @property
    def open(self) -> bool:
        """Whether the clock is active or paused."""
        return self.stage is Stage.ACTIVE or self.stage is Stage.PAUSED

    @property
    def draft(self) -> bool:
        """Whether its facts go to nobody (semantics 3.12)."""
        return self.slot.startswith(DRAFT)


def digest(*parts: object) -> str:
    """A name that follows from the parts alone (semantics 4.5)."""
    return named("\x1f".join(map(str, parts)))


def named(parts: str) -> str:
    """The same of parts that are joined already."""
    return blake2b(parts.encode(), digest_size=16).hexdigest()


def clock_id(slot: str, subject: str, objective: str, start: int) -> str:
    """The name of a clock for ever (semantics 4.5)."""
    return named(f"{slot}\x1f{subject}\x1f{objective}\x1f{start}")


def span_of(target: Target, calendar: Calendar, start: int) -> int:
    """The target in milliseconds of running time; business days are turned at the start (semantics 2.9)."""
    if target.span_ms is not None:
        return target.span_ms
    assert target.business_days is not None
    try:
        return max(1, calendar.between(start, calendar.add_business_days(start, target.business_days)))
    except CalendarError:
        return LONGEST_MS


def later(calendar: Calendar, at: int, span: int) -> int | None:
    """The earliest instant with so much open time since `at`, or None where the calendar's open time ends before it.

    A deadline that never comes is no reason to refuse the ticket, and it must not stop its partition.
    """
    try:
        found = calendar.add(at, span)
    except CalendarError:
        return None
    return found if found < LATEST_MS else None


def opening(calendar: Calendar, at: int) -> int | None:
    """The first open instant at or after `at`, or None where there is none."""
    try:
        return calendar.next_open(at)
    except CalendarError:
        return None


def move(clock: Clock, signal: Signal) -> bool:
    """Apply the transition table; False if the signal means nothing in this stage, and then nothing changed."""
    stage = TRANSITIONS[clock.stage].get(signal)
    if stage is None:
        return False
    clock.stage = Stage.MISSED if stage is Stage.MET and clock.breached_at is not None else stage
    return True


def begin(clock: Clock, calendar: Calendar, at: int) -> None:
    """Start running at the instant."""
    clock.mark = at
    clock.spans.append(Span(True, at, None))
    aim(clock, calendar, at)


def settle(clock: Clock, calendar: Calendar, at: int, status: str, group: str) -> None:
    """Account the time up to the instant to the status and the group that held the ticket."""
    if clock.stage is Stage.ACTIVE and at > clock.mark:
        ran = calendar.between(clock.mark, at)
        clock.elapsed_ms += ran
        clock.spans[-1].ran += ran
        if ran:
            _account(clock.by_status, status, ran)
            _account(clock.by_group, group, ran)
        clock.mark = at


def _account(totals: dict[str, int], name: str, ran: int) -> None:
    if len(name) > KEPT_NAME:
        name = name[:KEPT_NAME]
    held = totals.get(name)
    if held is None and len(totals) >= KEPT_NAMES:
        name = OTHERS
        held = totals.get(name)
    totals[name] = ran if held is None else held + ran


def aim(clock: Clock, calendar: Calendar, at: int, resumed: bool = False) -> None:
    """Count deadlines from this instant on (start, resume, new target); the clock must be settled up to it."""
    clock.anchor, clock.anchor_ms = at, clock.elapsed_ms
    if clock.breached_at is not None:
        return
    if clock.stage is Stage.PAUSED:
        clock.due_at = None
    elif clock.target_ms > clock.elapsed_ms:
        clock.due_at = later(calendar, at, clock.target_ms - clock.elapsed_ms)
    elif resumed:
        clock.due_at = opening(calendar, at)  # semantics 3.5: nothing remaining
    else:
        clock.due_at = reached(clock, calendar, clock.target_ms)


def reached(clock: Clock, calendar: Calendar, need: int) -> int:
    """The earliest instant at which so much was elapsed, for what has already elapsed."""
    before = 0
    if clock.folded is not None:
        before = clock.folded.ran
        if need <= before:
            return clock.folded.until  # the single spans are gone: not earlier than this is certain
    for span in clock.spans:
        if span.running and before + span.ran >= need:
            latest = clock.mark if span.end is None else span.end
            at = later(calendar, span.start, need - before)
            return latest if at is None else min(at, latest)
        before += span.ran
    return clock.mark


def pause(clock: Clock, calendar: Calendar, at: int, reason: str) -> bool:
    """Stop running at the instant, for the reason; the clock must be settled. False if it was not running."""
    if not move(clock, Signal.PAUSE):
        return False
    clock.spans[-1].end = at
    clock.spans.append(Span(False, at, None, reason=reason))
    clock.mark = at
    fold(clock)
    aim(clock, calendar, at)
    return True


def resume(clock: Clock, calendar: Calendar, at: int) -> bool:
    """Run on from the instant; False if the clock was not paused."""
    if not move(clock, Signal.RESUME):
        return False
    _run_on(clock, calendar, at)
    return True


def revive(clock: Clock, calendar: Calendar, at: int, reason: str) -> bool:
    """Take an end back: the time since then counts as a pause (semantics 3.7); False if the clock is open."""
    ended_at = clock.ended_at
    if ended_at is None or not move(clock, Signal.REVIVE):
        return False
    clock.spans.append(Span(False, ended_at, None, reason=reason))
    clock.ended_at = clock.ended_by = None
    _run_on(clock, calendar, at)
    return True


def _run_on(clock: Clock, calendar: Calendar, at: int) -> None:
    clock.spans[-1].end = at
    clock.spans.append(Span(True, at, None))
    clock.mark = at
    fold(clock)
    aim(clock, calendar, at, resumed=True)


def end(clock: Clock, signal: Signal, at: int, by: str) -> bool:
    """Stop or cancel a settled clock; False if it had ended. `due_at` stays as the verdict's evidence."""
    if not move(clock, signal):
        return False
    clock.ended_at, clock.ended_by = at, by
    if clock.spans:
        clock.spans[-1].end = at
    return True


def retarget(clock: Clock, calendar: Calendar, target_ms: int, at: int) -> None:
    """Give an unbreached, settled clock a new target that counts from the instant on."""
    clock.target_ms, clock.since = target_ms, at
    aim(clock, calendar, at)


def fold(clock: Clock) -> None:
    """Turn the oldest spans into totals when there are too many."""
    if len(clock.spans) <= KEPT_SPANS:
        return
    folded = clock.folded or Folded(clock.start)
    old, clock.spans = clock.spans[: KEPT_SPANS // 2], clock.spans[KEPT_SPANS // 2 :]
    for span in old:
        assert span.end is not None
        folded.until, folded.count = span.end, folded.count + 1
        folded.ran += span.ran
        folded.paused += 0 if span.running else span.end - span.start
    clock.folded = folded


def need_of(threshold: Threshold, target_ms: int) -> int:
    """Elapsed milliseconds at which the threshold is reached: rounded up, so that it is never early."""
    if threshold.percent is not None:
        return -(-target_ms * threshold.percent // 10_000)
    assert threshold.offset_ms is not None
    return target_ms + threshold.offset_ms


def next_timer(clock: Clock, objective: Objective) -> tuple[int, Threshold | None] | None:
    """The next instant at which time alone changes the clock: a threshold, or the breach (None); earliest first.

    At one instant the thresholds come in the order of their elapsed time, the breach after those before it.
    """
    if clock.stage is not Stage.ACTIVE:
        return None
    first: Threshold | None = None
    least = 0
    for threshold in objective.thresholds:
        if threshold.name in clock.raised:
            continue
        need = need_of(threshold, clock.target_ms)
        if first is None or need < least:
            first, least = threshold, need
    breach = None if clock.breached_at is not None or clock.due_at is None else max(clock.due_at, clock.since)
    if first is None:
        return None if breach is None else (breach, None)
    if breach is not None and least > clock.target_ms:
        return breach, None
    ahead = least - clock.anchor_ms
    at = clock.anchor if ahead <= 0 else later(objective.calendar, clock.anchor, ahead)
    if at is None or (breach is not None and breach < at):
        return None if breach is None else (breach, None)
    return at, first
