"""A replay that folds each ticket at once says what the engine says, record by record: to the byte, in the same order."""

import gc
import random
from argparse import Namespace
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.commands import replay as command
from slamon.commands.replayed import Story, tell
from slamon.engine.codec import encode_ticket
from slamon.engine.state import encode_clock
from slamon.offline import replay as replaying
from slamon.offline.agreement import Columns
from slamon.offline.files import Bad, Row
from slamon.offline.intake import Intake
from slamon.offline.replay import Replay
from slamon.sla.events import TicketEvent
from slamon.sla.policy import PolicySet
from slamon.sources import SOURCES
from tests.cli.calling import POLICIES, ROOT, SAMPLE, TICKETS, Said, call
from tests.test_properties import END, instants, policy_sets, quiet, records

NAMES = ["T-1", "T-1é", "T-10", "a/b"]
SERVICENOW = ROOT / "examples" / "servicenow" / "policies.yaml"
UPTIME = """\
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: shop}
spec: {period: month, objectives: {availability: {target: 99.9%, warn: [50%]}}}
"""


@st.composite
def rows(draw: st.DrawFn) -> list[Row | Bad]:
    """Records of several tickets in any order, some of them twice, some ids of other records, some no records at all."""
    events: list[TicketEvent] = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        events += [replace(one, ticket=name) for one in draw(records())]
    again = draw(st.lists(st.sampled_from(events), max_size=3))
    reused = [replace(one, at=one.at + 1) for one in draw(st.lists(st.sampled_from(events), max_size=2))]
    values = [*map(encode_ticket, draw(st.permutations([*events, *again, *reused])))]
    for _ in range(draw(st.integers(0, 2))):
        bad = draw(st.sampled_from([b"{", b"[1]", b'{"ticket":"T-1"}', b'{"ticket":"T-1","at":5,"event":"created"}']))
        values.insert(draw(st.integers(0, len(values))), bad)
    found: list[Row | Bad] = [Row(f"f:{number}", value) for number, value in enumerate(values)]
    return found


def replayed(policies: PolicySet, found: list[Row | Bad], until: int | None, *, at_once: bool) -> tuple[Any, ...]:
    """Everything that anybody can see of the replay."""
    bad: list[Bad] = []
    replay, intake = Replay(policies, until, bad.append, at_once=at_once), Intake(SOURCES["canonical"], END)
    for row in found:
        replay.take(row, intake)
    end = replay.finish()
    if end is None:
        return bad, replay.rows, replay.refused
    clocks = [(subject.subject, encode_clock(clock)) for subject, clock in replay.clocks()]
    fields = [(ticket.subject, ticket.fields, ticket.last, ticket.history) for ticket in replay.tickets()]
    facts = [tuple(one) for one in replay.facts.ordered()]
    counts = (replay.rows, replay.records, replay.refused, replay.beyond, replay.last, end)
    return bad, counts, facts, clocks, fields, [_said(replay, end, json=json) for json in (False, True)]


def _said(replay: Replay, end: int, *, json: bool) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    args = Namespace(where=[], json=json, compare=None, limit=0, objective=None)
    tell(Story(replay, end, Columns([]), None, args), out, err)
    return out.getvalue(), err.getvalue()


@quiet
@given(st.data())
def test_tickets_folded_at_once_are_those_of_the_engine(data: st.DataObject):
    policies, found = data.draw(policy_sets("v1")), data.draw(rows())
    until = data.draw(st.one_of(st.none(), instants, st.just(END)))
    assert replayed(policies, found, until, at_once=True) == replayed(policies, found, until, at_once=False)


def both(monkeypatch: pytest.MonkeyPatch, *words: object) -> tuple[Said, Said]:
    """What `slamon replay` says, and what it says when tickets go through the engine."""
    said = call("replay", *words)
    monkeypatch.setattr(command, "Replay", partial(Replay, at_once=False))
    return said, call("replay", *words)


@pytest.mark.parametrize("words", [[], ["--json"], ["--json", "--until", "2024-01-09T00:00:00Z"], ["--strict"]])
def test_the_command_says_the_same_either_way(monkeypatch: pytest.MonkeyPatch, words: list[str]):
    said, engine = both(monkeypatch, TICKETS, "--policies", POLICIES, *words)
    assert said == engine
    assert said.code == 0


def test_what_is_refused_is_told_in_the_same_order_beside_services(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(replaying, "BATCH", 3)
    shuffled = random.Random(7)
    values = [
        {"ticket": f"T-{n % 5}", "id": f"r{n % 9}", "at": f"2024-01-05T10:{n:02}:00Z", "event": "updated"}
        for n in range(40)
    ]
    values += [{"service": "shop", "id": f"w{n % 7}", "at": 1_704_448_800_000 + n, "state": "down"} for n in range(15)]
    values += [{"ticket": "T-1", "event": "created"}, {"service": "shop"}, {"nothing": 1}]
    shuffled.shuffle(values)
    file, policies = tmp_path / "mixed.ndjson", tmp_path / "uptime.yaml"
    file.write_bytes(b"\n".join(map(orjson.dumps, values)))
    policies.write_text(UPTIME)
    said, engine = both(monkeypatch, file, "--policies", POLICIES, "--policies", policies, "--strict")
    assert said == engine
    assert "id_reused" in said.err
    assert said.code == 1


@pytest.mark.skipif(not SAMPLE.is_file(), reason=f"{SAMPLE.name} is not beside the repository")
def test_the_sample_of_another_source_says_the_same_either_way(monkeypatch: pytest.MonkeyPatch):
    words = (SAMPLE, "--source", "servicenow_log", "--policies", SERVICENOW, "--compare", "made_sla", "--objective")
    said, engine = both(monkeypatch, *words, "resolution", "--json")
    assert said == engine
    assert said.code == 0
    assert len(said.out) > 100_000


def test_a_replay_of_more_leaves_no_more_cycles_since_nothing_collects_them(tmp_path: Path):
    file, policies = tmp_path / "mixed.ndjson", tmp_path / "uptime.yaml"
    policies.write_text(UPTIME)

    def left_over(count: int) -> int:
        values: list[dict[str, Any]] = []
        for n in range(count):
            at = 1_704_448_800_000 + n * 60_000
            values.append({"ticket": f"T-{n % 50}", "at": at, "event": "replied", "by": "agent", "public": True})
            values.append({"service": f"s{n % 5}", "at": at, "state": "down" if n % 3 else "up"})
        file.write_bytes(b"\n".join([*map(orjson.dumps, values), b"no record"]))
        gc.collect()
        gc.disable()
        try:
            assert call("replay", file, "--policies", POLICIES, "--policies", policies).code == 0
            return gc.collect()
        finally:
            gc.enable()

    left_over(20)  # imports, caches
    assert left_over(600) <= left_over(20) + 20
