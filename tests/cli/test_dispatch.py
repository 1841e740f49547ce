"""The command line finds its commands, whoever wrote them, and says what it does not know."""

import subprocess
import sys
from io import StringIO

import pytest

from slamon import __version__, cli
from slamon.engine.form import FORM
from tests.cli.calling import ROOT, call


def test_the_version_is_told():
    assert call("--version") == (0, f"slamon {__version__} ({FORM})\n", "")


def test_help_lists_every_command_with_what_it_does():
    said = call("--help")
    assert said.code == 0
    for name, summary in cli.COMMANDS.items():
        assert f"  {name}" in said.out
        assert summary in said.out


def test_help_of_a_command_is_what_the_command_says_of_itself():
    assert call("help", "replay") == call("replay", "--help")
    assert call("help", "policy", "list") == call("policy", "list", "--help")


def test_no_command_is_a_mistake_that_help_answers():
    said = call()
    assert (said.code, said.out) == (2, call("--help").out)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["tst"], "expected a command, got 'tst' (did you mean 'test'?)"),
        (["xyzzy"], "expected a command, got 'xyzzy' (`slamon --help` lists them)"),
        (
            ["policy", "shema"],
            "expected a command, got 'policy shema' (known: policy schema, policy publish, policy list, policy show)",
        ),
    ],
)
def test_an_unknown_command_is_answered_with_the_nearest_one(words: list[str], hint: str):
    assert call(*words) == (2, "", f"slamon: {hint}\n")


def test_a_command_whose_module_is_missing_breaks_no_other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cli, "COMMANDS", {**cli.COMMANDS, "absent": "is not there"})
    assert call("absent") == (2, "", "slamon absent: this installation does not have that command\n")
    assert call("policy", "schema").code == 0


def test_every_command_of_the_table_that_is_there_explains_itself():
    for name in cli.COMMANDS:
        said = call(*name.split(), "--help")
        if "does not have that command" not in said.err:
            assert said.code == 0, name
            assert said.out.startswith(f"usage: slamon {name}"), name


def test_a_wrong_option_is_answered_with_the_usage():
    said = call("test", "--nope", "x.yaml")
    assert (said.code, said.out) == (2, "")
    assert "slamon test: unrecognized arguments: --nope (`slamon test --help` says more)" in said.err


def test_options_may_stand_between_files():
    assert "unrecognized" not in call("test", "a.yaml", "-v", "b.yaml").err


def test_an_interrupt_is_reported_as_shells_do(monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("slamon.commands.policy_schema.run", interrupted)
    assert call("policy", "schema").code == 130


def test_a_reader_that_goes_away_is_no_error():
    class Gone(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    assert cli.main(["policy", "schema"], Gone(), StringIO()) == 141


@pytest.mark.parametrize(
    "words", [["check", "x.yaml"], ["test", "x.yaml"], ["replay", "--policies", "x.yaml", "y"], ["policy", "schema"]]
)
def test_offline_commands_load_no_kafka_client(words: list[str]):
    script = (
        "import sys; from slamon.cli import main; main(sys.argv[1:]);"
        "loaded = {'faust', 'mode', 'aiokafka', 'rocksdict', 'aiohttp'} & sys.modules.keys(); sys.exit(str(loaded) if loaded else 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_a_pipe_that_is_closed_early_leaves_no_complaint():
    shell = f"{sys.executable} -m slamon policy schema | head -c 1"
    ran = subprocess.run(["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.stderr) == ("{", "")
