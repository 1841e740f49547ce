"""Tables for people: drawn by rich on a terminal that is wide enough, plain columns anywhere else."""

from collections.abc import Sequence
from typing import TextIO

WIDEST = 10_000  # characters; more than any row has


def printable(text: str) -> str:
    """The text without what would move a terminal's cursor or change its colours: titles come from strangers."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def write_table(
    out: TextIO,
    title: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    total: int | None = None,
    more: str = "",
) -> None:
    """A table with its title; of `total` rows these are the first, and `more` says how to see the others."""
    left = (len(rows) if total is None else total) - len(rows)
    rows = [[printable(cell) for cell in row] for row in rows]
    if not (out.isatty() and _drawn(out, title, heads, rows)):
        _plain(out, title, heads, rows)
    if left > 0:
        out.write(f"... and {left} more{f' ({more})' if more else ''}\n")
    out.write("\n")


def _drawn(out: TextIO, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """False if it would not fit: an instant cut to `2024-0…` is no use to anybody."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads, title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(Text, row))  # as text: a ticket's title may look like markup
    console = Console(file=out)
    if console.measure(table, options=console.options.update(max_width=WIDEST)).maximum > console.width:
        return False
    console.print(table)
    return True


def _plain(out: TextIO, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    out.write(f"{title}\n")
    for row in (heads, *rows):
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        out.write(f"  {line.rstrip()}\n")
