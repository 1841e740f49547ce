"""The canonical text: the same on every machine, read back to the same policies, with a hash that is the version."""

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.policy_file import from_text, load
from slamon.policy_file import text as texts
from slamon.policy_file.build import policy_set
from slamon.policy_file.entries import Entries
from slamon.policy_file.yaml_documents import read
from slamon.sla.calendar import Calendar
from tests.policy_file.writing import GOOD, NOW, changed, loaded

YEAR_MS = 365 * 86_400_000


def plain(value: Any) -> Any:
    """The value as something that compares by content; calendars are compared by their hours."""
    if isinstance(value, Calendar):
        parts = (value.weekly, value.special, value.holidays)
        return ("calendar", value.name, value.zone, *(sorted(dict(part).items()) for part in parts))
    if is_dataclass(value):
        return (type(value).__name__, {f.name: plain(getattr(value, f.name)) for f in fields(value)})
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def test_a_text_gives_back_the_same_set_and_version(tmp_path: Path) -> None:
    first = loaded(tmp_path, GOOD)
    again = from_text(first.text)
    assert plain(again.policies) == plain(first.policies)
    assert again.policies.version == first.policies.version == texts.version_of(first.text)
    assert len(again.policies.version) == 16


def test_a_text_needs_neither_holidays_nor_zone_data_of_the_machine_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Semantics 3.12: holidays expanded to dates; architecture 6: time zone data version named."""
    first = loaded(tmp_path, GOOD)
    monkeypatch.setattr("holidays.country_holidays", lambda *_, **__: pytest.fail("looked up holidays again"))
    monkeypatch.setattr(texts, "tzdata_version", lambda: "1999z")
    again = from_text(first.text)
    assert plain(again.policies) == plain(first.policies)
    assert again.tzdata == first.tzdata == json.loads(first.text)["tzdata"] != "1999z"


def test_other_zone_data_is_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = loaded(tmp_path, GOOD)
    monkeypatch.setattr(texts, "tzdata_version", lambda: "1999z")
    assert loaded(tmp_path, GOOD).policies.version != first.policies.version


def test_the_text_is_canonical_json(tmp_path: Path) -> None:
    text = loaded(tmp_path, GOOD).text
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert [document["kind"] for document in json.loads(text)["documents"]] == [
        "Agreement", "Calendar", "Override", "TicketSLA",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rank: 10", "rank:   10 # ten"),
        ("rank: 10", "rank: 10\n  type: SLA"),
        ("warn: [50%, 15m before]", "warn: [{at: 50%}, '15m before']"),
        ("      on_change: carry\n", ""),
        ("metadata: {name: gold}", "metadata: {name: gold, description: For our best}"),
        ("policies: [gold]", "policies: gold"),
    ],
)
def test_what_means_the_same_is_the_same_version(tmp_path: Path, old: str, new: str) -> None:
    assert loaded(tmp_path, changed(old, new)).policies.version == loaded(tmp_path, GOOD).policies.version


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rank: 10", "rank: 11"),
        ("target: 30m", "target: 31m"),
        ("subdivision: BE", "subdivision: BY"),
        ("metadata: {name: gold}", "metadata: {name: gold, valid_from: 2024-06-01T00:00:00Z}"),
        ("reason: A storm", "reason: Another storm"),
    ],
)
def test_what_means_something_else_is_another_version(tmp_path: Path, old: str, new: str) -> None:
    assert loaded(tmp_path, changed(old, new)).policies.version != loaded(tmp_path, GOOD).policies.version


def test_country_holidays_move_the_version_only_with_the_year(tmp_path: Path) -> None:
    versions = [loaded(tmp_path, GOOD, now).policies.version for now in (NOW, NOW + YEAR_MS // 2, NOW + YEAR_MS)]
    assert versions[0] == versions[1] != versions[2]


def test_the_version_of_zone_data_is_that_of_the_system_before_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = texts.tzdata_version.__wrapped__
    (tmp_path / "tzdata.zi").write_text("# version 2031a\n# rest\n")
    monkeypatch.setattr(texts, "TZPATH", (str(tmp_path / "none"), str(tmp_path)))
    assert found() == "2031a"
    monkeypatch.setattr(texts, "TZPATH", ())
    assert re.fullmatch(r"20\d\d[a-z]", found())


# -- any set at all ---------------------------------------------------------------------------------------------

NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda name: name not in ("always", "24x7", "sla")
)
TEXTS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)
SPANS = st.builds("{}{}".format, st.integers(1, 400), st.sampled_from("smhdw"))
TARGETS = st.one_of(SPANS, st.builds("{} business days".format, st.integers(1, 30)))
VALUES = st.one_of(TEXTS, st.integers(-5, 5), st.booleans(), st.none())
FIELDS = st.dictionaries(
    st.sampled_from(["customer", "type", "tags"]),
    st.one_of(VALUES, st.lists(VALUES, min_size=1, max_size=3)),
    min_size=1,
)
RECORDS = st.fixed_dictionaries(
    {"event": st.sampled_from(["created", "public_reply", ["closed", "resolved"]])}, optional={"by": st.just("agent")}
)
CONDITIONS = st.recursive(
    st.one_of(FIELDS, RECORDS),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3), "changed": st.just("group")}),
    ),
    max_leaves=4,
)
THRESHOLDS = st.one_of(
    st.builds("{}%".format, st.integers(1, 300)), st.builds("{} {}".format, SPANS, st.sampled_from(["before", "after"]))
)
STATUSES = st.lists(TEXTS, max_size=3)
OBJECTIVES = st.fixed_dictionaries(
    {"kind": st.just("custom"), "start": CONDITIONS, "stop": CONDITIONS},
    optional={
        "pause": st.one_of(STATUSES, FIELDS), "warn": st.lists(THRESHOLDS, max_size=1), "calendar": st.just("always"),
        "on_change": st.sampled_from(["carry", "restart", "freeze"]),
        "on_resolve": st.sampled_from(["cancel", "met", "run"]),
    },
).flatmap(
    lambda made: st.one_of(
        TARGETS.map(lambda target: {**made, "target": target}),
        st.dictionaries(st.sampled_from(["P1", "p2", "3", "default"]), TARGETS, min_size=1).map(
            lambda targets: {**made, "targets": targets}
        ),
    )
)  # fmt: skip
POLICIES = st.fixed_dictionaries(
    {"objectives": st.dictionaries(NAMES, OBJECTIVES, min_size=1, max_size=3)},
    optional={
        "when": FIELDS, "level": st.sampled_from(["corporate", "service", "customer"]), "pause": STATUSES,
        "status": st.sampled_from(["active", "draft"]), "statuses": st.fixed_dictionaries({"known": STATUSES}),
    },
)  # fmt: skip


@st.composite
def document_sets(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Documents of a set without problems: ranks keep policies apart."""
    named = draw(st.dictionaries(NAMES, POLICIES, min_size=1, max_size=3))
    return [
        {"apiVersion": "slamon/v1", "kind": "TicketSLA", "metadata": {"name": name}, "spec": {**spec, "rank": rank}}
        for rank, (name, spec) in enumerate(named.items())
    ]


