"""The topics of architecture 6 are judged by what the broker says of them; every fault comes with the command that mends it."""

from dataclasses import replace

from slamon.runtime.finding import Severity, worst
from slamon.runtime.topic_check import judge, judge_facts
from slamon.runtime.topic_specs import DAY_MS, FACTS, SPECS, Seen

BROKER = "broker:9092"
ALTER = f"kafka-configs.sh --bootstrap-server {BROKER} --alter --entity-type topics --entity-name"


def good(partitions: int = 6) -> dict[str, Seen | None]:
    return {
        f"slamon.{spec.role}": Seen(spec.partitions(partitions), 3, spec.all_configs() | {"min.insync.replicas": "2"})
        for spec in SPECS
    }


def found(seen: dict[str, Seen | None], partitions: int = 6) -> list[tuple[str, str, str]]:
    return [(each.severity.name, each.what, each.mend) for each in judge(seen, BROKER, "slamon.", partitions)]


def configured(role: str, **configs: str) -> dict[str, Seen | None]:
    topics = good()
    topic = topics[f"slamon.{role}"]
    assert topic is not None
    changed = {name.replace("_", "."): value for name, value in configs.items()}
    return topics | {f"slamon.{role}": replace(topic, configs={**topic.configs, **changed})}


def counted(role: str, partitions: int) -> dict[str, Seen | None]:
    topics = good()
    topic = topics[f"slamon.{role}"]
    assert topic is not None
    return topics | {f"slamon.{role}": replace(topic, partitions=partitions)}


def test_topics_as_slamon_creates_them_have_no_fault() -> None:
    assert judge(good(), BROKER, "slamon.", 6) == []


def test_missing_topics_are_created_by_slamon() -> None:
    topics = good() | {"slamon.breaches": None, "slamon.policies": None}
    ((severity, what, mend),) = found(topics)
    assert (severity, what) == ("FAIL", "missing topics: slamon.breaches, slamon.policies")
    assert mend.startswith("slamon topics create")


def test_another_number_in_the_settings_is_one_finding_not_eight() -> None:
    ((severity, what, mend),) = found(good(6), partitions=12)
    assert severity == "FAIL"
    assert what.endswith("expected 12 partitions as in the settings, got 6; the number never changes for a group")
    assert mend.startswith("set partitions: 6 (SLAMON_PARTITIONS=6)")


def test_an_output_topic_with_too_few_partitions_can_be_grown() -> None:
    grow = f"kafka-topics.sh --bootstrap-server {BROKER} --alter --topic slamon.warnings --partitions 6"
    assert found(counted("warnings", 3)) == [("FAIL", "topic slamon.warnings: expected 6 partitions, got 3", grow)]


def test_pages_are_looked_at_where_they_are_and_missed_by_nobody() -> None:
    assert found(good() | {"slamon.pages": None}) == []
    ((severity, what, mend),) = found(configured("pages", cleanup_policy="delete"))
    assert (severity, what) == ("FAIL", "topic slamon.pages: expected cleanup.policy compact, got delete")
    assert mend == f"{ALTER} slamon.pages --add-config cleanup.policy=compact"


def test_pages_have_as_many_partitions_as_their_facts() -> None:
    facts = {f"slamon.{role}": good(12)[f"slamon.{role}"] for role in FACTS}
    whats = [what for _severity, what, _mend in found(good() | facts)]
    assert "topic slamon.pages: expected 12 partitions, got 6" in whats
    assert not [what for what in whats if "pages" in what and "12" not in what]
    ((severity, what, mend),) = found(counted("pages", 8))
    assert (severity, what) == ("FAIL", "topic slamon.pages: expected 6 partitions, got 8")
    assert mend.startswith(
        f"kafka-topics.sh --bootstrap-server {BROKER} --delete --topic slamon.pages && slamon topics"
    )


