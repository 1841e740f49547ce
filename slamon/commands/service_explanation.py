"""A service's clocks for people: every outage, what was left out and what is not known. Reads only what the JSON says."""

from collections.abc import Iterator
from typing import Any, TextIO

from slamon.commands.explanation import Told, at, columns, corrections, headline, instants, ms, span
from slamon.commands.replayed_services import share
from slamon.commands.table import printable
from slamon.sla.durations import format_duration


def write_service(told: Told, out: TextIO) -> None:
    """The service, what its monitors say, and each of its clocks."""
    out.writelines(f"{printable(line)}\n" for line in _lines(told))


def _lines(told: Told) -> Iterator[str]:
    zone = told["clocks"][0]["explanation"]["zone"] if told["clocks"] else "UTC"
    yield told["service"]
    first = f", first heard of {told['first_record_at']}" if told.get("first_record_at") else ""
    yield f"  as of {told['at']}{first}"
    if told["fields"]:
        yield f"  {', '.join(f'{name} {value}' for name, value in told['fields'].items())}"
    yield from _monitors(told, zone)
    yield from _announced(told, zone)
    if not told["clocks"]:
        yield "  no clock: no policy covers it"
    for clock in told["clocks"]:
        yield ""
        yield from _clock(clock)
    yield from corrections(told)


def _monitors(told: Told, zone: str) -> Iterator[str]:
    for word in told["monitors"]:
        where = f" at {word['location']}" if word["location"] else ""
        whose = f" for {word['customer']}" if word["customer"] else ""
        until = f", holds until {at(word['until'], zone)}" if word["until"] else ""
        yield f"  {word['state']}{where}{whose} since {at(word['since'], zone)}{until}"


def _announced(told: Told, zone: str) -> Iterator[str]:
    for one in told["announced"]:
        window = f"{at(one['from'], zone)} to {at(one['until'], zone)}"
        yield f"  maintenance {one['name']}: {window}, announced {at(one['announced'], zone)}"


def _clock(clock: Told) -> Iterator[str]:
    explanation = clock["explanation"]
    zone = explanation["zone"]
    yield from headline(clock)
    yield f"  period      {_period(clock, zone)}"
    yield f"  target      {clock['target']['text']} ({clock['target']['from']})"
    yield from _figures(clock)
    yield from instants(clock, zone)
    yield f"  calendar    {explanation['calendar']}, on the wall clock of {zone}"
    if "outages" in explanation:
        yield from _outages(explanation, zone)
        yield from _stretches("left out", explanation["excluded"], zone)
        yield from _stretches("not known", explanation["unknown"], zone)
        yield from _thresholds(explanation, zone)


def _period(clock: Told, zone: str) -> str:
    if "period" not in clock:
        return f"since {at(clock['cycle_start'], zone)}; it is over, its figures stand in its facts"
    period = clock["period"]
    until = at(period["until"], zone) if period["until"] else "now"
    return f"{period['text']}, {at(period['from'], zone)} to {until}"


def _figures(clock: Told) -> Iterator[str]:
    if "period" not in clock:
        return
    seen = f" of {span(clock['service_seconds'])} so far"
    less = f" less {span(clock['excluded_seconds'])} left out" if clock["excluded_seconds"] else ""
    unknown = f", {span(clock['unknown_seconds'])} of it not known" if clock["unknown_seconds"] else ""
    yield f"  downtime    {span(clock['downtime_seconds'])}{seen}{less}{unknown}"
    yield f"  available   {share(clock['availability']) or '-'}"
    if "budget" in clock:
        budget = clock["budget"]
        left = ms(budget["remaining_seconds"])
        rest = f"{format_duration(left)} remaining" if left >= 0 else f"{format_duration(-left)} over"
        yield f"  budget      {span(budget['seconds'])}, {span(budget['used_seconds'])} used, {rest}"
    means = [
        f"{name} {span(clock[f'{name}_seconds'])}" for name in ("mttr", "mtbf") if clock[f"{name}_seconds"] is not None
    ]
    longest = f"longest {span(clock['longest_outage_seconds'])}"
    yield f"  outages     {clock['outages']}{', ' + ', '.join([longest, *means]) if clock['outages'] else ''}"


def _outages(explanation: Told, zone: str) -> Iterator[str]:
    """Every outage, with the running sum of those that count."""
    if explanation.get("older"):
        yield f"  {explanation['older']['stretches']} older stretches are in the figures only"
    rows, total = [], 0
    for one in explanation["outages"]:
        total += ms(one["seconds"]) if one["counted"] else 0
        why = one["why"] if one["counted"] else f"does not count: {one['why']}"
        rows.append([at(one["from"], zone), at(one["until"], zone), span(one["seconds"]), format_duration(total), why])
    if rows:
        yield "  down:"
        yield from columns(["from", "to", "time", "sum", "reason"], rows)


def _stretches(title: str, stretches: list[dict[str, Any]], zone: str) -> Iterator[str]:
    if stretches:
        yield f"  {title}:"
        rows = [[at(s["from"], zone), at(s["until"], zone), span(s["seconds"]), s["reason"]] for s in stretches]
        yield from columns(["from", "to", "time", "reason"], rows)


def _thresholds(explanation: Told, zone: str) -> Iterator[str]:
    if explanation["thresholds"]:
        said = ", ".join(f"{name} at {at(fired, zone)}" for name, fired in explanation["thresholds"].items())
        yield f"  thresholds  {said}"
