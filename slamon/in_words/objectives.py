"""One promise on tickets: what it is, how much time there is, when time counts, what happens on the way."""

from collections.abc import Callable, Iterator, Mapping

from slamon.in_words.conditions import clause
from slamon.in_words.hours import days_off, hours
from slamon.in_words.language import counted, sentence, span
from slamon.sla.conditions import Any
from slamon.sla.policy import Objective, ObjectiveKind, Target, Targets, Threshold

TITLES: Mapping[ObjectiveKind, tuple[str, str]] = {
    ObjectiveKind.FIRST_RESPONSE: ("First answer", "from the opening of a ticket to the first answer by an agent"),
    ObjectiveKind.NEXT_RESPONSE: ("Further answers", "from a message of the customer to the answer by an agent"),
    ObjectiveKind.PERIODIC_UPDATE: ("Regular updates", "from one update by an agent to the next"),
    ObjectiveKind.ACKNOWLEDGE: ("Acknowledgement", "from the opening of a ticket to its acknowledgement"),
    ObjectiveKind.ASSIGN: ("Assignment", "from the opening of a ticket to its assignment"),
    ObjectiveKind.RESOLUTION: ("Solution", "from the opening of a ticket to its solution"),
    ObjectiveKind.GROUP_OWNERSHIP: ("Time with a group", "from the hand-over to a group until it hands over or solves"),
}
CHANGED = {
    "carry": "If what the target depends on changes, time used so far counts on against the new target",
    "restart": "If what the target depends on changes, time begins anew",
    "freeze": "The target stays as it was at the start, whatever changes",
}
REOPENED = {
    "continue": "If a ticket is opened again, its time goes on where it stood",
    "new_cycle": "If a ticket is opened again, time begins anew",
    "ignore": "What happens after a ticket was opened again does not count",
}


def title(objective: Objective) -> str:
    """Its heading, with the name it has in reports."""
    known = TITLES.get(objective.kind)
    return f"{known[0]} ({objective.name})" if known else objective.name


def told(objective: Objective, now: int) -> Iterator[str]:
    """Its sentences."""
    yield from _measured(objective)
    yield from targets(objective.targets, _time)
    yield sentence(f"time counts {hours(objective.calendar)}")
    yield from (sentence(text) for text in days_off(objective.calendar, now))
    yield from _pauses(objective)
    yield from thresholds(objective.thresholds)
    yield f"{CHANGED[objective.on_change]}."
    if objective.kind is ObjectiveKind.RESOLUTION:
        yield f"{REOPENED[objective.on_reopen]}."


def targets(of: Targets, say: Callable[[Target], str]) -> Iterator[str]:
    """One line a value of the field the targets go by."""
    field = of.field.replace("_", " ")
    for value, target in of.by_value.items():
        yield f"{field} {value.upper() if len(value) <= 3 else value}: {say(target)}"
    if of.default is not None:
        yield f"{'every other ' + field if of.by_value else 'always'}: {say(of.default)}"


def thresholds(of: tuple[Threshold, ...]) -> Iterator[str]:
    """When somebody is warned, and who else hears of it."""
    for one in of:
        extra = [f"severity {one.severity}"] if one.severity else []
        extra += [f"goes to {one.escalate_to}"] if one.escalate_to else []
        yield sentence(f"warning {_when(one)}" + (f" ({', '.join(extra)})" if extra else ""))


def _measured(objective: Objective) -> Iterator[str]:
    known = TITLES.get(objective.kind)
    if known and objective.start is None and objective.stop is None:
        yield sentence(f"measured {known[1]}")
        return
    begins = clause(objective.start) if objective.start else "as usual"
    ends = clause(objective.stop) if objective.stop else "as usual"
    yield sentence(f"measured from when {begins}, until {ends}")


def _pauses(objective: Objective) -> Iterator[str]:
    pause = objective.pause
    if isinstance(pause, Any) and not pause.parts:
        yield "Time is never paused."
    elif pause is not None:
        yield sentence(f"time is paused while {clause(pause)}, or while the ticket is put on hold")


def _time(target: Target) -> str:
    if target.business_days is not None:
        return f"within {counted(target.business_days, 'working day')}"
    return f"within {span(target.span_ms or 0)}"


def _when(threshold: Threshold) -> str:
    if threshold.percent is not None:
        share = threshold.percent / 100
        return f"when {share:g} % of what is allowed is used" + (", an escalation" if share > 100 else "")
    if threshold.burn is not None:
        burn = threshold.burn
        times = "just" if burn.factor == 100 else f"{burn.factor / 100:g} times"
        return (
            f"when the budget is used {times} as fast as it may be,"
            f" over {span(burn.long_ms)} and over the last {span(burn.short_ms)}"
        )
    offset = threshold.offset_ms or 0
    return f"{span(abs(offset))} {'before' if offset <= 0 else 'after'} the promise breaks"
