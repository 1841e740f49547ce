"""What came of a replay, for people: clocks, periods of services, warnings and breaches, and the records' own verdicts."""

from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

import orjson

from slamon.commands.recorded import many
from slamon.commands.replayed_services import period_rows, share
from slamon.commands.table import write_table
from slamon.offline.agreement import Agreement, Columns, agreement, by_subject
from slamon.offline.left import Left
from slamon.offline.replay import Replay, Subject
from slamon.sla.clock import Clock, Stage
from slamon.sla.coverage import SLA
from slamon.sla.durations import format_duration
from slamon.sla.explain import elapsed_at
from slamon.sla.instants import render
from slamon.sla.service import Service
from slamon.sla.ticket import Ticket

ORDER = {Stage.ACTIVE: 0, Stage.PAUSED: 1, Stage.MISSED: 2, Stage.MET: 3, Stage.CANCELLED: 4}
SEE_ALL = "--limit 0 shows all"
TOLD = (("warnings", "warning", "threshold"), ("breaches", "breach", "status"))


class Story:
    """What of the replay is to be told: the tickets, services and the objective that were asked for."""

    def __init__(self, replay: Replay, end: int, columns: Columns, objective: str | None, args: Namespace) -> None:
        self.replay, self.end, self.columns, self.objective, self.args = replay, end, columns, objective, args
        every = (found for found in replay.clocks() if objective in (None, found[1].objective))
        self.clocks = [(t, c) for t, c in every if all(where.holds(t, columns) for where in args.where)]
        self.clock_ids = {clock.id for _, clock in self.clocks}
        self.services = {subject.subject for subject, _ in self.clocks if isinstance(subject, Service)}

    def facts(self) -> Iterator[Left]:
        """The facts of these clocks, in order; statements belong to no objective, but to a service."""
        restricted = bool(self.args.where) or self.objective is not None
        for fact in self.replay.facts.ordered():
            if not restricted or self._asked(fact):
                yield fact

    def _asked(self, fact: Left) -> bool:
        if fact.what == "statement":
            return self.objective is None and fact.subject in self.services
        return orjson.loads(fact.value)["data"]["clock_id"] in self.clock_ids

    def agreement(self) -> Agreement:
        """slamon's verdicts beside the records' own."""
        sla = [(subject, clock) for subject, clock in self.clocks if clock.slot.split("/")[0] == SLA]
        return agreement(by_subject(sla), self.columns, self.args.compare)

    def of(self, kind: type[Subject]) -> list[tuple[Any, Clock]]:
        """The clocks of tickets, or of services."""
        return [(subject, clock) for subject, clock in self.clocks if isinstance(subject, kind)]


def tell(story: Story, stdout: TextIO, stderr: TextIO) -> None:
    """Writes the tables, or the facts as they would stand on Kafka."""
    if story.args.json:
        stdout.writelines(f"{fact.value.decode()}\n" for fact in story.facts())
    else:
        stdout.write(f"{_summary(story)}\n\n")
        _tell_tables(story, stdout)
    if story.args.compare:
        _tell_agreement(story, stderr if story.args.json else stdout)
    elif story.args.json and story.replay.refused:
        stderr.write(f"{_summary(story)}\n")


def _summary(story: Story) -> str:
    replay = story.replay
    beyond = f", {replay.beyond} after the end left out" if replay.beyond else ""
    refused = f", {replay.refused} that can not be understood" if replay.refused else ""
    tickets, services = (sum(1 for _ in found) for found in (replay.tickets(), replay.services()))
    of = [many(tickets, "ticket")] if tickets or not services else []
    of += [many(services, "service")] if services else []
    return f"{many(replay.records, 'record')} of {' and '.join(of)} until {render(story.end)}{beyond}{refused}"


def _tell_tables(story: Story, out: TextIO) -> None:
    _tell_totals(story, out)
    tickets, services = story.of(Ticket), story.of(Service)
    facts = list(story.facts())
    if tickets or not services:
        _tell_clocks(story, tickets, out)
        for title, what, third in TOLD:
            own = [fact for fact in facts if fact.what == what and fact.kind == "ticket"]
            heads = ["at", "ticket", "objective", third, "priority", "due_at", "group", "title"]
            _write(story, out, title, heads, own, lambda fact, third=third: _fact_row(fact, third))
    if services:
        _tell_services(story, services, facts, out)


