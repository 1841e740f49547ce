"""Where a dead letter goes when it is sent again, and who may stop it (semantics 4.7)."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from slamon.engine.partitioner import partition_of
from slamon.engine.replayed import Origin, came_at
from slamon.runtime.letter import Letter, Selection, letter_of

LETTER = Letter(1, 7, 0, "not_json", "", ("desk", 2, 5), Origin("desk", 2, 5, 900), b"INC1", b"{", (), None)


def test_a_record_goes_back_to_its_own_partition_so_that_its_order_holds() -> None:
    assert LETTER.target(6) == 2


def test_a_record_that_stood_in_the_wrong_partition_goes_where_its_key_belongs() -> None:
    assert replace(LETTER, reason="wrong_partition").target(6) == partition_of(b"INC1", 6)


def test_a_partition_that_is_gone_is_replaced_by_the_keys() -> None:
    assert LETTER.target(2) == partition_of(b"INC1", 2)
    assert replace(LETTER, key=None).target(2) == 0


def test_without_a_key_it_goes_to_the_partition_of_the_ticket_or_service_it_names() -> None:
    lost = replace(LETTER, reason="wrong_partition", key=None)
    assert replace(lost, value=b'{"ticket": "T-9"}').target(60) == partition_of(b"T-9", 60)
    assert replace(lost, value=b'{"service": "shop"}').target(60) == partition_of(b"shop", 60)
    assert replace(lost, value=b"[]").target(60) == lost.target(60) == 2


def test_what_was_refused_for_its_key_is_sent_under_what_it_names_if_asked() -> None:
    other = replace(LETTER, reason="key_mismatch", value=b'{"ticket": "T-9"}')
    assert (other.key_to_send(rekey=False), other.key_to_send(rekey=True)) == (b"INC1", b"T-9")
    assert other.target(60, rekey=True) == partition_of(b"T-9", 60)
    assert replace(other, reason="not_json").key_to_send(rekey=True) == b"INC1"


def written(*headers: tuple[str, bytes], **more: Any) -> Letter:
    place = [("source_topic", b"desk"), ("source_partition", b"2"), ("source_offset", b"5")]
    return letter_of(
        SimpleNamespace(partition=1, offset=7, timestamp=950, key=b"k", value=b"{", headers=[*place, *headers], **more)
    )


def test_what_is_sent_says_where_and_when_it_stood_first() -> None:
    sent = written(("source_timestamp", b"900"), ("original.h", b"1"), ("original.h", b"2")).headers_to_send()
    assert sent == [("h", b"1"), ("h", b"2"), ("slamon-replay", b"desk:2:5:900")]


def test_a_letter_of_an_older_version_was_written_soon_after_its_record() -> None:
    assert written().origin == Origin("desk", 2, 5, 950)


def test_an_instant_of_thousands_of_digits_is_none() -> None:
    assert written(("source_timestamp", b"9" * 5000)).origin == Origin("desk", 2, 5, 950)


def test_what_was_sent_again_and_refused_again_keeps_its_first_place_and_time() -> None:
    letter = written(("source_timestamp", b"940"), ("original.slamon-replay", b"desk:0:1:100"))
    assert (letter.origin, letter.sent_again, written().sent_again) == (Origin("desk", 0, 1, 100), True, False)
    assert letter.headers_to_send() == [("slamon-replay", b"desk:0:1:100")]


def test_a_letter_whose_headers_were_too_long_stays_and_says_so() -> None:
    assert written(("headers_cut", b"3")).obstacle == "3 of its headers were too long to keep, read it at desk-2@5"


@pytest.mark.parametrize(
    ("headers", "came"),
    [
        ((), 900),
        ((("slamon-replay", b"desk:0:1:100"),), 100),
        ((("slamon-replay", b"desk:0:1:2000"),), 900),
        ((("slamon-replay", b"desk:0:1:-1"),), 900),
        ((("slamon-replay", b"0:3"),), 900),
        ((("slamon-replay", None),), 900),
    ],
)
def test_a_record_came_when_it_stood_first_and_never_later_than_kafka_says(headers: Any, came: int) -> None:
    assert came_at(SimpleNamespace(offset=0, timestamp=900, key=None, value=None, headers=headers)) == came


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(reason="not_json", partition=1, offset=7, source_topic="desk"), True),
        (Selection(reason="too_late"), False),
        (Selection(partition=0), False),
        (Selection(offset=0), False),
        (Selection(source_topic="other"), False),
    ],
)
def test_a_selection_takes_what_agrees_in_everything_it_names(selection: Selection, taken: bool) -> None:
    assert selection.takes(LETTER) is taken
