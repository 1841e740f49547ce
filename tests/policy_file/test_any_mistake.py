"""Whatever is done to a good file, the answer is a list of problems in our own words, never a traceback."""

import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.policy_file import from_text
from slamon.policy_file.entries import Entries
from slamon.policy_file.rules import problems
from slamon.policy_file.text import canonical
from slamon.policy_file.yaml_documents import read
from tests.policy_file.writing import GOOD, NOW, SERVICES, complaints, policy

JUNK = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 10**12), st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "always", "gold", "acme", "P1", "50%", "1h", "2024-01-01", "Europe", "[key]", "a.b[0]",
                         "99.9%", "30d rolling", "standard", "FREQ=DAILY", "2024-01-01T02:00"]),
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["default", "at", "event", "any", "x", ""]), inner)
    ),
    max_leaves=4,
)  # fmt: skip


def places(value: Any, loc: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The location of everything in the value."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [loc, *(place for step, inner in steps for place in places(inner, (*loc, step)))]


def with_junk(value: Any, loc: tuple[Any, ...], junk: Any) -> Any:
    """The value with something else at the location."""
    if not loc:
        return junk
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[loc[0]] = with_junk(copy[loc[0]], loc[1:], junk)
    return copy


MORE = policy(
    "{mine: {kind: custom, target: 1h, start: {event: [created], by: agent}, stop: {any: [{changed: group}, {x: 1}]}}}",
    name="more",
    more="type: OLA\nsupports: gold\nsources: [a]\nlinks: {a: https://a.example}",
)
WATCHED = SERVICES.replace("acme", "globex").replace("office", "hours").replace("storm", "flood")
DOCUMENTS = [document.value for document in read("p.yaml", f"{GOOD}{MORE}---\n{WATCHED}".encode())[0]]
PLACES = st.sampled_from([place for place in places(DOCUMENTS) if place])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(PLACES, JUNK), min_size=1, max_size=3))
def test_junk_anywhere_is_a_problem_or_nothing(mistakes: list[tuple[tuple[Any, ...], Any]]) -> None:
    documents: Any = DOCUMENTS
    for place, junk in mistakes:
        if place in places(documents):
            documents = with_junk(documents, place, junk)
    content = yaml.safe_dump_all(documents, allow_unicode=True).encode()
    found, unread = read("p.yaml", content)
    entries = Entries(found)
    said = [*unread, *problems(entries, NOW)]
    if not said:
        from_text(canonical(entries.whole(), NOW))
    assert all(problem.file == "p.yaml" and problem.expected and problem.got for problem in said)
    assert not [problem for problem in said if "_error" in problem.expected or "_type" in problem.expected]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([GOOD, SERVICES]),
    st.integers(0, 2000),
    st.text("{}[]:,-&*#?!|>'\"%@ \n\tx1", min_size=1, max_size=4),
)
def test_stray_characters_are_a_problem_or_nothing(good: str, position: int, stray: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        complaints(Path(folder), good[:position] + stray + good[position:])
