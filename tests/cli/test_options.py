"""Options of commands about a cluster, and the commands they are handed on to."""

from argparse import ArgumentParser

from slamon.commands.options import add_settings, mending


def given(*words: str):
    parser = ArgumentParser()
    add_settings(parser)
    return parser.parse_args(words)


def test_a_command_that_mends_is_told_with_the_options_given():
    said = mending("mend: slamon topics create   # or grant DESCRIBE", given("--bootstrap", "b:1", "--partitions", "4"))
    assert said == "mend: slamon topics create --bootstrap b:1 --partitions 4   # or grant DESCRIBE"


def test_what_needs_quotes_gets_them():
    assert mending("slamon policy publish FILE...", given("--config", "my file")) == (
        "slamon policy publish --config 'my file' FILE..."
    )


def test_other_texts_stay_as_they_are():
    assert mending("ok   broker b:1: reached", given("--bootstrap", "b:1")) == "ok   broker b:1: reached"
