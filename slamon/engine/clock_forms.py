"""A ticket's clocks in its head, as short as they are young: what follows from the rest is left out.

The first 11 values tell all of a clock that has only started, 15 of one that has run, 21 of one that was told of or has
ended, 29 of any. Instants count from the clock's start, that from the ticket's creation.
"""

from typing import Any, Final

from slamon.engine.state import STAGES, parts_of_clock
from slamon.sla.clock import Clock, Folded, Relief, Span, Stage

STARTED: Final = 11
RAN: Final = 15
TOLD: Final = 21
OPEN: Final = (Stage.ACTIVE.value, Stage.PAUSED.value)
Row = list[Any]


def rows_of_clocks(clocks: list[Clock], base: int) -> list[Row]:
    """One row for each; slot, policy and version are None where they are those of the clock before."""
    rows: list[Row] = []
    slot: str | None = None
    policy: str | None = None
    version: str | None = None
    for clock in clocks:
        start, due_at = clock.start, clock.due_at
        row: list[Any] = [
            clock.id, None if clock.slot == slot else clock.slot, clock.objective,
            None if clock.policy == policy else clock.policy, None if clock.version == version else clock.version,
            start - base, clock.cycle, clock.target_ms, clock.target_text, clock.target_from,
            None if due_at is None else due_at - start,
        ]  # fmt: skip
        _since_its_start(row, clock, start)
        rows.append(row)
        slot, policy, version = clock.slot, clock.policy, clock.version
    return rows


def _since_its_start(row: Row, clock: Clock, start: int) -> None:
    simple = _is_simple(clock, start)
    told = clock.stage is not Stage.ACTIVE or clock.breached_at is not None or bool(clock.raised or clock.facts)
    if simple and not told and clock.mark == start and not (clock.elapsed_ms or clock.by_status or clock.by_group):
        return
    row += (clock.mark - start, clock.elapsed_ms, clock.by_status, clock.by_group)
    if simple and not told:
        return
    ended_at, breached_at = clock.ended_at, clock.breached_at
    row += (
        clock.stage.value, None if ended_at is None else ended_at - start, clock.ended_by,
        None if breached_at is None else breached_at - start, clock.raised, clock.facts,
    )  # fmt: skip
    if not simple:
        row += _more(clock, start)


def _is_simple(clock: Clock, start: int) -> bool:
    """Whether it has run in one go with one target, so that its span and anchor follow from the rest."""
    if len(clock.spans) != 1 or clock.anchor != start or clock.anchor_ms or clock.since != start:
        return False
    if clock.unrelaxed_ms != clock.target_ms or clock.partial or clock.overrides or clock.folded is not None:
        return False
    span = clock.spans[0]
    return span.running and span.start == start and span.end == clock.ended_at and span.ran == clock.elapsed_ms and not span.reason  # fmt: skip


def _more(clock: Clock, start: int) -> tuple[Any, ...]:
    return (
        clock.anchor - start, clock.anchor_ms, clock.since - start, clock.unrelaxed_ms, clock.partial,
        *parts_of_clock(clock),
    )  # fmt: skip


def clocks_of_rows(rows: list[list[Any]], base: int) -> list[Clock]:
    """The clocks of such rows."""
    clocks: list[Clock] = []
    slot = policy = version = ""
    for row in rows:
        slot = slot if row[1] is None else row[1]
        policy = policy if row[3] is None else row[3]
        version = version if row[4] is None else row[4]
        clock = _started(row, slot, policy, version, base)
        if len(row) > STARTED:
            _run(clock, row)
        if len(row) > RAN:
            _tell(clock, row)
        if len(row) > TOLD:
            _complete(clock, row)
        else:
            clock.spans.append(Span(True, clock.start, clock.ended_at, clock.elapsed_ms, ""))
        clocks.append(clock)
    return clocks


def due_of_rows(rows: list[list[Any]], base: int, before: int) -> list[tuple[int, str, str]]:
    """(due_at, policy, objective) of the open clocks of such rows that are due before the instant and not breached."""
    found: list[tuple[int, str, str]] = []
    policy = ""
    for row in rows:
        policy = policy if row[3] is None else row[3]
        due_at: int | None = row[10]
        if due_at is None:
            continue
        start: int = row[5]
        due_at += start + base
        if due_at < before and (len(row) <= RAN or (row[15] in OPEN and row[18] is None)):
            found.append((due_at, policy, row[2]))
    return found


def _started(row: list[Any], slot: str, policy: str, version: str, base: int) -> Clock:
    start: int = row[5]
    due_at: int | None = row[10]
    start += base
    return Clock(
        row[0], slot, row[2], policy, version, start, row[6], row[7], row[8], row[9], start, Stage.ACTIVE, start, 0,
        start, 0, None if due_at is None else due_at + start, None, None, None, False, row[7],
    )  # fmt: skip


def _run(clock: Clock, row: list[Any]) -> None:
    mark: int = row[11]
    clock.mark = clock.start + mark
    clock.elapsed_ms, clock.by_status, clock.by_group = row[12], row[13], row[14]


def _tell(clock: Clock, row: list[Any]) -> None:
    ended_at: int | None = row[16]
    breached_at: int | None = row[18]
    clock.stage, clock.ended_by, clock.raised = STAGES[row[15]], row[17], row[19]
    clock.ended_at = None if ended_at is None else ended_at + clock.start
    clock.breached_at = None if breached_at is None else breached_at + clock.start
    clock.facts = [(what, threshold, at) for what, threshold, at in row[20]]


def _complete(clock: Clock, row: list[Any]) -> None:
    anchor: int = row[21]
    since: int = row[23]
    clock.anchor, clock.anchor_ms, clock.since = clock.start + anchor, row[22], clock.start + since
    clock.unrelaxed_ms, clock.partial = row[24], row[25]
    clock.spans = [Span(*span) for span in row[26]]
    clock.folded = None if row[27] is None else Folded(*row[27])
    clock.overrides = {name: Relief(*relief) for name, relief in row[28].items()}
