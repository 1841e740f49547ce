"""An export against what slamon holds: what differs, and that the written records leave nothing to find (semantics 4.1-4.3)."""

import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from slamon.commands import reconcile
from slamon.commands.recorded import Recorded
from slamon.engine.keys import TICKET
from slamon.reconcile.compare import What
from slamon.reconcile.export import Export, read
from slamon.reconcile.find import Finder, Found, Terms
from slamon.reconcile.tell import tell
from slamon.sla.coverage import Rules
from slamon.sla.events import TicketEvent
from slamon.sla.policy import Policy, PolicyBook, Statuses
from slamon.sources import SOURCES
from tests.cli.calling import Said, call
from tests.kit import HOUR, Bench, at, book, objective, paused_by, record

NOW = at("2024-01-06 12:00")
OPENED = "2024-01-05T10:00:00Z"


def promises() -> PolicyBook:
    statuses = Statuses(resolved=frozenset({"resolved"}), closed=frozenset({"closed"}))
    goal = objective("resolution", {"1 - critical": "4h", "3 - moderate": "2000h"}, pause=paused_by("On Hold"))
    return book(Policy("standard", (goal,), statuses=statuses))


def row(number: str, state: str, updated: str, count: int, **more: Any) -> dict[str, Any]:
    """A row of the incident table as ServiceNow gives it."""
    when = f"2024-01-05 {updated}"
    return {"number": number, "sys_id": f"id-{number}", "state": state, "sys_updated_on": when, "sys_mod_count": str(count),
            "opened_at": "2024-01-05 10:00:00", "priority": "3 - Moderate", **more}  # fmt: skip


@pytest.fixture
def export(tmp_path: Path) -> Any:
    """The rows in a file of the name and form asked for, as the command reads it."""

    def made(rows: list[dict[str, Any]], source: str = "servicenow", now: int = NOW) -> Export:
        file = tmp_path / "export.ndjson"
        file.write_text("\n".join(json.dumps(one) for one in rows) + "\n")
        args = type("Args", (), {"source": source, "mapping": None})()
        return read(Recorded([str(file)], args).rows(StringIO()), now, HOUR)

    return made


def mapped(*rows: dict[str, Any]) -> list[TicketEvent]:
    return [event for one in rows for event in SOURCES["servicenow"].map(one, {}, NOW)]  # type: ignore[misc]


def found(bench: Bench, export: Export, **more: Any) -> Found:
    terms = Terms(export.sources | {"servicenow"}, more.get("as_of", export.newest), 0, more.get("cancel", False))
    finder = Finder(export, Rules(bench.book), terms)
    finder.take([value for _, value in bench.store.scan(TICKET.head)])
    return finder.finish()


def told(one: Found) -> list[tuple[str, str, str | None, str | None]]:
    return [(each.what.value, each.ticket, each.here, each.there) for each in one.ordered()]


def test_every_kind_of_difference_is_found_once_in_an_order_of_its_own(export):
    bench = Bench(promises())
    rows = {n: row(f"INC{n}", "In Progress", "11:00:00", 1) for n in range(1, 7)}
    bench.deliver(*mapped(*rows.values()))
    newer = mapped(row("INC5", "In Progress", "11:30:00", 4))
    bench.deliver(*newer, record("2024-01-05 11:00", "created", ticket="PD-1", source="pagerduty", status="new"))
    exported = [
        row("INC9", "New", "12:00:00", 0, priority="1 - Critical"),
        row("INC8", "Closed", "12:00:00", 3),
        rows[1],
        row("INC3", "On Hold", "11:45:00", 2),
        row("INC2", "Closed", "11:40:00", 5),
        row("INC5", "Closed", "11:20:00", 3),
        row("INC6", "In Progress", "11:20:00", 2, short_description="A better title"),
    ]
    one = found(bench, export(exported))
    assert told(one) == [
        ("closed", "INC2", "In Progress", "Closed"),
        ("changed", "INC3", "In Progress", "On Hold"),
        ("absent", "INC4", "In Progress", None),
        ("unknown", "INC9", None, "New"),
    ]
    assert {what.value: count for what, count in one.counts.items()} == {
        "closed": 1, "changed": 1, "absent": 1, "unknown": 1, "equal": 3, "newer": 1,
    }  # fmt: skip
    assert (one.held, one.open_clocks) == (6, 6)
    assert told(found(bench, export(list(reversed(exported))))) == told(one)


