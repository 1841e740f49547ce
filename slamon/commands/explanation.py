"""A ticket's clocks for people: sums that can be checked with a pencil. Reads only what the JSON says."""

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from slamon.commands.table import printable
from slamon.offline.wall import shown
from slamon.sla.durations import format_duration
from slamon.sla.instants import parse

Told = Mapping[str, Any]


def write_explanation(told: Told, out: TextIO) -> None:
    """The ticket and each of its clocks."""
    out.writelines(f"{printable(line)}\n" for line in _lines(told))


def _lines(told: Told) -> Iterator[str]:
    fields = told.get("fields", {})
    title = f"  {fields['title']}" if fields.get("title") else ""
    yield f"{told['ticket']}{title}"
    known = ", ".join(
        f"{name} {fields[name]}" for name in ("status", "priority", "group", "assignee") if fields.get(name)
    )
    created = f", created {told['created_at']}" if told.get("created_at") else ""
    yield f"  as of {told['at']}{created}"
    if known:
        yield f"  {known}"
    if fields.get("url"):
        yield f"  {fields['url']}"
    if not told["clocks"]:
        yield "  no clock: no policy covers it, or nothing has started yet"
    for clock in told["clocks"]:
        yield ""
        yield from _clock(clock)
    yield from corrections(told)


def _clock(clock: Told) -> Iterator[str]:
    explanation = clock["explanation"]
    zone = explanation["zone"]
    yield from headline(clock)
    yield f"  target      {_target(clock, zone)}"
    yield f"  elapsed     {_elapsed(clock)}"
    yield from instants(clock, zone)
    for risk in clock.get("risks", ()):
        state = f"breached at {at(risk['breached_at'], zone)}" if risk["breached_at"] else "has warned"
        yield f"  at risk     {risk['policy']} {risk['objective']} behind it {state}"
    yield f"  calendar    {explanation['calendar']}, on the wall clock of {zone}"
    yield from _counted(explanation, zone)
    yield from _pauses(explanation, zone)
    yield from _totals(explanation, zone)


def headline(clock: Told) -> Iterator[str]:
    """The objective, its verdict and whose promise it is."""
    number = f", cycle {clock['cycle']}" if clock["cycle"] > 1 else ""
    yield f"{clock['objective']}: {verdict(clock)}"
    yield f"  policy      {clock['policy']} ({clock['policy_kind']}{number}, version {clock['version']})"


def instants(clock: Told, zone: str) -> Iterator[str]:
    """When it is due, was broken and ended, as far as that is known."""
    for name in ("due_at", "breached_at", "ended_at"):
        if clock.get(name):
            by = f" ({clock['ended_by']})" if name == "ended_at" and clock.get("ended_by") else ""
            yield f"  {name:<11} {at(clock[name], zone)}{by}"


def verdict(clock: Told) -> str:
    """The stage, and whether the promise is broken."""
    breached = clock.get("breached_at") is not None
    return f"{clock['stage']}, breached" if breached and clock["stage"] in ("active", "paused") else str(clock["stage"])


def _target(clock: Told, zone: str) -> str:
    target = clock["target"]
    since = f", counts from {at(target['since'], zone)}" if target["since"] != clock["cycle_start"] else ""
    unrelaxed = f", {span(target['unrelaxed_seconds'])} without overrides" if "unrelaxed_seconds" in target else ""
    exact = f" = {span(target['seconds'])}" if span(target["seconds"]) != target["text"] else ""
    return f"{target['text']}{exact} ({target['from']}{since}{unrelaxed})"


def _elapsed(clock: Told) -> str:
    remaining = ms(clock["remaining_seconds"])
    left = f"{format_duration(remaining)} remaining" if remaining >= 0 else f"{format_duration(-remaining)} over"
    return f"{span(clock['elapsed_seconds'])}, {left}"


def _counted(explanation: Told, zone: str) -> Iterator[str]:
    """The intervals that counted, with their running sum."""
    yield f"  started {at(explanation['start'], zone)}; counted:"
    counted, total = explanation["counted"], 0
    older = explanation.get("older")
    if older:
        total = ms(older["counted_seconds"])
        yield f"    {older['intervals']} older intervals until {at(older['until'], zone)}, their sum {format_duration(total)}"
    if isinstance(counted, Mapping):
        yield f"    {counted['intervals']} intervals, too many to list"
        return
    rows = []
    for one in counted:
        total += ms(one["seconds"])
        rows.append([at(one["from"], zone), at(one["to"], zone), span(one["seconds"]), format_duration(total)])
    yield from columns(["from", "to", "time", "sum"], rows) if rows else ["    nothing"]
    if explanation.get("truncated") and not older:
        yield "    and more: the list is cut"


def _pauses(explanation: Told, zone: str) -> Iterator[str]:
    pauses = explanation["pauses"]
    if isinstance(pauses, Mapping):
        yield f"  {pauses['intervals']} pauses, too many to list"
    elif pauses:
        yield "  paused:"
        rows = [[at(p["from"], zone), at(p["to"], zone) if p["to"] else "now", p["reason"]] for p in pauses]
        yield from columns(["from", "to", "reason"], rows)


def _totals(explanation: Told, zone: str) -> Iterator[str]:
    excluded = {name.removesuffix("_seconds"): value for name, value in explanation["excluded"].items()}
    for title, totals in (
        ("not counted", excluded),
        ("by status", explanation["by_status"]),
        ("by group", explanation["by_group"]),
    ):
        said = ", ".join(f"{name or '(none)'} {span(value)}" for name, value in totals.items() if value)
        if said:
            yield f"  {title:<11} {said}"
    if explanation["thresholds"]:
        said = ", ".join(f"{name} at {at(fired, zone)}" for name, fired in explanation["thresholds"].items())
        yield f"  thresholds  {said}"
    if explanation.get("overrides"):
        yield f"  overrides   {', '.join(f'{name} ({what})' for name, what in explanation['overrides'].items())}"
    if explanation["not_known"]:
        yield f"  not known   {', '.join(explanation['not_known'])}"


def corrections(told: Told) -> Iterator[str]:
    """Facts that were corrected, and those that still wait."""
    for title, key in (("corrected", "corrected"), ("not sent yet", "waiting")):
        if told.get(key):
            yield ""
            yield f"{title}:"
            for one in told[key]:
                stands = "" if key == "waiting" else ", stands again" if one["stands"] else ", withdrawn"
                yield f"  {one['what']} of {one['time']}{stands}"


def columns(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """A table without lines."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        yield "    " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def ms(seconds: float) -> int:
    """The milliseconds that were told as seconds."""
    return round(seconds * 1000)  # told with at most three decimals: this is the integer it came from


def span(seconds: float) -> str:
    """Seconds as a duration."""
    return format_duration(ms(seconds))


def at(text: str, zone: str) -> str:
    """The instant on the wall clock of the zone."""
    return shown(parse(text), zone)
