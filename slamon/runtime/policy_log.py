"""What the records of the policies topic mean, in the order of their offsets. No I/O, no clock.

Keys: `text/<version>` holds a policy text, `activation/<instant>/<version>` says from which instant it holds. No key is
written twice with another meaning, so compaction keeps every text and every activation in their order.

The order of offsets decides: the first activation is the first. Every later one must give notice, that is, lie at
least `NOTICE_MS` after its own publication; one that does not is void for every reader alike. So the version in force
at an instant is settled before the instant comes, and follows from the instant alone (semantics 3.12).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from slamon.sla.instants import EARLIEST_MS, LATEST_MS, render
from slamon.sla.policy import Activation, PolicyBook, PolicySet

NOTICE_MS = 10_000
MAX_TEXT = 3 * 1024 * 1024  # of one policy text; the topic takes 4 MiB


class PublicationRefused(Exception):
    """This text cannot hold from the instant it asks for; the text of the exception is for its author."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One activation as it was published: `version` holds from `at`; `by` names the worker or person."""

    version: str
    at: int
    published_at: int
    to_open: bool = False
    by: str = ""

    @property
    def key(self) -> bytes:
        return f"activation/{self.at:015d}/{self.version}".encode()

    @property
    def value(self) -> bytes:
        return orjson.dumps(
            {
                "version": self.version,
                "at": self.at,
                "published_at": self.published_at,
                "to_open": self.to_open,
                "by": self.by,
            }
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """What someone wants to hold from `valid_from` (None: from 10 s after its publication); `by` is for the record."""

    text: bytes
    version: str
    valid_from: int | None = None
    to_open: bool = False
    by: str = ""


def text_key(version: str) -> bytes:
    return f"text/{version}".encode()


class PolicyLog:
    """Every text and every valid activation read so far."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}
        self.publications: list[Publication] = []  # in the order of their offsets
        self._seen: set[bytes] = set()

    def take(self, key: bytes | None, value: bytes | None) -> str | None:
        """Add one record; what is wrong with it, if it was skipped."""
        kind, _, rest = (key or b"").decode("utf-8", "replace").partition("/")
        if value is None:
            return f"the deletion of {kind}/{rest} is not followed: what was published stays"
        if kind == "text" and rest:
            self.texts[rest] = value
            return None
        if kind != "activation" or key is None:
            return f"expected a key text/... or activation/..., got {key!r}"
        return None if key in self._seen else self._activate(key, value)

    def _activate(self, key: bytes, value: bytes) -> str | None:
        publication = _publication(value)
        if publication is None or publication.key != key:
            return f"{key!r}: expected an activation that agrees with its key, got {value[:200]!r}"
        if self.publications and publication.at < publication.published_at + NOTICE_MS:
            return f"{key!r}: void, it holds from {render(publication.at)}, less than 10 s after its publication"
        self._seen.add(key)
        self.publications.append(publication)
        return None

    @property
    def current(self) -> str | None:
        """The version published last, in force or waiting for its instant."""
        return self.publications[-1].version if self.publications else None

    def activated(self, version: str) -> list[Publication]:
        """Every activation of that version."""
        return [each for each in self.publications if each.version == version]


def _publication(value: bytes) -> Publication | None:
    try:
        data = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    kinds = {"version": str, "at": int, "published_at": int, "to_open": bool, "by": str}
    if not isinstance(data, dict) or any(type(data.get(name)) is not kind for name, kind in kinds.items()):
        return None
    if not all(EARLIEST_MS <= data[name] < LATEST_MS for name in ("at", "published_at")):
        return None
    return Publication(**{name: data[name] for name in kinds})


def book_of(log: PolicyLog, sets: Mapping[str, PolicySet]) -> PolicyBook | None:
    """All versions that could be read, by activation; None before there is one.

    The first published holds before its own instant too, even if one published later is activated earlier.
    """
    readable = [each for each in log.publications if each.version in sets]
    if not readable:
        return None
    ordered = sorted(readable, key=lambda each: each.at)
    if ordered[0] is not readable[0]:
        first = readable[0]
        ordered.insert(0, Publication(first.version, ordered[0].at, first.published_at, first.to_open, first.by))
    kept = [each for index, each in enumerate(ordered) if index == 0 or each.version != ordered[index - 1].version]
    return PolicyBook(tuple(Activation(each.at, sets[each.version], each.to_open) for each in kept))


def plan(log: PolicyLog, draft: Draft, now: int) -> Publication | None:
    """The activation to publish now, None if the newest one says the same. Raises PublicationRefused.

    A version that comes back (a roll-back) has used its `valid_from` up and holds from now + 10 s.
    """
    spent = any(each.at == draft.valid_from for each in log.activated(draft.version))
    valid_from = None if spent else draft.valid_from
    if log.current == draft.version and valid_from is None:
        return None
    earliest = now + NOTICE_MS
    at = earliest if valid_from is None else valid_from
    if log.publications and at < earliest:
        raise PublicationRefused(_too_early(at, earliest))
    return Publication(draft.version, at, now, draft.to_open, draft.by)


def _too_early(at: int, earliest: int) -> str:
    return (
        f"valid_from: expected {render(earliest)} or later (now + 10 s), got {render(at)}: a version published before "
        "holds at that instant, and verdicts may rest on it (hint: leave valid_from out, or set it to a future instant)"
    )
