"""JSON values one after the other, or in one array, read piece by piece: memory holds one value."""

import codecs
import json
from collections.abc import Iterator
from typing import IO

CHUNK = 64 * 1024
MAX_VALUE = 1024 * 1024
_SPACE = " \t\r\n"


class JsonText:
    """Reads the values of a stream, each with the line it begins on."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._parse = json.JSONDecoder().raw_decode
        self._text, self._at, self._line, self._ended = "", 0, 1, False

    def values(self) -> Iterator[tuple[int, bytes, str]]:
        """(line, JSON, complaint): after a complaint nothing more can be found in this stream."""
        in_array = self._next(_SPACE) == "["
        if in_array:
            self._at += 1
        while (mark := self._next(_SPACE + "," if in_array else _SPACE)) and not (in_array and mark == "]"):
            value, complaint = self._value()
            yield self._line, value, complaint
            if complaint:
                return
            self._pass(len(value.decode()))
        if in_array and not mark:
            yield self._line, b"", "value: expected the end of the array, got the end of the file"

    def _next(self, skipped: str) -> str:
        """The next character that is none of these, empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in skipped:
                self._pass(1)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _value(self) -> tuple[bytes, str]:
        while True:
            try:
                _, end = self._parse(self._text, self._at)
                if end < len(self._text) or not self._more():  # a number may go on in the next piece
                    return self._text[self._at : end].encode(), ""
            except RecursionError:
                return b"", "value: expected JSON, got values nested too deeply"
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > MAX_VALUE:
                    return b"", f"value: expected at most {MAX_VALUE} bytes of JSON, got more"
                if not self._more():
                    return (
                        b"",
                        f"value: expected JSON, got an error ({error.msg}); what follows in this file is not read",
                    )

    def _pass(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _more(self) -> bool:
        """Whether there was more to read."""
        if self._ended:
            return False
        piece = self._stream.read(CHUNK)
        self._ended = not piece
        self._text = self._text[self._at :] + self._decode.decode(piece, final=self._ended)
        self._at = 0
        return not self._ended
