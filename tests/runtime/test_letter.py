"""Where a dead letter goes when it is sent again, and who may stop it (semantics 4.7)."""

from dataclasses import replace

import pytest

from slamon.engine.partitioner import partition_of
from slamon.runtime.letter import Letter, Selection

LETTER = Letter(1, 7, 0, "not_json", "", ("desk", 2, 5), b"INC1", b"{", (), None)


def test_a_record_goes_back_to_its_own_partition_so_that_its_order_holds() -> None:
    assert LETTER.target(6) == 2


def test_a_record_that_stood_in_the_wrong_partition_goes_where_its_key_belongs() -> None:
    assert replace(LETTER, reason="wrong_partition").target(6) == partition_of(b"INC1", 6)


def test_a_partition_that_is_gone_is_replaced_by_the_keys() -> None:
    assert LETTER.target(2) == partition_of(b"INC1", 2)
    assert replace(LETTER, key=None).target(2) == 0


def test_a_replay_of_a_replay_names_the_last_letter_only() -> None:
    letter = replace(LETTER, headers=(("h", b"1"), ("slamon-replay", b"0:3")))
    assert letter.replayed_headers() == [("h", b"1"), ("slamon-replay", b"1:7")]


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
