"""The bytes that outlive a version of slamon: a change here is a migration (architecture 3)."""

from dataclasses import replace
from struct import pack

import orjson
import pytest

from slamon.engine.heads import decode_head, due_of_clocks, due_of_head, encode_head, glance
from slamon.engine.keys import NEVER, head_due
from slamon.engine.position import Applied, Position, decode_position, encode_position
from slamon.engine.state import (
    decode_clock,
    decode_record,
    decode_telling,
    encode_clock,
    encode_record,
    encode_telling,
    of_fact,
)
from slamon.engine.version import VERSION, UnknownVersion
from tests.kit import HOUR, at, book, fold, objective, paused_by, record

NINE = at("2024-01-08 09:00")
MADE = fold(
    book(objective("resolution", "4h", "50%", pause=paused_by("hold"))),
    record(NINE, "created", "e1", status="open", priority="P1", group="noc", tags=("a", "b")),
    record(NINE + HOUR, "updated", "e2", status="hold"),
    record(NINE + 2 * HOUR, "updated", "e3", status="open"),
    until=NINE + 9 * HOUR,
)
OF_ONE_ROW = (
    pack(">Q", 7)
    + b'[2,"T-1",{"status":"open","priority":"P1","group":"noc","tags":["a","b"]},1704704400000,false,null,null,null,null,null,'
    b'1704704400000,false,null,null,[1704711600000,true,-1,5,"e3"],1704722400000,1704736800000,1704704400000,"canonical",0,'
    b'[[1704704400000,"open","noc",false],[1704708000000,"hold","noc",false],[1704711600000,"open","noc",false]],'
    b'[["60ed356f7ba2947b2fd8373e611f0a4c","sla","resolution","standard","v1",1704704400000,1,14400000,"4h","default",'
    b'1704704400000,"active",1704711600000,3600000,1704711600000,3600000,1704722400000,1704722400000,null,null,false,14400000,'
    b'{"50%":1704715200000},[[true,1704704400000,1704708000000,3600000,""],'
    b'[false,1704708000000,1704711600000,0,"status=hold"],[true,1704711600000,null,0,""]],null,{"open":3600000},'
    b'{"noc":3600000},{},[["warning","50%",1704715200000],["breach",null,1704722400000]]]],[["sla","resolution",1]]]'
)
OF_TWO_ROWS = (
    pack(">Q", 7)
    + b'[3,{"status":"open","priority":"P1","group":"noc","tags":["a","b"]},[1704711600000,true,-1,5,"e3"],1704722400000,0,'
    b'"canonical",1704704400000,"51735dc749320675",true]\n'
    b'[3,"T-1",false,null,null,null,null,null,1704704400000,false,null,null,1704736800000,1704704400000,'
    + OF_ONE_ROW[OF_ONE_ROW.index(b"[[") :]
)
HEAD = (
    pack(">Q", 7)
    + b'[4,1704711600000,true,-1,5,"e3",0\n,1704722400000,"canonical",1704704400000,"51735dc749320675",true,'
    b'{"status":"open","priority":"P1","group":"noc","tags":["a","b"]}]\n'
    b'[4,"T-1",0,1704736800000,0,'
    b'[[1704704400000,"open","noc",false],[1704708000000,"hold","noc",false],[1704711600000,"open","noc",false]],'
    b'[["60ed356f7ba2947b2fd8373e611f0a4c","sla","resolution","standard","v1",0,1,14400000,"4h","default",18000000,'
    b'7200000,3600000,{"open":3600000},{"noc":3600000},'
    b'"active",null,null,18000000,{"50%":1704715200000},[["warning","50%",1704715200000],["breach",null,1704722400000]],'
    b'7200000,3600000,0,14400000,false,[[true,1704704400000,1704708000000,3600000,""],'
    b'[false,1704708000000,1704711600000,0,"status=hold"],[true,1704711600000,null,0,""]],null,{}]],null,null]'
)


def test_the_bytes_of_a_ticket_are_these():
    assert VERSION == 4
    assert encode_head(MADE.ticket, 7) == HEAD


def test_a_ticket_comes_back_as_it_was():
    assert decode_head(HEAD) == MADE.ticket
    (clock,) = MADE.ticket.clocks
    assert decode_clock(encode_clock(clock)) == clock


