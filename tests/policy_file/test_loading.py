"""Which files are read, what is said of those that can not be, and that a set is whole or refused."""

from pathlib import Path

import pytest

from slamon.policy_file import PolicyFileError, from_text, load
from slamon.policy_file.yaml_documents import MAX_BYTES
from tests.policy_file.writing import GOOD, NOW, changed, complaints, loaded, policy


def refusals(*paths: Path) -> list[str]:
    """What loading the paths is refused for."""
    with pytest.raises(PolicyFileError) as refused:
        load(paths, NOW)
    return [str(problem) for problem in refused.value.problems]


def test_a_directory_stands_for_its_yaml_files_and_nothing_hidden_or_deeper(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(policy(name="a", more="rank: 1"))
    (tmp_path / "b.yml").write_text(policy(name="b", more="rank: 2"))
    (tmp_path / "notes.txt").write_text("no policy")
    (tmp_path / "..2024_01_01").mkdir()
    (tmp_path / "..2024_01_01" / "a.yaml").write_text(policy(name="a"))
    (tmp_path / ".hidden.yaml").write_text("broken: [")
    assert [p.name for p in load([tmp_path], NOW).policies.policies] == ["a", "b"]


def test_documents_of_several_files_know_each_other(tmp_path: Path) -> None:
    for number, document in enumerate(GOOD.split("---\n")):
        (tmp_path / f"{number}.yaml").write_text(document)
    together = load([tmp_path], NOW)
    assert [p.name for p in together.policies.policies] == ["gold"]


def test_neither_files_nor_their_order_make_another_version(tmp_path: Path) -> None:
    pieces = [tmp_path / f"{number}.yaml" for number in range(4)]
    for piece, document in zip(pieces, GOOD.split("---\n"), strict=True):
        piece.write_text(f"# comments do not matter\n{document}")
    assert load(list(reversed(pieces)), NOW).text == loaded(tmp_path, GOOD).text


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(GOOD)
    assert load([file, tmp_path, file], NOW).text == load([file], NOW).text


def test_a_file_that_is_missing_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError) as refused:
        load([tmp_path / "no.yaml"], NOW)
    (problem,) = refused.value.problems
    assert str(problem) == f"{tmp_path}/no.yaml: expected a policy file or a directory of them, got nothing there"
    assert problem.unreadable
    assert refused.value.unreadable


def test_a_directory_without_policies_is_unreadable(tmp_path: Path) -> None:
    assert refusals(tmp_path) == [f"{tmp_path}: expected a directory with *.yaml files, got none in it"]


def test_no_path_at_all_is_refused() -> None:
    assert refusals() == ["policies: expected at least one policy file, got none"]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert complaints(tmp_path, "") == ["policies.yaml: expected at least one document, got an empty file"]


def test_a_huge_file_is_refused_without_being_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "policies.yaml").open("wb") as file:
        file.truncate(MAX_BYTES * 1000)
    (problem,) = refusals(tmp_path)
    assert "expected at most 1048576 bytes, got 1048577 bytes" in problem


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policies.yaml").write_bytes("kind: Ärger".encode("latin-1"))
    assert "expected UTF-8 text, got byte 0xc4" in refusals(tmp_path)[0]


def test_a_name_no_file_can_have_is_refused() -> None:
    assert refusals(Path("a\0b"))[0].endswith("expected a file that can be read, got embedded null byte")


def test_problems_of_all_files_come_together_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(policy("{resolution: {target: 0h, warn: [1]}}", name="a"))
    (tmp_path / "b.yaml").write_text("a: [\n")
    (tmp_path / "c.yaml").write_text(policy(name="a", more="rank: x"))
    assert [
        problem.removeprefix(f"{tmp_path}/").split(": expected")[0] for problem in refusals(tmp_path, Path("/no"))
    ] == [
        "/no",
        "a.yaml:6: spec.objectives.resolution.target",
        "a.yaml:6: spec.objectives.resolution.warn[0]",
        "b.yaml:2",
        "c.yaml:4: metadata.name",
        "c.yaml:7: spec.rank",
    ]


def test_the_error_shows_every_problem_in_its_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(policy("{resolution: {target: 0h}}", more="rank: x"))
    with pytest.raises(PolicyFileError) as refused:
        load([tmp_path], NOW)
    assert str(refused.value).splitlines() == [str(problem) for problem in refused.value.problems]


def test_one_fault_does_not_hide_another_in_the_same_document(tmp_path: Path) -> None:
    text = changed("first_response: {target: 30m}", "first_response: {targets: {P1: 1h, p1: 2h}, warn: [soon]}")
    assert [line.split(": expected")[0] for line in complaints(tmp_path, text)] == [
        "policies.yaml:34: spec.objectives.first_response.targets.p1",
        "policies.yaml:34: spec.objectives.first_response.warn[0]",
    ]


def test_a_fault_does_not_make_others_up(tmp_path: Path) -> None:
    text = changed("first_response: {target: 30m}", "first_response: {target: 4 hours}")
    assert len(complaints(tmp_path, text)) == 1
    text = changed(
        "first_response: {target: 30m}", "mine: {kind: custom, start: {by: me}, stop: {}, warn: [1%, x, 1%]}"
    )
    assert [line.split(": expected")[0] for line in complaints(tmp_path, text)] == [
        "policies.yaml:34: spec.objectives.mine.start.by",
        "policies.yaml:34: spec.objectives.mine.start.by",
        "policies.yaml:34: spec.objectives.mine.stop",
        "policies.yaml:34: spec.objectives.mine.target",
        "policies.yaml:34: spec.objectives.mine.warn[1]",
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"apiVersion":"slamon/v9","documents":[]}',
        b"[" * 9999,
        b'{"apiVersion":"slamon/v1","documents":[],"valid_from":"soon"}',
    ],
)
def test_a_text_that_is_no_policy_set_is_refused(text: bytes) -> None:
    with pytest.raises(PolicyFileError, match="policy text: expected a canonical policy text"):
        from_text(text)
