"""The tables of docs/sources.md, made from the sources themselves: `python -m slamon.sources.tables` prints them."""

import sys

from slamon.sources import SOURCES
from slamon.sources.capabilities import NEEDS, Needs
from slamon.sources.source import SIGNALS, Source

_COLUMNS = (
    "created", "status", "priority", "group", "assigned", "public_reply", "customer_message", "acknowledged", "resolved",
    "closed", "reopened", "deleted",
)  # fmt: skip


def objectives() -> str:
    """Markdown: which built-in objective each source can start and stop, and what it can pause by."""
    head = ("source", *(kind.value for kind in NEEDS), "pause by status")
    rows = [
        (f"`{source.name}`", *(_verdict(source, needs) for needs in NEEDS.values()), _mark("status" in source.shows))
        for source in SOURCES.values()
    ]
    return _markdown(head, rows)


def signals() -> str:
    """Markdown: what each source can show."""
    rows = [
        (f"`{source.name}`", *(_mark(signal in source.shows) for signal in _COLUMNS)) for source in SOURCES.values()
    ]
    return _markdown(("source", *_COLUMNS), rows)


def record_ids() -> str:
    """Markdown: what identifies a record of each source."""
    return _markdown(("source", "record id"), [(f"`{source.name}`", source.record_id) for source in SOURCES.values()])


def _verdict(source: Source, needs: Needs) -> str:
    lacks = [word for word, need in (("start", needs.start), ("stop", needs.stop)) if not need & source.shows]
    return "yes" if not lacks else "no " + ", no ".join(lacks)


def _mark(shown: bool) -> str:
    return "yes" if shown else "-"


def _markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    if set(_COLUMNS) != SIGNALS:
        raise SystemExit("tables.py: _COLUMNS and SIGNALS differ")
    sys.stdout.write(f"{objectives()}\n\n{signals()}\n\n{record_ids()}\n")
