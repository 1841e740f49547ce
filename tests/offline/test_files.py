"""Recorded tickets come in many wrappings; each row is read by itself, and what is broken is told by its line."""

import gzip
import io
from pathlib import Path

import orjson
import pytest

from slamon.offline import files as module
from slamon.offline.files import Bad, Files, Row, Unreadable
from slamon.offline.json_text import CHUNK


def read(path: Path) -> list[object]:
    """JSON values, cells, or (line, reason) of what is bad."""
    return [told(row) for row in Files([str(path)]).rows()]


def told(row: Row | Bad) -> object:
    if isinstance(row, Bad):
        return (int(row.place.rsplit(":", 1)[1]), row.reason)
    return row.cells if row.cells is not None else orjson.loads(row.value)


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


A, B = {"ticket": "A"}, {"ticket": "B", "text": 'a "]" and\nmore'}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.ndjson", b'{"ticket":"A"}\n\n  {"ticket":"B","text":"a \\"]\\" and\\nmore"}'),
        ("x.jsonl", b'\xef\xbb\xbf{"ticket":"A"}\r\n{"ticket":"B","text":"a \\"]\\" and\\nmore"}\r\n'),
        ("x.json", orjson.dumps([A, B])),
        ("x.json", b" [\n" + orjson.dumps(A, option=orjson.OPT_INDENT_2) + b" ,\n" + orjson.dumps(B) + b"\n]\n"),
        ("x.json", orjson.dumps(A) + b"\n" + orjson.dumps(B, option=orjson.OPT_INDENT_2)),
        ("x", orjson.dumps(A) + b"\n" + orjson.dumps(B)),
        ("x.txt", orjson.dumps([A, B])),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_json_in_every_shape_gives_the_same_records(tmp_path: Path, name: str, content: bytes, packed: bool):
    path = tmp_path / (name + ".gz" * packed)
    assert read(write(path, gzip.compress(content) if packed else content)) == [A, B]


def test_a_single_object_is_one_record(tmp_path: Path):
    assert read(write(tmp_path / "x.json", orjson.dumps(A, option=orjson.OPT_INDENT_2))) == [A]


def test_a_compressed_file_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path):
    assert read(write(tmp_path / "x.ndjson", gzip.compress(b'{"ticket":"A"}'))) == [A]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_table_is_read_by_its_first_line(tmp_path: Path, mark: str):
    lines = [mark.join(["ticket", "text"]), mark.join(["A", "x"]), mark.join(["B", f'"a{mark} ""b""\nand c"'])]
    path = write(tmp_path / "x.csv", "\r\n".join(lines) + "\r\n")
    assert read(path) == [{"ticket": "A", "text": "x"}, {"ticket": "B", "text": f'a{mark} "b"\nand c'}]


def test_a_row_with_other_columns_is_bad_and_the_next_one_is_read(tmp_path: Path):
    path = write(tmp_path / "x.csv", "a,b\n1,2\n1,2,3\n\n1\n3,4\n")
    assert read(path) == [{"a": "1", "b": "2"}, (3, "not_csv"), (5, "not_csv"), {"a": "3", "b": "4"}]


def test_a_table_without_rows_and_an_empty_file_hold_nothing(tmp_path: Path):
    assert read(write(tmp_path / "x.csv", "a,b\n")) == []
    for name in ("x", "y.csv", "z.json", "z.ndjson"):
        assert read(write(tmp_path / name, "")) == []


def test_a_broken_value_ends_its_json_file_with_a_complaint_that_has_its_line(tmp_path: Path):
    assert read(write(tmp_path / "x.json", '[{"ticket": "A"},\n {"ticket": B}, {"ticket": "C"}]')) == [
        A,
        (2, "not_json"),
    ]


def test_an_array_that_is_cut_off_is_said(tmp_path: Path):
    assert read(write(tmp_path / "x.json", '[{"ticket": "A"},\n')) == [A, (2, "not_json")]


@pytest.mark.parametrize("size", [CHUNK - 20, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_value_that_lies_across_the_pieces_read_is_whole(tmp_path: Path, size: int):
    values = [{"text": "ä" * (size // 2)}, 12345678, {"n": 1}]
    assert read(write(tmp_path / "x.json", orjson.dumps(values))) == values


def test_memory_holds_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_LINE", 100)
    path = write(tmp_path / "x.ndjson", b'{"ticket":"A"}\n' + b"x" * 1000 + b'\n{"ticket":"A"}\n')
    assert read(path) == [A, (2, "too_large"), A]
    path = write(tmp_path / "x.csv", b"ticket\nA\n" + b"x" * 1000 + b"\nA\n")
    assert read(path) == [A, (3, "too_large"), A]


def test_a_value_without_end_is_not_gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("slamon.offline.json_text.MAX_VALUE", 1000)
    assert read(write(tmp_path / "x.json", b'["' + b"x" * 500_000)) == [(1, "not_json")]
    assert read(write(tmp_path / "x.json", b"[" * 100_000)) == [(1, "not_json")]


def test_the_places_of_several_files_are_told_apart(tmp_path: Path):
    first, second = write(tmp_path / "a.ndjson", "{}\n{}\n"), write(tmp_path / "b.csv", "a\n1\n")
    files = Files([str(first), str(second)])
    assert [row.place for row in files.rows()] == [f"{first}:1", f"{first}:2", f"{second}:2"]
    assert files.read == files.size == 10


def test_stdin_is_read_by_what_it_begins_with():
    for content in (b'{"ticket":"A"}\n', b'[{"ticket":"A"}]', b"ticket\nA\n", gzip.compress(b'{"ticket":"A"}')):
        (row,) = Files(["-"], io.BytesIO(content)).rows()
        assert told(row) == A
        assert row.place.startswith("stdin:")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (gzip.compress(b'{"ticket":"A"}\n' * 9999)[:-20], "expected a whole gzip file"),
        (b"\x1f\x8b" + b"x" * 50, "expected a whole gzip file"),
    ],
)
def test_a_file_that_can_not_be_read_to_its_end_is_an_error(tmp_path: Path, content: bytes, why: str):
    with pytest.raises(Unreadable, match=why):
        read(write(tmp_path / "x.ndjson.gz", content))


def test_a_file_that_is_not_there_or_is_none_is_an_error(tmp_path: Path):
    for path in (tmp_path / "none.csv", "a\0b"):
        with pytest.raises(Unreadable, match="expected"):
            Files([str(path)])
    with pytest.raises(Unreadable, match="expected a file that can be read, got: Is a directory"):
        read(tmp_path)


def test_other_encodings_spoil_a_row_of_a_table_and_end_a_json_file(tmp_path: Path):
    first, second = Files([str(write(tmp_path / "x.csv", b"a\n\xe4\n1\n"))]).rows()
    assert isinstance(first, Row)
    assert first.cells == {"a": "\udce4"}
    assert told(second) == {"a": "1"}
    with pytest.raises(Unreadable, match="expected UTF-8, got byte 0xe4"):
        read(write(tmp_path / "x.json", b'["\xe4"]'))
