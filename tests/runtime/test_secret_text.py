"""Secrets in files: bounded, and never repeated in an error."""

from pathlib import Path

import pytest

from slamon.runtime.secret_text import MAX_BYTES, secret_text


def test_the_text_is_what_stands_between_the_blanks(tmp_path: Path) -> None:
    (file := tmp_path / "secret").write_bytes(b" s3cret\r\n")
    assert secret_text(file) == "s3cret"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "got an empty file"),
        (b" \n", "got an empty file"),
        (b"geheim\xff", "got other bytes"),
        (b"s" * (MAX_BYTES + 1), "got more than 65536 bytes"),
    ],
)
def test_what_is_no_secret_is_told_without_repeating_it(tmp_path: Path, raw: bytes, words: str) -> None:
    (file := tmp_path / "secret").write_bytes(raw)
    with pytest.raises(ValueError, match=words) as told:
        secret_text(file)
    assert "geheim" not in str(told.value)
    assert told.value.__cause__ is None


def test_a_file_that_is_not_there_is_told_by_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        secret_text(tmp_path / "secret")