def test_what_is_missing_is_written_at_the_export_s_own_instant_under_the_id_the_source_gives_it(export):
    bench = Bench(promises())
    bench.deliver(*mapped(row("INC1", "New", "10:00:00", 0)))
    closed = row("INC1", "Closed", "11:40:00", 5, closed_at="2024-01-05 10:30:00")
    (one,) = found(bench, export([closed])).ordered()
    (missing,) = one.records
    assert (one.what, one.objectives, one.at) == (What.CLOSED, ("resolution",), at("2024-01-05 11:40"))
    assert (missing.id, missing.at) == ("id-INC1:5", at("2024-01-05 11:40"))
    bench.deliver(*one.records)
    assert bench.ticket("INC1").clocks[0].ended_at == at("2024-01-05 11:40")
    assert found(bench, export([closed])).ordered() == []
    before = bench.ticket("INC1")
    bench.deliver(*mapped(closed))  # the connector delivers it after all: the same record, which changes nothing
    assert (bench.ticket("INC1"), bench.reader.letters) == (before, [])


def test_written_records_leave_nothing_to_find(export):
    bench = Bench(promises())
    bench.deliver(*mapped(*(row(f"INC{n}", "In Progress", "11:00:00", 1) for n in range(1, 5))))
    exported = export([row("INC1", "Resolved", "11:40:00", 2), row("INC2", "On Hold", "11:41:00", 2),
                       row("INC3", "In Progress", "11:42:00", 2, priority="1 - Critical"),
                       row("INC7", "New", "11:42:00", 0)])  # fmt: skip
    terms = {"as_of": at("2024-01-05 12:00"), "cancel": True}
    one = found(bench, exported, **terms)
    assert [each.what.value for each in one.ordered()] == ["closed", "changed", "changed", "absent", "unknown"]
    bench.deliver(*(missing for each in one.ordered() for missing in each.records))
    assert found(bench, exported, **terms).ordered() == []
    gone = bench.ticket("INC4").clocks[0]
    assert (gone.stage.value, gone.ended_at) == ("cancelled", at("2024-01-05 12:00"))


def test_an_absent_ticket_that_is_younger_than_the_export_is_not_missed(export):
    bench = Bench(promises())
    bench.deliver(*mapped(row("INC1", "New", "11:59:00", 0), row("INC2", "New", "12:00:00", 0)))
    one = found(bench, export([]), as_of=at("2024-01-05 12:00"), cancel=True)
    assert [(each.ticket, each.at) for each in one.ordered()] == [("INC1", at("2024-01-05 12:00"))]
    assert one.counts[What.NEWER] == 1


def test_a_closed_ticket_here_that_the_export_has_reopened_is_a_change(export):
    bench = Bench(promises())
    bench.deliver(*mapped(row("INC1", "New", "10:00:00", 0), row("INC1", "Closed", "11:00:00", 1)))
    one = found(bench, export([row("INC1", "In Progress", "11:30:00", 2)]))
    assert told(one) == [("changed", "INC1", "Closed", "In Progress")]


def test_a_ticket_that_nothing_is_promised_to_is_no_difference(export):
    bench = Bench(promises())
    assert found(bench, export([row("INC1", "New", "11:00:00", 0, priority="5 - Planning")])).ordered() == []


def test_what_can_not_be_understood_or_lies_ahead_is_bad_and_the_others_count(export):
    one = export([row("INC1", "New", "11:00:00", 0), {"number": "INC2"}], now=at("2024-01-05 09:00"))
    assert sorted(each.reason for each in one.bad) == ["from_the_future", "unknown_shape"]
    assert one.told == {}


