"""Which version holds when follows from the policies topic alone (semantics 3.12, architecture 6 "Policies")."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.runtime.policy_log import Draft, PolicyLog, Publication, PublicationRefused, book_of, plan, text_key
from slamon.sla.policy import PolicySet

NOW = 1_700_000_000_000
DAY = 86_400_000


def sets(*versions: str) -> dict[str, PolicySet]:
    return {version: PolicySet(version, ()) for version in versions}


def log_of(*publications: Publication) -> PolicyLog:
    log = PolicyLog()
    for each in publications:
        assert log.take(text_key(each.version), b"text of " + each.version.encode()) is None
        assert log.take(each.key, each.value) is None
    return log


def holds(log: PolicyLog, *instants: int) -> list[str]:
    book = book_of(log, sets("a", "b", "c"))
    assert book is not None
    return [book.at(instant).version for instant in instants]


FIRST = Publication("a", NOW + 10_000, NOW)
SECOND = Publication("b", NOW + DAY, NOW + DAY - 10_000)


def test_before_the_first_activation_the_first_text_holds() -> None:
    assert holds(log_of(FIRST), 0, NOW + 9_999, NOW + 10_000) == ["a", "a", "a"]


def test_a_later_version_holds_from_its_instant_on() -> None:
    assert holds(log_of(FIRST, SECOND), NOW + DAY - 1, NOW + DAY) == ["a", "b"]


def test_a_version_that_comes_back_holds_again() -> None:
    back = Publication("a", NOW + 2 * DAY, NOW + DAY)
    assert holds(log_of(FIRST, SECOND, back), NOW, NOW + DAY, NOW + 2 * DAY) == ["a", "b", "a"]


def test_the_first_published_holds_before_an_earlier_activation_of_a_later_one() -> None:
    waiting = Publication("a", NOW + 9 * DAY, NOW)
    sooner = Publication("b", NOW + DAY, NOW + DAY - 20_000)
    assert holds(log_of(waiting, sooner), 0, NOW + DAY - 1, NOW + DAY, NOW + 9 * DAY) == ["a", "a", "b", "a"]


def test_an_activation_without_notice_is_void_after_the_first() -> None:
    log = log_of(FIRST)
    hasty = Publication("b", NOW + DAY, NOW + DAY - 9_999)
    assert "void" in (log.take(hasty.key, hasty.value) or "")
    assert holds(log, NOW + 2 * DAY) == ["a"]


def test_the_order_of_offsets_makes_the_first_and_not_the_instant() -> None:
    log = log_of(FIRST)
    backdated = Publication("b", NOW - DAY, NOW)
    assert log.take(backdated.key, backdated.value) is not None
    assert log.current == "a"


def test_the_same_activation_read_twice_is_one() -> None:
    log = log_of(FIRST, SECOND)
    assert log.take(FIRST.key, FIRST.value) is None
    assert [each.version for each in log.publications] == ["a", "b"]
    assert log.current == "b"


def test_the_same_version_twice_in_a_row_is_one_activation() -> None:
    again = Publication("a", NOW + DAY, NOW + DAY - 20_000, to_open=True)
    book = book_of(log_of(FIRST, again), sets("a"))
    assert book is not None
    assert [each.at for each in book.activations] == [FIRST.at]


def test_a_version_whose_text_cannot_be_read_leaves_the_one_before_it() -> None:
    book = book_of(log_of(FIRST, SECOND), sets("a"))
    assert book is not None
    assert book.at(NOW + 2 * DAY).version == "a"
    assert book_of(PolicyLog(), sets("a")) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b"{}"),
        (b"\xff", b"{}"),
        (b"text/", b"x"),
        (b"something/else", b"x"),
        (FIRST.key, b"no json"),
        (FIRST.key, b"[]"),
        (FIRST.key, b'{"version":"a"}'),
        (FIRST.key, SECOND.value),
        (FIRST.key, FIRST.value.replace(b"false", b"0")),
        (Publication("a", 10**18, NOW).key, Publication("a", 10**18, NOW).value),
        (text_key("a"), None),
        (FIRST.key, None),
    ],
)
def test_a_record_that_says_nothing_is_skipped_with_a_reason(key: bytes | None, value: bytes | None) -> None:
    log = PolicyLog()
    assert log.take(key, value)
    assert (log.texts, log.publications) == ({}, [])


def draft(version: str, valid_from: int | None = None) -> Draft:
    return Draft(b"text", version, valid_from, to_open=True, by="worker-1")


def test_without_valid_from_a_text_holds_ten_seconds_after_its_publication() -> None:
    assert plan(PolicyLog(), draft("a"), NOW) == Publication("a", NOW + 10_000, NOW, True, "worker-1")
    assert plan(log_of(FIRST), draft("b"), NOW + DAY) == Publication(
        "b", NOW + DAY + 10_000, NOW + DAY, True, "worker-1"
    )


def test_the_first_text_may_hold_from_the_past() -> None:
    planned = plan(PolicyLog(), draft("a", NOW - 365 * DAY), NOW)
    assert planned is not None
    assert planned.at == NOW - 365 * DAY


def test_a_later_text_needs_ten_seconds_notice() -> None:
    planned = plan(log_of(FIRST), draft("b", NOW + DAY), NOW + DAY - 10_000)
    assert planned is not None
    assert planned.at == NOW + DAY


def test_a_later_text_that_comes_too_late_is_refused_in_a_sentence() -> None:
    with pytest.raises(PublicationRefused) as caught:
        plan(log_of(FIRST), draft("b", NOW - DAY), NOW)
    assert str(caught.value) == (
        "valid_from: expected 2023-11-14T22:13:30Z or later (now + 10 s), got 2023-11-13T22:13:20Z: a version "
        "published before holds at that instant, and verdicts may rest on it "
        "(hint: leave valid_from out, or set it to a future instant)"
    )


@pytest.mark.parametrize("valid_from", [None, FIRST.at])
def test_what_was_published_last_is_not_published_again(valid_from: int | None) -> None:
    assert plan(log_of(FIRST), draft("a", valid_from), NOW + DAY) is None


def test_a_roll_back_holds_ten_seconds_later_though_its_valid_from_is_past() -> None:
    planned = plan(log_of(FIRST, SECOND), draft("a", FIRST.at), NOW + 2 * DAY)
    assert planned is not None
    assert planned.at == NOW + 2 * DAY + 10_000


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 30), st.integers(1, 40)), max_size=12))
def test_compaction_and_repeated_reading_change_nothing(tries: list[tuple[str, int, int]]) -> None:
    records: list[tuple[bytes, bytes]] = []
    log, now = PolicyLog(), NOW
    for version, ahead_s, pause_s in tries:
        now += pause_s * 1_000
        valid_from = None if ahead_s < 0 else now + ahead_s * 1_000
        try:
            planned = plan(log, Draft(b"text", version, valid_from), now)
        except PublicationRefused:
            continue
        new = [(text_key(version), b"text")] if version not in log.texts else []
        for record in [*new, *([(planned.key, planned.value)] if planned else [])]:
            assert log.take(*record) is None
            records.append(record)
    assert len(dict(records)) == len(records), "no key is written twice, so compaction takes nothing away"
    again = PolicyLog()
    for record in [*records, *records]:
        again.take(*record)
    assert again.publications == log.publications


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 40)), min_size=1, max_size=8))
def test_a_later_publication_never_changes_what_held_before_its_notice(tries: list[tuple[str, int]]) -> None:
    log, now, seen = PolicyLog(), NOW, []
    for version, pause_s in tries:
        now += pause_s * 1_000
        seen.append((now + 9_999, book_of(log, sets("a", "b", "c"))))
        planned = plan(log, Draft(b"text", version), now)
        if planned:
            log.take(planned.key, planned.value)
    book = book_of(log, sets("a", "b", "c"))
    assert book is not None
    for until, before in seen:
        if before is not None:
            assert [book.at(each) for each in range(NOW, until, 3_000)] == [
                before.at(each) for each in range(NOW, until, 3_000)
            ]
