"""Records in files: ndjson, JSON or CSV, each perhaps compressed, read piece by piece. Knows no record and no source."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson

from slamon.offline.json_text import JsonText

MAX_LINE = 1024 * 1024
STDIN = "-"
BOM = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t|"


class Unreadable(Exception):
    """A file can not be read at all, or not to its end."""


class Row(NamedTuple):
    """One record: where it stands, and its JSON, or for CSV its cells by column."""

    place: str
    value: bytes = b""
    cells: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Bad:
    """What should be a record and is none."""

    place: str
    reason: str
    message: str


class Files:
    """The records of several files, one after the other; `read` of `size` bytes are behind us (0: unknown)."""

    def __init__(self, paths: Sequence[str], stdin: IO[bytes] | None = None) -> None:
        self.paths = paths
        self.at = 0  # which of them is being read
        self._stdin = stdin
        self._done = 0
        self._raw: IO[bytes] | None = None
        sizes = [0 if path == STDIN else _size(path) for path in paths]
        self.size = sum(sizes) if all(sizes) else 0

    @property
    def read(self) -> int:
        return self._done + (self._raw.tell() if self._raw is not None else 0)

    def rows(self) -> Iterator[Row | Bad]:
        """Every record in the order of the files; raises Unreadable."""
        for number, path in enumerate(self.paths):
            self.at = number
            name = "stdin" if path == STDIN else path
            try:
                yield from self._file(path, name)
            except (gzip.BadGzipFile, zlib.error, EOFError) as error:
                raise Unreadable(f"{name}: expected a whole gzip file, got: {error}") from None
            except OSError as error:
                raise Unreadable(f"{name}: expected a file that can be read, got: {error.strerror or error}") from None
            except UnicodeDecodeError as error:
                raise Unreadable(f"{name}: expected UTF-8, got byte 0x{error.object[error.start]:02x}") from None

    def _file(self, path: str, name: str) -> Iterator[Row | Bad]:
        if path == STDIN:
            assert self._stdin is not None
            yield from _rows(_Peeked(self._stdin), name, "")
            return
        with Path(path).open("rb") as raw:
            self._raw = raw
            suffixes = [suffix.lower() for suffix in Path(path).suffixes]
            yield from _rows(_Peeked(raw), name, next((s for s in reversed(suffixes) if s != ".gz"), ""))
            self._done, self._raw = self._done + raw.tell(), None


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError as error:
        hint = f": {error.strerror}" if error.strerror else ""
        raise Unreadable(f"{path}: expected a file that can be read, got none{hint}") from None
    except ValueError:
        raise Unreadable(f"{path!r}: expected the name of a file") from None


class _Peeked:
    """A stream whose first bytes can be looked at; what is compressed is opened, whatever its name."""

    def __init__(self, raw: IO[bytes]) -> None:
        stream = BufferedReader(raw) if not hasattr(raw, "peek") else raw  # type: ignore[type-var]
        if stream.peek(2)[:2] == b"\x1f\x8b":
            stream = BufferedReader(gzip.GzipFile(fileobj=stream))
        self.stream: BufferedReader = stream  # type: ignore[assignment]

    def start(self) -> bytes:
        """The first bytes that are no white space."""
        return self.stream.peek(4096).removeprefix(BOM).lstrip()


def _rows(peeked: _Peeked, name: str, suffix: str) -> Iterator[Row | Bad]:
    start = peeked.start()
    if suffix == ".csv" or (suffix not in (".json", ".ndjson", ".jsonl") and start[:1] not in (b"{", b"[", b'"')):
        yield from _table(peeked.stream, name)
    elif suffix == ".json" or start[:1] == b"[":
        for line, value, complaint in JsonText(peeked.stream).values():
            place = f"{name}:{line}"
            yield Bad(place, "not_json", complaint) if complaint else Row(place, value)
    else:
        yield from _ndjson(peeked.stream, name)


def _ndjson(stream: BufferedReader, name: str) -> Iterator[Row | Bad]:
    for number, line in _lines(stream):
        place = f"{name}:{number}"
        if line is None:
            yield _too_long(place)
        elif value := line.removeprefix(BOM).strip():
            yield Row(place, value)


def _table(stream: BufferedReader, name: str) -> Iterator[Row | Bad]:
    csv.field_size_limit(MAX_LINE)
    problems: list[Bad] = []
    lines = _texts(stream, name, problems)
    first = next(lines, "")
    head = next(csv.reader([first], delimiter=(cut := max(_DELIMITERS, key=first.count))), [])
    reader = csv.reader(lines, delimiter=cut)
    while True:
        place = f"{name}:{reader.line_num + 2}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Bad(place, "not_csv", f"row: expected CSV, got an error ({error})")
            continue
        yield from problems
        problems.clear()
        if cells is None:
            return
        if len(cells) == len(head):
            yield Row(place, cells=dict(zip(head, cells, strict=True)))
        elif cells:
            yield Bad(place, "not_csv", f"row: expected {len(head)} columns as in the first line, got {len(cells)}")


def _texts(stream: BufferedReader, name: str, problems: list[Bad]) -> Iterator[str]:
    """The lines as text; a byte that is no UTF-8 spoils its own row only, which the mapping refuses."""
    for number, line in _lines(stream):
        if line is None:
            problems.append(_too_long(f"{name}:{number}"))
            yield "\n"
        else:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")


def _lines(stream: BufferedReader) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number, None for one that is too long; memory holds one line."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) <= MAX_LINE:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE + 1)
        yield number, None


def _too_long(place: str) -> Bad:
    return Bad(place, "too_large", f"line: expected at most {MAX_LINE} bytes, got more")


def as_json(cells: Mapping[str, Any]) -> bytes:
    """A row as a JSON object; half of a surrogate pair stands for a byte that was no UTF-8."""
    try:
        return orjson.dumps(cells)
    except (TypeError, orjson.JSONEncodeError):
        raise UnicodeError("row: expected UTF-8, got other bytes") from None
