"""What a person is told about a clock, as JSON: enough to check the verdict with a pencil (semantics 7)."""

import json
from typing import Any, Final

from slamon.sla.calendar import Calendar
from slamon.sla.clock import Clock, Folded, Stage
from slamon.sla.conditions import Fields
from slamon.sla.events import What
from slamon.sla.frame import About, frame_of
from slamon.sla.instants import render
from slamon.sla.policy import Objective, Policy, Threshold
from slamon.sla.written import Moments, quoted, written, written_instant, written_seconds, written_texts

SHOWN_INTERVALS: Final = 400  # more become totals: no fact is too large to send (semantics 4.7)


def instant(at: int | None) -> str | None:
    """RFC 3339 in UTC, or None."""
    return None if at is None else render(at)


def seconds(ms: int) -> int | float:
    """Milliseconds as seconds, whole where they are whole."""
    return ms // 1000 if ms % 1000 == 0 else ms / 1000


def elapsed_at(clock: Clock, calendar: Calendar, at: int) -> int:
    """Milliseconds elapsed on the clock at an instant not before it was last settled."""
    ran_on = calendar.between(clock.mark, at) if clock.stage is Stage.ACTIVE and at > clock.mark else 0
    return clock.elapsed_ms + ran_on


def describe(
    clock: Clock, policy: Policy, objective: Objective, subject: str, fields: Fields, at: int
) -> dict[str, Any]:
    """The clock as it stands at the instant: identity, verdict, figures, context and explanation."""
    told: dict[str, Any] = json.loads(body_of("", clock, policy, objective, About(subject, "", fields), at))
    del told["what"], told["source"]
    return told


def body_of(
    what: str, clock: Clock, policy: Policy, objective: Objective, about: About, at: int, more: str = ""
) -> str:
    """What the reader of a fact is told, as a JSON object: what it says, of whom, and the clock as it stands at the instant.

    `more` is what a threshold or a reason adds. The text is joined once, of some hundred parts: a third of its cost were
    texts in between.
    """
    calendar, frame, moments = objective.calendar, frame_of(clock, policy, objective), about.moments(clock.start, at)
    elapsed, begun = elapsed_at(clock, calendar, at), moments.begun
    told = [
        '{"what":"', what, about.subject, clock.id, frame.terms, str(clock.cycle), ',"cycle_start":', begun,
        ',"stage":"', clock.stage.value, frame.target(clock), moments.text(clock.since),
        _unrelaxed(clock), moments.measure(elapsed),
        ',"remaining_seconds":', written_seconds(clock.target_ms - elapsed), ',"due_at":', moments.text(clock.due_at),
        ',"breached_at":', moments.text(clock.breached_at), ',"ended_at":', moments.text(clock.ended_at),
        ',"ended_by":', written(clock.ended_by), about.fields, frame.hours, begun,
    ]  # fmt: skip
    truncated = _counted(told, clock, calendar, moments)
    extra = elapsed - clock.elapsed_ms
    _totals(told, '},"by_status":{', clock.by_status, about.status, extra, moments)
    _totals(told, '},"by_group":{', clock.by_group, about.group, extra, moments)
    told += ['},"thresholds":', _thresholds(clock), ',"not_known":', _not_known(clock)]
    if clock.overrides:
        told += [',"overrides":', written_texts({name: relief.text for name, relief in clock.overrides.items()})]
    if clock.folded is not None:
        told.append(_older(clock.folded))
    if truncated or clock.folded is not None:
        told.append(',"truncated":true')
    told += [frame.supports, more, "}"]
    return "".join(told)


def threshold_text(threshold: Threshold) -> str:
    """What a threshold adds to the body of its fact (semantics 3.8), each part behind a comma."""
    told = f',"threshold":{quoted(threshold.name)},"labels":{written_texts(threshold.labels)}'
    if threshold.severity is not None:
        told += f',"severity":{quoted(threshold.severity)}'
    if threshold.runbook_url is not None:
        told += f',"runbook_url":{quoted(threshold.runbook_url)}'
    if threshold.escalate_to is not None:
        told += f',"escalate_to":{quoted(threshold.escalate_to)}'
    return told