def heard(counts: dict[str, int], pages: Seen | None) -> list[tuple[str, str]]:
    """What `slamon notify` is told of topics with so many partitions."""
    return [(each.severity.name, each.what) for each in judge_facts(counts, pages, "s.", BROKER)]


def test_who_pages_needs_the_facts_with_equally_many_partitions_and_pages_like_them() -> None:
    facts = {f"s.{role}": 6 for role in FACTS}
    pages = replace(good()["slamon.pages"], partitions=6)  # type: ignore[type-var]
    names = "s.warnings, s.breaches, s.outcomes"
    assert heard(facts | {"s.pages": 6}, pages) == [("OK", f"topics: {names}: 6 partitions each")]
    made = "s.pages is made when `slamon notify` starts"
    assert heard(facts, None) == [("OK", f"topics: {names}: 6 partitions each; {made}")]
    assert heard({"s.pages": 6, "s.warnings": 6}, pages) == [("FAIL", "missing topics: s.breaches, s.outcomes")]
    assert heard(facts | {"s.breaches": 8}, pages) == [
        ("FAIL", "topic s.warnings: expected 8 partitions like the other facts, got 6"),
        ("FAIL", "topic s.outcomes: expected 8 partitions like the other facts, got 6"),
        ("FAIL", "topic s.pages: expected 8 partitions, got 6"),
    ]


def test_a_keyed_topic_with_another_number_must_be_made_again() -> None:
    ((severity, what, mend),) = found(counted("uptime", 3))
    assert (severity, what) == ("FAIL", "topic slamon.uptime: expected 6 partitions, got 3")
    assert mend.startswith(
        f"kafka-topics.sh --bootstrap-server {BROKER} --delete --topic slamon.uptime && slamon topics"
    )


def test_the_policies_topic_has_one_partition_since_its_offsets_are_the_order() -> None:
    ((severity, what, _),) = found(counted("policies", 6))
    assert (severity, what) == ("FAIL", "topic slamon.policies: expected 1 partition, got 6")


def test_a_changelog_that_is_not_compacted_fails() -> None:
    what = "topic slamon.changelog: expected cleanup.policy compact, got delete"
    mend = f"{ALTER} slamon.changelog --add-config cleanup.policy=compact"
    assert found(configured("changelog", cleanup_policy="delete")) == [("FAIL", what, mend)]


def test_outputs_kept_for_less_than_400_days_are_warned_of() -> None:
    what = "topic slamon.outcomes: expected retention of 400 days or more, got 7 days"
    mend = f"{ALTER} slamon.outcomes --add-config retention.ms={400 * DAY_MS}"
    assert found(configured("outcomes", retention_ms=str(7 * DAY_MS))) == [("WARN", what, mend)]


def test_a_topic_kept_for_ever_is_kept_long_enough() -> None:
    assert found(configured("outcomes", retention_ms="-1")) == []


def test_producers_clocks_on_an_input_are_warned_of() -> None:
    ((severity, what, mend),) = found(configured("tickets", message_timestamp_type="CreateTime"))
    assert (severity, mend) == ("WARN", f"{ALTER} slamon.tickets --add-config message.timestamp.type=LogAppendTime")
    assert "its producers' clocks decide its age" in what


def test_three_copies_of_which_one_suffices_are_warned_of() -> None:
    ((severity, what, mend),) = found(configured("breaches", min_insync_replicas="1"))
    assert (severity, mend) == ("WARN", f"{ALTER} slamon.breaches --add-config min.insync.replicas=2")
    assert what.endswith("an acknowledged record can be lost with one broker")


def test_the_worst_finding_comes_first_and_is_what_the_command_exits_with() -> None:
    topics = configured("outcomes", retention_ms="1") | {"slamon.breaches": None}
    findings = judge(topics, BROKER, "slamon.", 6)
    assert [each.severity for each in findings] == [Severity.FAIL, Severity.WARN]
    assert worst(findings) == 2
    assert worst([]) == 0