def test_the_same_findings_are_told_in_the_same_words(export):
    bench = Bench(promises())
    bench.deliver(*mapped(row("INC1", "New", "10:00:00", 0), row("INC2", "New", "10:00:00", 0)))
    exported = export([row("INC1", "Closed", "11:40:00", 5)])
    terms = Terms({"servicenow"}, exported.newest, 0)
    out = StringIO()
    tell(found(bench, exported), exported, terms, stdout=out, as_json=False)
    assert out.getvalue().splitlines() == [
        "closed   INC1  resolution  'New' here, 'Closed' in the export at 2024-01-05T11:40:00Z",
        "absent   INC2  resolution  'New' here, not in the export; last heard of at 2024-01-05T10:00:00Z",
        "export: 1 tickets in 1 rows, the newest of 2024-01-05T11:40:00Z",
        "slamon: 2 open clocks of 2 tickets of servicenow",
        "1 closed, 0 changed, 1 absent, 0 unknown, 0 equal, 0 newer here, 0 older than limits.retention",
    ]
    out = StringIO()
    tell(found(bench, exported), exported, terms, stdout=out, as_json=True)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["records"] for line in lines] == [
        [{"id": "id-INC1:5", "event": "snapshot", "at": "2024-01-05T11:40:00Z"}],
        [],
    ]


# -- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """`slamon reconcile` over a bench instead of a cluster; what it writes is delivered to the bench."""
    bench = Bench(promises())
    bench.deliver(*mapped(row("INC1", "New", "10:00:00", 0), row("INC2", "New", "10:00:00", 0)))

    class Follower:
        book = bench.book

        def __init__(self, *_: object) -> None: ...
        async def start(self) -> None: ...
        async def stop(self) -> None: ...

    async def heads(_settings: object) -> AsyncIterator[list[bytes]]:
        yield [value for _, value in bench.store.scan(TICKET.head)]

    async def write(_settings: object, records: list[TicketEvent], _now: int) -> None:
        bench.deliver(*records)

    monkeypatch.setattr(reconcile, "PolicyFollower", Follower)
    monkeypatch.setattr(reconcile, "ticket_heads", heads)
    monkeypatch.setattr(reconcile, "_write", write)
    monkeypatch.setattr(reconcile, "now_ms", lambda: NOW)

    def run(rows: list[dict[str, Any]], *words: str) -> Said:
        file = tmp_path / "export.ndjson"
        file.write_text("".join(json.dumps(one) + "\n" for one in rows))
        return call("reconcile", str(file), "--source", "servicenow", *words)

    return run


def test_a_dry_run_writes_nothing_and_says_by_its_code_that_something_differs(command):
    rows = [row("INC1", "Closed", "11:00:00", 1), row("INC2", "New", "10:00:00", 0)]
    first, again = command(rows), command(rows)
    assert first == again
    assert (first.code, first.err) == (3, "1 records would be written (--write)\n")
    written = command(rows, "--write")
    assert (written.code, written.out) == (0, first.out)
    assert command(rows).code == 0


def test_absent_tickets_end_only_when_that_is_asked_for_and_at_the_instant_that_is_given(command):
    rows = [row("INC1", "New", "10:00:00", 0)]
    reported = command(rows, "--as-of", "2024-01-05T11:00:00Z", "--write")
    assert (reported.code, "absent   INC2" in reported.out) == (3, True)
    refused = command(rows, "--absent", "cancel")
    assert (refused.code, "expected --as-of INSTANT" in refused.err) == (2, True)
    cancelled = command(rows, "--absent", "cancel", "--as-of", "2024-01-05T11:00:00Z", "--write")
    assert (cancelled.code, "cancelled as of 2024-01-05T11:00:00Z" in cancelled.out) == (0, True)
    assert command(rows).code == 0


@pytest.mark.parametrize("rows", [[], [{"number": "INC2"}, row("INC1", "New", "10:00:00", 0)]])
def test_an_export_that_is_empty_or_not_understood_ends_no_ticket(command, rows):
    said = command(rows, "--absent", "cancel", "--as-of", "2024-01-05T11:00:00Z", "--write")
    assert (said.code, "expected an export that is whole" in said.err, said.out) == (1, True, "")


def test_a_row_that_is_not_understood_is_named_and_the_others_are_compared(command):
    said = command([{"number": "INC2"}, row("INC1", "Closed", "11:00:00", 1)])
    assert (said.code, "export.ndjson:1" in said.err, "closed   INC1" in said.out) == (1, True, True)


def test_an_export_that_is_not_there_is_said(command):
    said = call("reconcile", "nowhere.csv", "--source", "servicenow")
    assert (said.code, "expected a file that can be read" in said.err) == (2, True)