@settings(max_examples=60, deadline=None)
@given(document_sets(), st.randoms(use_true_random=False))
def test_any_set_survives_its_text_in_any_writing(documents: list[dict[str, Any]], random: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = _write_and_load(Path(folder), documents, flow=False)
        random.shuffle(documents)
        second = _write_and_load(Path(folder), documents, flow=True)
    assert first.text == second.text
    again = from_text(first.text)
    assert plain(again.policies) == plain(first.policies)
    assert texts.canonical(Entries(texts.documents_of(first.text)[0]).whole(), NOW + 20 * YEAR_MS) == first.text


@settings(max_examples=30, deadline=None)
@given(document_sets())
def test_the_text_loses_nothing_of_the_files(documents: list[dict[str, Any]]) -> None:
    content = yaml.safe_dump_all(documents, allow_unicode=True).encode()
    straight = policy_set("", Entries(read("p.yaml", content)[0]).whole())
    entries = Entries(texts.documents_of(texts.canonical(Entries(read("p.yaml", content)[0]).whole(), NOW))[0])
    assert plain(policy_set("", entries.whole())) == plain(straight)


def _write_and_load(folder: Path, documents: list[dict[str, Any]], *, flow: bool) -> Any:
    text = yaml.safe_dump_all(documents, allow_unicode=True, default_flow_style=flow, sort_keys=flow, width=10_000)
    (folder / "policies.yaml").write_text(text, encoding="utf-8")
    return load([folder], NOW)
