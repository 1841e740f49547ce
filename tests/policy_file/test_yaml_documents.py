"""YAML as people write it by mistake or in malice: what is read, what is refused, and on which line."""

import pytest

from slamon.policy_file.yaml_documents import MAX_BYTES, MAX_NODES, Document, read


def documents(text: str) -> list[Document]:
    """The documents of a text without problems."""
    found, problems = read("a.yaml", text.encode())
    assert problems == []
    return found


def problems(content: str | bytes) -> list[str]:
    """What is wrong with the content."""
    raw = content.encode() if isinstance(content, str) else content
    return [str(problem) for problem in read("a.yaml", raw)[1]]


def test_several_documents_in_one_file_keep_their_lines() -> None:
    first, second = documents("a: 1\n---\nb:\n  - x\n  - c: 2\n")
    assert (first.value, second.value) == ({"a": 1}, {"b": ["x", {"c": 2}]})
    assert first.lines[("a",)] == 1
    assert second.lines[("b", 0)] == 4
    assert second.lines[("b", 1, "c")] == 5


def test_empty_documents_between_others_are_passed_over() -> None:
    assert [d.value for d in documents("---\n---\na: 1\n---\n# nothing\n---\n")] == [{"a": 1}]


def test_what_yaml_1_1_would_turn_into_something_else_stays_text() -> None:
    (document,) = documents("a: [no, on, 09:00, 2024-12-24, 1_000, 0x10, 1e3, y]")
    assert document.value == {"a": ["no", "on", "09:00", "2024-12-24", "1_000", "0x10", "1e3", "y"]}


def test_plain_scalars_are_numbers_truth_values_and_null() -> None:
    (document,) = documents("{a: 1, b: -2, c: 1.5, d: true, e: null, f: ~, g:, h: 'true', i: \"1\"}")
    expected = {"a": 1, "b": -2, "c": 1.5, "d": True, "e": None, "f": None, "g": None, "h": "true", "i": "1"}
    assert document.value == expected


def test_keys_are_text_whatever_they_look_like() -> None:
    (document,) = documents("{1: a, true: b, 2024-12-24: c, ~: d}")
    assert document.value == {"1": "a", "true": "b", "2024-12-24": "c", "~": "d"}


def test_an_anchor_is_the_value_it_names() -> None:
    (document,) = documents("a: &warn [50%, 90%]\nb: *warn\n")
    assert document.value == {"a": ["50%", "90%"], "b": ["50%", "90%"]}


def test_a_merged_mapping_gives_way_to_keys_of_its_own() -> None:
    (document,) = documents("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc:\n  <<: [{x: 7}, *a]\n")
    assert document.value["b"] == {"x": 1, "y": 3}
    assert document.value["c"] == {"x": 7, "y": 2}


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    assert problems("a:\n  x: 1\n  y: 2\n  x: 3\n") == [
        "a.yaml:4: a.x: expected each key once, got it twice (the first is on line 2)"
    ]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!mine x", "!!binary aGk=", "!!set {x}"])
def test_a_tag_is_refused_and_nothing_is_made_from_it(tag: str) -> None:
    (problem,) = problems(f"a: {tag}\n")
    assert problem.startswith("a.yaml:1: a: expected plain values, got the tag '")
    assert problem.endswith("' (remove the tag)")


def test_a_mapping_as_a_key_is_refused() -> None:
    assert problems("? {a: 1}\n: 2\n") == ["a.yaml:1: expected plain text as a key, got something else"]


def test_a_merge_of_something_else_is_refused() -> None:
    assert problems("a:\n  <<: 12\n") == ["a.yaml:2: a: expected a mapping behind <<, got something else"]


def test_a_billion_laughs_are_refused_without_being_laughed() -> None:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert problems("\n".join(lines)) == [
        f"a.yaml:1: expected at most {MAX_NODES} values in a file, got more (aliases count each time they are used)"
    ]


def test_a_billion_laughs_through_merge_keys_are_refused_too() -> None:
    lines = ["a0: &a0 {x: ha}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    (problem,) = problems("\n".join(lines))
    assert problem.startswith(f"a.yaml:1: expected at most {MAX_NODES} values in a file")


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    (problem,) = problems("a: &a [*a]\n")
    assert problem.startswith("a.yaml:1: expected values nested at most 32 deep, and no alias inside its own anchor")


@pytest.mark.parametrize("depth", [40, 5_000, 100_000])
def test_values_nested_too_deeply_are_refused(depth: int) -> None:
    (problem,) = problems("[" * depth + "]" * depth)
    assert "nested" in problem


def test_a_file_above_one_mebibyte_is_refused() -> None:
    assert problems(b"# " + b"x" * MAX_BYTES) == [
        "a.yaml: expected at most 1048576 bytes, got 1048578 bytes (split it into several files)"
    ]


def test_bytes_that_are_not_utf_8_are_refused_with_their_line() -> None:
    assert problems(b"a: 1\nb: \xff\n") == ["a.yaml:2: expected UTF-8 text, got byte 0xff (save the file as UTF-8)"]


def test_a_byte_order_mark_is_of_no_consequence() -> None:
    assert [d.value for d in read("a.yaml", b"\xef\xbb\xbfa: 1\n")[0]] == [{"a": 1}]


def test_control_characters_are_refused_with_their_line() -> None:
    assert problems("a: 1\nb: \x07\n") == ["a.yaml:2: expected YAML, got the character 0x07"]


@pytest.mark.parametrize("content", ['a: 1\nb: "\\ud800"\n', 'a: 1\n"x\\udfff": 2\n', 'a: 1\nb: ["\\ud83d\\ude00"]\n'])
def test_half_of_a_surrogate_pair_is_refused_with_its_line(content: str) -> None:
    assert problems(content) == ["a.yaml:2: expected YAML, got a mistake: half of a surrogate pair"]


@pytest.mark.parametrize("content", ["", "# only words\n", "---\n---\n", "~\n"])
def test_a_file_without_documents_is_refused(content: str) -> None:
    assert problems(content) == ["a.yaml: expected at least one document, got an empty file"]


def test_broken_yaml_is_refused_with_the_line_where_it_breaks() -> None:
    assert problems("a: 1\nb: [1, 2\nc: 3\n") == [
        "a.yaml:3: expected YAML, got a mistake: expected ',' or ']', but got ':'"
    ]


def test_a_tab_as_indentation_is_named() -> None:
    (problem,) = problems("a:\n\tb: 1\n")
    assert problem.startswith("a.yaml:2: expected YAML, got a mistake: found character '\\t'")
    assert problem.endswith("(indent with spaces, never with tabs)")


def test_an_alias_without_anchor_is_refused() -> None:
    assert problems("a: *nowhere\n") == ["a.yaml:1: expected YAML, got a mistake: found undefined alias 'nowhere'"]
