"""The text of a fact is what the engine's encoder would write of the same values, to the byte."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.engine.state import body_bytes
from slamon.sla.events import Fact
from slamon.sla.written import written_seconds
from tests.kit import HOUR, at, book, fold, objective, policies, record

NINE = at("2024-01-08 09:00")
PROMISE = objective("resolution", "4h", "50%")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.one_of(st.none(), st.booleans(), st.integers(-(2**63) + 1, 2**63 - 1), texts, st.lists(texts).map(tuple))
NAMES = ["title", "url", "customer", "group", "assignee", "status", "priority", "other"]


def facts_of(fields: dict[str, object]) -> list[Fact]:
    told = {name: value for name, value in fields.items() if value is not None}
    made = fold(book(policies(PROMISE)), record(NINE, "created", **told), record(NINE + 3 * HOUR, "closed"))
    return list(made.step.added.values())


@given(st.dictionaries(st.sampled_from(NAMES), values))
def test_every_text_is_written_as_the_encoder_writes_it(fields: dict[str, object]) -> None:
    facts = facts_of(fields)
    assert facts
    for fact in facts:
        assert fact.text is not None
        assert body_bytes(fact) == orjson.dumps(json.loads(fact.text))


@pytest.mark.parametrize("number", [1.5, 1e16, 1e-7, 123456789012345678.0])
def test_a_number_that_may_be_written_in_several_ways_is_left_to_the_encoder(number: float) -> None:
    for fact in facts_of({"assignee": number}):
        assert fact.text is None
        assert b'"assignee":' + orjson.dumps(number) in body_bytes(fact)


@pytest.mark.parametrize("ms", [0, 1, 10, 250, 999, 1_000, 1_500, 86_400_000, 7_258_118_399_999, -1, -1_000, -1_250])
def test_seconds_are_whole_where_they_are_and_have_no_zeros_behind_else(ms: int) -> None:
    assert written_seconds(ms).encode() == orjson.dumps(ms // 1000 if ms % 1000 == 0 else ms / 1000)
