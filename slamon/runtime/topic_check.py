"""Whether topics that look like this are as they must be, and the command that mends each that is not. No I/O."""

from collections.abc import Callable, Mapping, Sequence

from slamon.runtime.finding import Finding, fail, ok, warn
from slamon.runtime.topic_specs import DAY_MS, FACTS, KEYED, PAGES, PAGES_SPEC, SPECS, Seen, TopicSpec

CREATE = "slamon topics create"
Fault = tuple[Callable[[str, str], Finding], str, str]  # how bad, what is wrong, the setting that is right


def judge(
    seen: Mapping[str, Seen | None], bootstrap: str, prefix: str, partitions: int, specs: Sequence[TopicSpec] = SPECS
) -> list[Finding]:
    """What is wrong with topics that look like this, worst first."""
    other = _agreed_otherwise(seen, prefix, partitions)
    findings = [_other_number(prefix, partitions, other)] if other else []
    missing = [prefix + spec.role for spec in specs if not (seen.get(prefix + spec.role) or spec.optional)]
    if missing:
        findings.append(
            fail(
                f"missing topics: {', '.join(missing)}",
                f"{CREATE}   # or grant DESCRIBE on them, if they exist",
            )
        )
    for spec in specs:
        if topic := seen.get(prefix + spec.role):
            expected = _expected(spec, seen, prefix, other or partitions)
            findings += _partition_findings(spec, prefix + spec.role, topic, bootstrap, expected)
            findings += _config_findings(spec, prefix + spec.role, topic, bootstrap)
    return sorted(findings, key=lambda finding: -finding.severity)


def judge_facts(counts: Mapping[str, int], pages: Seen | None, prefix: str, bootstrap: str) -> list[Finding]:
    """What is wrong, for `slamon notify`, with topics of so many partitions: one reader has to have the same of all."""
    facts, name = [prefix + role for role in FACTS], prefix + PAGES
    missing = [each for each in facts if each not in counts]
    if missing:
        return [fail(f"missing topics: {', '.join(missing)}", f"{CREATE}   # or grant READ on them, if they exist")]
    most = max(counts[each] for each in facts)
    grow = f"kafka-topics.sh --bootstrap-server {bootstrap} --alter --partitions {most} --topic"
    found = [
        fail(f"topic {each}: expected {most} partitions like the other facts, got {counts[each]}", f"{grow} {each}")
        for each in facts
        if counts[each] < most
    ]
    if pages is not None:
        found += _partition_findings(PAGES_SPEC, name, pages, bootstrap, most)
        found += _config_findings(PAGES_SPEC, name, pages, bootstrap)
    told = "" if name in counts else f"; {name} is made when `slamon notify` starts"
    return found or [ok(f"topics: {', '.join(facts)}: {_counted(most)} each{told}")]


def _agreed_otherwise(seen: Mapping[str, Seen | None], prefix: str, partitions: int) -> int | None:
    """The number of partitions all keyed topics have, if it is another one than the settings say."""
    counts = {topic.partitions for role in KEYED if (topic := seen.get(prefix + role))}
    return counts.pop() if len(counts) == 1 and counts != {partitions} else None


def _expected(spec: TopicSpec, seen: Mapping[str, Seen | None], prefix: str, partitions: int) -> int:
    """The pages of a partition are those of its facts."""
    facts = [topic.partitions for role in FACTS if (topic := seen.get(prefix + role))] if spec.role == PAGES else []
    return max(facts, default=spec.partitions(partitions))


def _other_number(prefix: str, partitions: int, other: int) -> Finding:
    names = ", ".join(prefix + role for role in KEYED)
    return fail(
        f"{names}: expected {partitions} partitions as in the settings, got {other}; the number never changes for a group",
        f"set partitions: {other} (SLAMON_PARTITIONS={other}), or take a new prefix for {partitions} partitions",
    )


def _partition_findings(spec: TopicSpec, name: str, topic: Seen, bootstrap: str, expected: int) -> list[Finding]:
    if topic.partitions == expected:
        return []
    what = f"topic {name}: expected {_counted(expected)}, got {topic.partitions}"
    if spec.growable and topic.partitions < expected:
        return [
            fail(what, f"kafka-topics.sh --bootstrap-server {bootstrap} --alter --topic {name} --partitions {expected}")
        ]
    if spec.growable and not spec.optional:
        return [warn(f"{what}; those above {expected - 1} stay empty", f"none needed, or {_again(name, bootstrap)}")]
    return [fail(what, f"{_again(name, bootstrap)}   # this loses what {name} holds")]


def _counted(partitions: int) -> str:
    return "1 partition" if partitions == 1 else f"{partitions} partitions"


def _again(name: str, bootstrap: str) -> str:
    return f"kafka-topics.sh --bootstrap-server {bootstrap} --delete --topic {name} && {CREATE}"


def _config_findings(spec: TopicSpec, name: str, topic: Seen, bootstrap: str) -> list[Finding]:
    return [
        make(f"topic {name}: {what}", _alter(name, bootstrap, setting))
        for make, what, setting in _config_faults(spec, topic)
    ]


def _config_faults(spec: TopicSpec, topic: Seen) -> list[Fault]:
    got = topic.configs
    faults: list[Fault] = []
    policy = got.get("cleanup.policy", spec.policy)
    if policy != spec.policy:
        faults.append((fail, f"expected cleanup.policy {spec.policy}, got {policy}", f"cleanup.policy={spec.policy}"))
    retention = int(got.get("retention.ms", -1))
    if spec.retention_ms is not None and 0 <= retention < spec.retention_ms:
        what = f"expected retention of {_days(spec.retention_ms)} or more, got {_days(retention)}"
        faults.append((warn, what, f"retention.ms={spec.retention_ms}"))
    for setting in ("delete.retention.ms", "max.message.bytes"):
        least, value = int(spec.configs.get(setting, 0)), int(got.get(setting, spec.configs.get(setting, 0)))
        if value < least:
            faults.append((warn, f"expected {setting} {least} or more, got {value}", f"{setting}={least}"))
    faults += _clock_faults(spec, got) + _copies_faults(topic)
    return faults


def _clock_faults(spec: TopicSpec, got: Mapping[str, str]) -> list[Fault]:
    wanted = spec.configs.get("message.timestamp.type")
    if wanted is None or got.get("message.timestamp.type", wanted) == wanted:
        return []
    what = f"expected message.timestamp.type {wanted}, got {got['message.timestamp.type']}: its producers' clocks decide its age"
    return [(warn, what, f"message.timestamp.type={wanted}")]


def _copies_faults(topic: Seen) -> list[Fault]:
    insync = int(topic.configs.get("min.insync.replicas", 1))
    if topic.replication >= 3 and insync < 2:
        what = f"{topic.replication} copies, but min.insync.replicas {insync}: an acknowledged record can be lost with one broker"
        return [(warn, what, "min.insync.replicas=2")]
    if topic.replication > 1 and insync >= topic.replication:
        what = (
            f"min.insync.replicas {insync} of {topic.replication} copies: the restart of one broker stops all writing"
        )
        return [(warn, what, f"min.insync.replicas={max(1, topic.replication - 1)}")]
    return []


def _alter(name: str, bootstrap: str, setting: str) -> str:
    return f"kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type topics --entity-name {name} --add-config {setting}"


def _days(ms: int) -> str:
    return f"{ms / DAY_MS:.3g} days"