def _unrelaxed(clock: Clock) -> str:
    """The end of the target, up to how much of it elapsed."""
    if clock.unrelaxed_ms is None or clock.unrelaxed_ms == clock.target_ms:
        return '},"elapsed_seconds":'
    return f',"unrelaxed_seconds":{written_seconds(clock.unrelaxed_ms)}}},"elapsed_seconds":'


def _counted(told: list[str], clock: Clock, calendar: Calendar, moments: Moments) -> bool:
    """Tell what counted, or tell it again as the fact before: of a ticket that is resolved, most clocks ran in one go."""
    span = clock.spans[0] if len(clock.spans) == 1 else None
    alone = span is not None and span.running and span.start == moments.start and span.end in (None, moments.at)
    if alone and moments.calendar is calendar:
        told += moments.told[moments.first : moments.last]
        return moments.truncated
    first = len(told)
    truncated = _intervals(told, clock, calendar, moments)
    if alone:
        moments.calendar, moments.truncated = calendar, truncated
        moments.told, moments.first, moments.last = told, first, len(told)
    return truncated


def _intervals(told: list[str], clock: Clock, calendar: Calendar, moments: Moments) -> bool:
    """Tell every interval that counted, every pause, and what was excluded; whether more counted than are shown."""
    shown = closed = holiday = 0
    ran = truncated = False
    pauses: list[str] = []
    told.append(',"counted":[')
    for span in clock.spans:
        if not span.running:
            if pauses:
                pauses.append(",")
            begin, end = moments.text(span.start), moments.text(span.end)
            pauses += ['{"from":', begin, ',"to":', end, ',"reason":', quoted(span.reason), "}"]
            continue
        ran, start, until = True, span.start, moments.at if span.end is None else span.end
        open_ms = 0
        for opens, closes in calendar.stretches(start, until):
            truncated = shown == SHOWN_INTERVALS
            if truncated:
                break
            told.append(',{"from":' if shown else '{"from":')
            _tell_interval(told, opens, closes, moments)
            shown, open_ms = shown + 1, open_ms + closes - opens
        if truncated or until < start:
            open_ms = calendar.between(start, until)
        outside, off = calendar.exclusions(start, until, open_ms)
        closed, holiday = closed + outside, holiday + off
    told.append('],"pauses":[')
    told += pauses
    told.append('],"excluded":{')
    if ran:
        told += ['"closed_seconds":', written_seconds(closed), ',"holiday_seconds":', written_seconds(holiday)]
    return truncated


def _tell_interval(told: list[str], opens: int, closes: int, moments: Moments) -> None:
    told.append(moments.text(opens))
    told.append(',"to":')
    told.append(moments.text(closes))
    told.append(',"seconds":')
    told.append(moments.seconds(closes - opens))
    told.append("}")


def _totals(told: list[str], begin: str, totals: dict[str, int], now: str, extra: int, moments: Moments) -> None:
    """Tell the totals by name, with what ran since they were added up under the one of now."""
    told.append(begin)
    comma = False
    for name, ms in totals.items():
        if comma:
            told.append(",")
        told.append(quoted(name))
        told.append(":")
        told.append(moments.seconds(ms + extra if name == now else ms))
        comma = True
    if extra and now not in totals:
        told += ["," if comma else "", quoted(now), ":", written_seconds(extra)]


def _older(folded: Folded) -> str:
    return (
        f',"older":{{"until":{written_instant(folded.until)},"counted_seconds":{written_seconds(folded.ran)}'
        f',"paused_seconds":{written_seconds(folded.paused)},"intervals":{folded.count}}}'
    )


def _thresholds(clock: Clock) -> str:
    fired = {str(name): render(at) for what, name, at in clock.facts if what == What.WARNING}
    return written_texts(fired) if fired else "{}"


def _not_known(clock: Clock) -> str:
    return '["pauses before the first record of the ticket"]' if clock.partial else "[]"
