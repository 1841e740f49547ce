"""`.proto` text in tokens, without comments."""

import re
from collections.abc import Iterator

OPENING, CLOSING = frozenset("{["), frozenset("}]")
TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?\*/|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[\w.]+|[{}\[\]()<>;,=:/+-])""",
    re.DOTALL,
)


class NotRead(ValueError):
    """The text is not one that is read here."""


def tokens_of(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise NotRead(f"expected .proto text, got {text[at : at + 20]!r}")
        at = found.end()
        if found["text"]:
            yield found["text"]


class Tokens:
    """What is left of a file."""

    def __init__(self, tokens: list[str]) -> None:
        self._left = tokens[::-1]

    @property
    def next(self) -> str:
        return self._left[-1] if self._left else ""

    def take(self) -> str:
        if not self._left:
            raise NotRead("expected more, got the end")
        return self._left.pop()

    def expect(self, *tokens: str) -> None:
        for token in tokens:
            if (found := self.take()) != token:
                raise NotRead(f"expected {token!r}, got {found!r:.40}")

    def taken(self, token: str) -> bool:
        """Whether it came next; then it is gone."""
        return self.next == token and bool(self.take())

    def string(self) -> str:
        if (found := self.take())[0] not in "\"'" or "\\" in found:
            raise NotRead(f"expected a plain string, got {found!r:.40}")
        return found[1:-1]

    def number(self) -> int:
        sign = -1 if self.taken("-") else 1
        found = self.take()
        octal = found.startswith("0") and found.isdigit()
        return sign * int(found, 8 if octal else 0)

    def skip(self, end: str) -> list[str]:
        """What stands before the token that ends it, with everything in brackets; both are gone."""
        skipped: list[str] = []
        depth = 0
        while (found := self.take()) != end or depth:
            skipped.append(found)
            depth += (found in OPENING) - (found in CLOSING)
        return skipped

    def options(self) -> None:
        if self.taken("["):
            self.skip("]")

    def block(self) -> Iterator[str]:
        """The first token of each statement between braces."""
        self.expect("{")
        while not self.taken("}"):
            if not self.taken(";"):
                yield self.next
