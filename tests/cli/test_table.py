"""Tables show what strangers wrote, and let none of it reach the terminal as a command."""

from io import StringIO

from slamon.commands.table import write_table


def test_columns_are_as_wide_as_what_stands_in_them():
    out = StringIO()
    write_table(
        out, "tickets (3)", ["id", "title"], [["T-1", "No mail"], ["T-20", ""]], total=3, more="--limit 0 shows all"
    )
    assert out.getvalue() == (
        "tickets (3)\n  id    title\n  T-1   No mail\n  T-20\n... and 1 more (--limit 0 shows all)\n\n"
    )


def test_control_characters_of_a_title_reach_no_terminal():
    out = StringIO()
    write_table(out, "t", ["title"], [["\x1b[2Jgone\r\nT-2 \u202eevil"]])
    assert out.getvalue() == "t\n  title\n   [2Jgone  T-2  evil\n\n"
