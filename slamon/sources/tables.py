"""The tables of docs/sources.md, made from the sources themselves: `python -m slamon.sources.tables` prints them."""

import sys

from slamon.sources import SOURCES
from slamon.sources.capabilities import NEEDS, Needs
from slamon.sources.source import SIGNALS, UPTIME_SIGNALS, Role, Source

_COLUMNS = (
    "created", "status", "priority", "group", "assigned", "public_reply", "customer_message", "acknowledged", "resolved",
    "closed", "reopened", "deleted",
)  # fmt: skip
_UPTIME_COLUMNS = ("up", "degraded", "down", "maintenance", "unknown", "announced")


def objectives() -> str:
    """Markdown: which built-in objective each source can start and stop, and what it can pause by."""
    kinds = [kind for kind, needs in NEEDS.items() if needs.stop <= SIGNALS]
    head = ("source", *(kind.value for kind in kinds), "pause by status")
    rows = [
        (f"`{one.name}`", *(_verdict(one, NEEDS[kind]) for kind in kinds), _mark("status" in one.shows))
        for one in _of("tickets")
    ]
    return _markdown(head, rows)


def signals() -> str:
    """Markdown: what each source of tickets can show."""
    return _shown("tickets", _COLUMNS)


def states() -> str:
    """Markdown: what each source of services can show, configured as it comes."""
    return _shown("uptime", _UPTIME_COLUMNS)


def record_ids() -> str:
    """Markdown: what identifies a record of each source."""
    return _markdown(("source", "record id"), [(f"`{source.name}`", source.record_id) for source in SOURCES.values()])


def _of(role: Role) -> list[Source]:
    return [source for source in SOURCES.values() if source.role == role]


def _shown(role: Role, columns: tuple[str, ...]) -> str:
    rows = [(f"`{one.name}`", *(_mark(signal in one.shows) for signal in columns)) for one in _of(role)]
    return _markdown(("source", *columns), rows)


def _verdict(source: Source, needs: Needs) -> str:
    lacks = [word for word, need in (("start", needs.start), ("stop", needs.stop)) if not need & source.shows]
    return "yes" if not lacks else "no " + ", no ".join(lacks)


def _mark(shown: bool) -> str:
    return "yes" if shown else "-"


def _markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    if set(_COLUMNS) != SIGNALS or set(_UPTIME_COLUMNS) != UPTIME_SIGNALS:
        raise SystemExit("tables.py: the columns and the signals differ")
    sys.stdout.write(f"{objectives()}\n\n{signals()}\n\n{states()}\n\n{record_ids()}\n")