def _tell_totals(story: Story, out: TextIO) -> None:
    totals = Counter((c.slot, c.policy, c.objective, c.stage) for _, c in story.clocks)
    keys = sorted({key[:3] for key in totals})
    rows = [[*key[1:], *(str(totals[(*key, stage)]) for stage in ORDER)] for key in keys]
    write_table(out, f"clocks by policy ({len(story.clocks)})", ["policy", "objective", *ORDER], rows)


def _tell_clocks(story: Story, clocks: list[tuple[Ticket, Clock]], out: TextIO) -> None:
    heads = ["ticket", "objective", "stage", "elapsed", "target", "due_at", "breached_at", "ended_at"]
    _write(story, out, "clocks", heads, sorted(clocks, key=_urgency), lambda one: _row(story, *one))


def _tell_services(story: Story, clocks: list[tuple[Service, Clock]], facts: list[Left], out: TextIO) -> None:
    heads = ["service", "objective", "stage", "since", "target", "due_at", "breached_at", "ended_at"]
    _write(story, out, "clocks of services", heads, sorted(clocks, key=_urgency), lambda one: _service_row(*one))
    heads = [
        "service",
        "policy",
        "from",
        "until",
        "availability",
        "downtime",
        "excluded",
        "unknown",
        "outages",
        "longest",
    ]
    _write(story, out, "periods of services", heads, period_rows(story.replay.machine, clocks, facts, story.end), list)
    for title, what, third in (TOLD[0], ("breaches", "breach", "state")):
        own = [fact for fact in facts if fact.what == what and fact.kind == "service"]
        heads = ["at", "service", "objective", third, "due_at", "availability", "downtime", "budget used"]
        _write(story, out, f"{title} of services", heads, own, lambda fact, third=third: _service_fact_row(fact, third))


def _write(
    story: Story, out: TextIO, title: str, heads: list[str], things: Sequence[Any], row: Callable[[Any], list[str]]
) -> None:
    """A table of the first of the things, each by its row."""
    shown = [row(one) for one in things[: story.args.limit or None]]
    write_table(out, f"{title} ({len(things)})", heads, shown, total=len(things), more=SEE_ALL)


def _urgency(one: tuple[Subject, Clock]) -> tuple[int, int, str]:
    """Open before ended, breached and nearest to its deadline first; of the ended ones the newest first."""
    subject, clock = one
    nearest = -(clock.ended_at or 0) if not clock.open else clock.breached_at or clock.due_at or 2**63
    return ORDER[clock.stage], nearest, subject.subject


def _row(story: Story, ticket: Ticket, clock: Clock) -> list[str]:
    _, objective = story.replay.rules.coverage(clock.version).objectives[clock.policy, clock.objective]
    elapsed = elapsed_at(clock, objective.calendar, story.end)
    return [
        ticket.subject, clock.objective, clock.stage.value, format_duration(elapsed), clock.target_text, *_instants(clock)
    ]  # fmt: skip


def _service_row(service: Service, clock: Clock) -> list[str]:
    return [
        service.subject, clock.objective, clock.stage.value, render(clock.start), clock.target_text, *_instants(clock)
    ]  # fmt: skip


def _instants(clock: Clock) -> list[str]:
    return ["" if at is None else render(at) for at in (clock.due_at, clock.breached_at, clock.ended_at)]


def _fact_row(fact: Left, third: str) -> list[str]:
    data = orjson.loads(fact.value)["data"]
    context = data["context"]
    cells = [data["objective"], data[third], data["priority"], data["due_at"], context["group"], context["title"]]
    return [render(fact.at), fact.subject, *("" if cell is None else str(cell) for cell in cells)]


def _service_fact_row(fact: Left, third: str) -> list[str]:
    data = orjson.loads(fact.value)["data"]
    used = share(data.get("budget", {}).get("used_ratio"))
    downtime = format_duration(round(data["downtime_seconds"] * 1000))
    return [
        render(fact.at), fact.subject, data["objective"], data[third], data["due_at"] or "", share(data["availability"]),
        downtime, used,
    ]  # fmt: skip


def _tell_agreement(story: Story, out: TextIO) -> None:
    found = story.agreement()
    names = [name for name, kind in (("tickets", Ticket), ("services", Service)) if story.of(kind)] or ["tickets"]
    title = f"{' and '.join(names)} that differ"
    heads = [names[0].removesuffix("s"), "theirs", "slamon"]
    _write(story, out, title, heads, found.differing, lambda one: [one.subject, one.theirs, one.ours])
    if found.undecided or found.unsaid:
        out.write(f"not compared: {found.undecided} without a verdict, {found.unsaid} of which the records say none\n")
    out.write(f"{found}\n")
