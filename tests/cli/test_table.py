"""Tables: drawn where they fit, whole where they do not."""

from io import StringIO

import pytest

from slamon.commands.table import write_table

ROW = ["2024-01-08T10:15:00Z", "T-1", "No mail since noon"]
HEADS = ["at", "ticket", "title"]


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def shown(out: StringIO) -> str:
    write_table(out, "breaches (1)", HEADS, [ROW])
    return out.getvalue()


def test_a_terminal_that_is_wide_enough_gets_a_drawn_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "┃" in shown(Terminal()) and ROW[0] in shown(Terminal())


def test_nothing_is_cut_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert "┃" not in shown(Terminal())
    assert all(cell in shown(Terminal()) for cell in ROW)


def test_a_file_gets_plain_columns() -> None:
    assert shown(StringIO()).splitlines()[2] == "  2024-01-08T10:15:00Z  T-1     No mail since noon"
