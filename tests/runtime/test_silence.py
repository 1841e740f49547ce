"""Silence is not the present either (semantics 4.4)."""

from slamon.runtime.intake_mapping import Feed
from slamon.runtime.quiet import news_of
from slamon.runtime.silence import Silence
from slamon.sources.canonical import CANONICAL
from slamon.sources.servicenow import SERVICENOW
from tests.runtime.test_intake_mapping import Desk

HOUR = 3_600_000
FEEDS = [Feed("desk", CANONICAL, name="desk"), Feed("rows", SERVICENOW, name="rows")]


def silence(**more: object) -> Silence:
    feed = Feed("desk.rows", Desk(), name="desk", expect_every_ms=HOUR, **more)  # type: ignore[arg-type]
    return Silence([feed, Feed("quiet", Desk())], now=0)


def test_an_input_is_silent_once_its_newest_record_is_older_than_it_expects() -> None:
    watch = silence()
    watch.heard("desk.rows", 500)
    assert watch.silent(500 + HOUR) == frozenset()
    assert watch.silent(500 + HOUR + 1) == {"desk"}


def test_a_new_record_ends_the_silence_and_an_older_one_does_not() -> None:
    watch = silence()
    watch.heard("desk.rows", 5 * HOUR)
    watch.heard("desk.rows", HOUR)
    assert watch.silent(6 * HOUR) == frozenset()
    assert watch.newest() == {"desk": 5 * HOUR, "quiet": None}


def test_an_input_never_heard_is_given_its_time_from_the_start() -> None:
    assert silence().silent(HOUR) == frozenset()
    assert silence().silent(HOUR + 1) == {"desk"}


def test_an_input_that_expects_nothing_is_never_silent() -> None:
    assert "quiet" not in silence().silent(1000 * HOUR)


def test_facts_wait_for_a_silent_input_for_a_day_at_most_and_only_if_it_says_so() -> None:
    watch = silence(on_silence="hold")
    assert watch.holding(HOUR) == frozenset()
    assert watch.holding(2 * HOUR) == watch.holding(25 * HOUR) == {"desk"}
    assert watch.holding(25 * HOUR + 1) == frozenset()
    assert silence().holding(2 * HOUR) == frozenset()


def test_a_silent_input_leaves_what_comes_through_its_own_source_without_news() -> None:
    unheard = news_of(FEEDS, {"rows"})
    assert ("ticket", "servicenow") in unheard
    assert ("ticket", "canonical") not in unheard
    assert ("service", "servicenow") not in unheard


def test_a_canonical_input_brings_news_of_every_source_that_no_other_input_does() -> None:
    """Canonical records name their source themselves; services do not wait for an input of tickets."""
    unheard = news_of(FEEDS, {"desk"})
    assert ("ticket", "canonical") in unheard
    assert ("ticket", "our-desk") in unheard
    assert ("ticket", "servicenow") not in unheard
    assert ("service", "our-desk") not in unheard


def test_no_silent_input_leaves_nobody_without_news() -> None:
    assert ("ticket", "canonical") not in news_of(FEEDS, frozenset())
