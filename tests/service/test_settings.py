"""Settings: three sources, every problem at once, no secret anywhere."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slamon.service.settings import SettingsError, load, password, print_config, reference, username
from slamon.service.settings.environment import VARIABLES
from slamon.service.settings.quantities import DURATION_UNITS, Duration, duration_text
from slamon.service.settings.schema import FIELDS

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"
LOGIN = {
    "SLAMON_SECURITY__PROTOCOL": "SASL_SSL",
    "SLAMON_SECURITY__MECHANISM": "SCRAM-SHA-512",
    "SLAMON_SECURITY__USERNAME": "slamon",
    "SLAMON_SECURITY__PASSWORD": "hunter2",
}


def refused(environ: dict[str, str], config: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(config, environ)
    return [str(problem) for problem in caught.value.problems]


def written(folder: Path, text: str) -> Path:
    path = folder / "slamon.yaml"
    path.write_text(text)
    return path


def test_a_worker_starts_without_any_setting():
    settings = load(None, {}).settings
    assert (settings.bootstrap, settings.http_port, settings.group) == ("localhost:9092", 8080, "slamon")
    assert settings.limits.max_lateness == 30 * 86_400_000


def test_the_environment_wins_over_the_file_setting_by_setting(tmp_path):
    config = written(tmp_path, "http_port: 1\nlimits: {settle: 1s, max_hold: 3s}\n")
    loaded = load(config, {"SLAMON_LIMITS__SETTLE": "2s"})
    limits = loaded.settings.limits
    assert (loaded.settings.http_port, limits.settle, limits.max_hold) == (1, 2000, 3000)


def test_the_file_is_named_by_the_variable_unless_given(tmp_path):
    config = written(tmp_path, "http_port: 1\n")
    assert load(None, {"SLAMON_CONFIG": str(config)}).settings.http_port == 1


def test_all_problems_are_told_at_once_with_their_place(tmp_path):
    config = written(
        tmp_path,
        'http_port: "80"\nprefx: a.\nlimits:\n  settle: 30 seconds\nkafka: {heartbeat_interval: 20s}\nclock: recrods\n',
    )
    environ = {"SLAMON_LOG__LEVEL": "loud", "SLAMON_HTTP_PRT": "1", "SLAMON_SECURITY__PROTOCOL": "SASL_SSL"}
    assert sorted(refused(environ, config)) == sorted(
        [
            "environment: SLAMON_HTTP_PRT: expected a known variable, got an unknown one (did you mean 'SLAMON_HTTP_PORT'?)",
            f"{config}:1: http_port: expected a whole number, got '80'",
            f"{config}:2: prefx: expected a known setting, got 'prefx' (did you mean 'prefix'?)",
            f"{config}:4: limits.settle: expected a duration like '30s' from 0s to 10m, got '30 seconds' (did you mean '30s'?)",
            f"{config}:5: kafka.heartbeat_interval: expected at most a third of session_timeout, got '20s'",
            f"{config}:6: clock: expected one of 'wall' or 'records', got 'recrods' (did you mean 'records'?)",
            "SLAMON_LOG__LEVEL: log.level: expected one of 'debug', 'info', 'warning' or 'error', got 'loud'",
            "security.mechanism: expected a mechanism with SASL_SSL, got nothing (for example SCRAM-SHA-512)",
            "security.username: expected username or username_file with SASL_SSL, got nothing",
            "security.password: expected password or password_file with SASL_SSL, got nothing",
        ]
    )


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"SLAMON_BOOTSTRAP": "kafka"}, "expected host:port, separated by commas, got 'kafka'"),
        ({"SLAMON_BOOTSTRAP": "kafka://a:1"}, "no scheme and no credentials here: see security"),
        ({"SLAMON_PARTITIONS": "0"}, "expected a number of at least 1, got 0"),
        ({"SLAMON_PARTITIONS": "1.5"}, "expected a whole number, got 1.5"),
        ({"SLAMON_HTTP_PORT": "tcp://10.0.0.1:80"}, "expected a whole number, got 'tcp://10.0.0.1:80'"),
        ({"SLAMON_LIMITS__SETTLE": "30"}, "expected a duration like '30s' from 0s to 10m, got '30'"),
        ({"SLAMON_LIMITS__RETENTION": "1d"}, "limits.retention: expected at least max_lateness"),
        ({"SLAMON_LIMITS__MAX_RECORD": "9MiB"}, "expected a size like '512KiB' from 16KiB to 8MiB, got '9MiB'"),
        ({"SLAMON_INSTANCE_ID": "a b"}, "instance_id: expected a text of the form"),
        ({"SLAMON_INPUTS": "{"}, "inputs: expected a list, got ***"),
        ({"SLAMON_INPUTS": "[{name: a, topic: t}]"}, "inputs[0].source: expected a value, got nothing"),
        ({"SLAMON_INPUTS": "[{name: a, topic: t, source: custom}]"}, "inputs[0].mapping: expected a mapping file"),
        ({"SLAMON_INPUTS": "[{name: a, topic: t, source: jira, mapping: m}]"}, "expected nothing for source 'jira'"),
        (
            {"SLAMON_INPUTS": "[{name: a, topic: t, source: jira}, {name: a, topic: u, source: jira}]"},
            "inputs[1].name: expected a name that no other input has, got 'a'",
        ),
        ({"SLAMON_SECURITY__USERNAME": "x"}, "expected nothing with PLAINTEXT"),
        ({**LOGIN, "SLAMON_SECURITY__PASSWORD_FILE": "/dev/null"}, "either password or password_file"),
        ({"SLAMON_SECURITY__PROTOCOL": "SSL", "SLAMON_SECURITY__CA_FILE": "/nowhere"}, "a readable, non-empty file"),
        ({"SLAMON_SECURITY__CA_FILE": "/dev/null"}, "expected SSL or SASL_SSL where certificates are set"),
        ({"SLAMON_CONFIG": "/nowhere/slamon.yaml"}, "/nowhere/slamon.yaml: file: expected a readable settings file"),
    ],
)
def test_a_wrong_value_is_refused_with_the_way_out(environ, problem):
    assert problem in "\n".join(refused(environ))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "expected YAML"),
        ("- a", "expected a mapping of settings, got list"),
        ("clock: wall\nclock: wall\n", "slamon.yaml:2: clock: expected each key once, got it twice"),
        ("clock: !!python/object/apply:os.getcwd []", "expected YAML"),
        ("x" * (1024 * 1024 + 1), "expected at most 1MiB of settings"),
        ("http_port: true", "http_port: expected a whole number, got true"),
        ("limits: 5", "limits: expected a mapping, got 5"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, text, problem):
    assert problem in "\n".join(refused({}, written(tmp_path, text)))


def test_an_empty_file_says_nothing(tmp_path):
    assert load(written(tmp_path, "# nothing\n"), {}).settings == load(None, {}).settings


def test_what_kubernetes_and_the_test_suite_put_there_is_no_setting():
    links = [
        "SLAMON_SERVICE_HOST",
        "SLAMON_SERVICE_PORT",
        "SLAMON_PORT",
        "SLAMON_PORT_8080_TCP_ADDR",
        "SLAMON_WEB_SERVICE_PORT_HTTP",
    ]
    assert load(None, dict.fromkeys([*links, "SLAMON_TEST_BOOTSTRAP", "SLAMON_VECTORS"], "x")).origins == {}


def test_an_empty_variable_is_not_set():
    assert load(None, {"SLAMON_HTTP_PORT": ""}).settings.http_port == 8080


def test_paths_in_the_environment_are_separated_by_commas():
    assert load(None, {"SLAMON_POLICIES": "a.yaml, b"}).settings.policies == [Path("a.yaml"), Path("b")]


def test_the_password_is_nowhere_to_be_seen():
    loaded = load(None, LOGIN)
    assert "hunter2" not in repr(loaded) + str(loaded.settings) + print_config(loaded)
    assert password(loaded.settings.security) == "hunter2"


def test_a_refused_secret_is_not_repeated():
    assert "hunter2" not in "\n".join(refused({**LOGIN, "SLAMON_SECURITY__PROTOCOL": "SASL", "SLAMON_CLOCK": "x"}))
    assert "hunter2" not in "\n".join(refused({"SLAMON_BOOTSTRAP": "slamon:hunter2@kafka:9092"}))
    assert "hunter2" not in "\n".join(refused({**LOGIN, "SLAMON_SECURITY__MECHANISM": ""}))


def test_a_secret_of_the_wrong_type_is_not_repeated(tmp_path):
    (problem,) = refused({}, written(tmp_path, "security: {password: 4711}\n"))
    assert problem.endswith("security.password: expected a text, got ***")


def test_credentials_come_from_files_too(tmp_path):
    (tmp_path / "user").write_text("slamon\n")
    (tmp_path / "pass").write_text("hunter2\n")
    files = {
        "SLAMON_SECURITY__USERNAME_FILE": str(tmp_path / "user"),
        "SLAMON_SECURITY__PASSWORD_FILE": str(tmp_path / "pass"),
    }
    environ = {name: value for name, value in LOGIN.items() if not name.endswith(("NAME", "WORD"))} | files
    security = load(None, environ).settings.security
    assert (username(security), password(security)) == ("slamon", "hunter2")


def test_print_config_can_be_loaded_again_and_names_every_origin(tmp_path):
    first = load(
        written(tmp_path, "prefix: acme.\n"),
        {"SLAMON_HTTP_PORT": "0", "SLAMON_INPUTS": "[{name: a, topic: t, source: jira}]"},
    )
    text = print_config(first)
    again = load(written(tmp_path, text), {})
    assert again.settings == first.settings
    assert f'prefix: "acme."  # {tmp_path}/slamon.yaml:1' in text
    assert "http_port: 0  # SLAMON_HTTP_PORT" in text
    assert 'clock: "wall"  # default' in text
    assert yaml.safe_load(text).keys() == yaml.safe_load(print_config(load(None, {}))).keys()


def test_every_setting_is_described_and_every_scalar_has_a_variable():
    assert [path for path, field in FIELDS.items() if not field.description] == []
    assert set(VARIABLES) >= {
        "SLAMON_BOOTSTRAP",
        "SLAMON_POLICIES",
        "SLAMON_DATADIR",
        "SLAMON_HTTP_PORT",
        "SLAMON_INSTANCE_ID",
    }


def test_the_docs_are_current():
    assert DOCS.read_text() == reference(), "run: python -m slamon.service.settings > docs/settings.md"


@given(st.integers(0, 999), st.sampled_from(sorted(DURATION_UNITS)))
def test_a_duration_is_read_as_it_is_shown(number, unit):
    amount = number * DURATION_UNITS[unit]
    assert Duration("0s", "1000w").read(duration_text(amount)) == amount