def test_a_record_of_the_log_comes_back_as_it_was():
    told = record(
        NINE,
        "replied",
        "e9",
        by="agent",
        public=True,
        revision=3,
        created_at=NINE - 1,
        source="jira",
        tags=("a",),
        n=1.5,
    )
    assert decode_record(encode_record(told)) == told
    assert encode_record(told).startswith(
        b'[4,"T-1","e9",1704704400000,"replied",{"n":1.5,"tags":["a"]},3,"agent",true,'
    )


def test_a_telling_comes_back_as_it_was_under_the_instant_it_may_leave():
    telling = of_fact(next(iter(MADE.step.added.values())))
    assert decode_telling(encode_telling(telling)) == telling
    key = b"fT-1\0" + b"x"
    assert head_due(key, encode_telling(telling)) == (key, telling.at)
    telling.told = True
    assert head_due(key, encode_telling(telling)) == (key, None)


@pytest.mark.parametrize(
    "decode", [lambda v: decode_head(bytes(8) + v), decode_clock, decode_record, lambda v: decode_telling(bytes(8) + v)]
)
def test_state_of_another_version_is_refused(decode):
    with pytest.raises(UnknownVersion, match=r"expected version 1, 2, 3, 4, got 5: .*hint: run the newest version"):
        decode(orjson.dumps([5, "T-1"]))


def test_a_ticket_of_two_rows_is_read_and_judged_in_full_with_its_next_record():
    assert decode_head(OF_TWO_ROWS) == MADE.ticket
    assert glance(OF_TWO_ROWS) is None


@pytest.mark.parametrize("version", [1, 2])
def test_a_ticket_of_one_row_is_read_and_judged_in_full_with_its_next_record(version: int):
    head = OF_ONE_ROW.replace(b"[2,", b"[%d," % version, 1)
    assert due_of_head(head, 2**62) == due_of_clocks(decode_head(head).clocks, 2**62)
    assert decode_head(head) == replace(MADE.ticket, under=None)
    assert glance(head) is None


def test_a_position_of_the_first_version_is_read():
    told = {"applied": {"slamon.tickets": [7, NINE, "ab"]}, "open": [["p", "o", "P1", "active", 2]], "swept": None}
    position = decode_position(orjson.dumps(told))
    assert position.applied == {"slamon.tickets": Applied(7, NINE, "ab")}
    assert position.open == {("p", "o", "P1", "active"): 2}


def test_a_position_says_which_version_the_whole_partition_is_of():
    """So that an older slamon sees it at its start, before it decides anything."""
    told = orjson.loads(encode_position(Position(swept=NINE)))
    assert told == [VERSION, {}, [], NINE]
    with pytest.raises(UnknownVersion, match="got 5"):
        decode_position(orjson.dumps([5, *told[1:], "more"]))


def test_a_position_that_knows_the_topic_of_clocks_is_of_a_version_that_older_ones_refuse():
    """They would write nothing there, and leave it wrong."""
    told = orjson.loads(encode_position(Position(swept=NINE, listed="json")))
    assert told == ["4+clocks=json", {}, [], NINE]
    assert decode_position(orjson.dumps(told)) == Position(swept=NINE, listed="json")


@pytest.mark.parametrize("version", ["5+clocks=json", "+clocks=json", "x+clocks=json", "2", "2+more=1", 5, None])
def test_a_position_of_a_version_that_is_not_known_is_refused(version):
    with pytest.raises(UnknownVersion):
        decode_position(orjson.dumps([version, {}, [], None]))


def test_only_heads_and_facts_imply_timers():
    assert head_due(b"hT-1", pack(">Q", 7) + b"[]") == (b"hT-1", 7)
    assert head_due(b"hT-1", pack(">Q", NEVER)) == (b"hT-1", None)
    assert head_due(b"hT-1", None) == (b"hT-1", None)
    assert head_due(b"lT-1\0e", b"{}") is None
    assert head_due(b"a", b"{}") is None


def test_a_position_comes_back_without_empty_counts():
    position = Position({"slamon.tickets": Applied(7, NINE, "ab")}, swept=NINE)
    key = ("standard", "resolution", "P1", "active")
    position.moved([], [key, key])
    position.moved([key], [])
    assert decode_position(encode_position(position)) == position
    position.moved([key], [])
    assert not position.open
    assert decode_position(None) == Position()
