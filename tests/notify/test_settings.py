"""slamon promises that settings of receivers and routes that cannot be meant are refused, all at once, and hold no secret."""

import io
from pathlib import Path

import pytest
import yaml

from slamon import cli
from slamon.notify.receivers import problems, routes_of
from slamon.notify.secret_files import NoSecret, secret
from slamon.service.settings import SettingsError, load, print_config
from tests.notify.facts import CLOCK
from tests.notify.pager import pager

KEY = "0123456789abcdef0123456789abcdef"


def file_of(tmp_path: Path, notify: object) -> Path:
    file = tmp_path / "slamon.yaml"
    file.write_text(yaml.safe_dump({"notify": notify}))
    return file


def duty(tmp_path: Path, **more: object) -> dict[str, object]:
    key = tmp_path / "key"
    key.write_text(KEY)
    return {"name": "duty", "pagerduty": {"routing_key_file": str(key)}, **more}


def hook(**more: object) -> dict[str, object]:
    return {"name": "chat", "webhook": {"url": "https://hook.example.com/x", **more}}


def refused(tmp_path: Path, notify: object) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(file_of(tmp_path, notify), {})
    return [f"{p.path}: expected {p.expected}, got {p.got}" for p in error.value.problems]


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example.com",
        "ftp://x.example",
        "https://",
        "file:///etc/passwd",
        "http://10.0.0.1/",
        "hook.example.com",
        "https://[x",
        "https://hook.example.com:99999/",
        "https://hook.example.com:0/",
    ],
)
def test_an_address_is_encrypted_or_on_this_machine(tmp_path, url):
    (said,) = refused(tmp_path, {"receivers": [hook(url=url)]})
    assert "expected an address with https (http to this machine alone)" in said


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://[::1]/x", "http://localhost/x", "https://10.0.0.1/x"])
def test_a_good_address_is_taken(tmp_path, url):
    assert load(file_of(tmp_path, {"receivers": [hook(url=url)]}), {}).settings.notify.receivers[0].webhook


def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path):
    (said,) = refused(tmp_path, {"receivers": [hook(url="https://user:hunter2@hook.example.com")]})
    assert "no user and password in an address" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("receiver", "said"),
    [
        ({"name": "x"}, "pagerduty or webhook, and not both"),
        ({"name": "x", "pagerduty": {}}, "routing_key_file or routing_key_env, and not both"),
        (hook(url_file="/x"), "url or url_file, and not both"),
        (hook(secret_file="/x", secret_env="X"), "secret_file or secret_env"),
        (hook(headers=[{"name": "X"}]), "value or value_file, and not both"),
        (hook(headers=[{"name": "Host", "value": "x"}]), "a header that slamon does not set itself"),
        (hook(headers=[{"name": "X", "value": "a\r\nb"}]), "a text of the form"),
        ({**hook(), "rate": 0}, "a number of at least 1"),
    ],
)
def test_a_receiver_that_cannot_be_meant_is_refused(tmp_path, receiver, said):
    assert said in "\n".join(refused(tmp_path, {"receivers": [receiver]}))


def test_everything_that_does_not_fit_together_is_said_at_once(tmp_path):
    notify = {
        "receivers": [hook(), hook()],
        "routes": [{"receivers": ["chat", "nobody"]}],
        "ticket_url": "https://desk.example.com/",
    }
    assert refused(tmp_path, notify) == [
        "notify.receivers[1].name: expected a name that no other receiver has, got 'chat'",
        "notify.routes[0].receivers[1]: expected the name of a receiver, got 'nobody'",
        "notify.ticket_url: expected an address with {ticket} in it once, got 'https://desk.example.com/'",
    ]


def test_a_worker_does_not_need_the_secrets_of_receivers(tmp_path):
    receiver = {"name": "duty", "pagerduty": {"routing_key_file": str(tmp_path / "not-mounted-here")}}
    assert load(file_of(tmp_path, {"receivers": [receiver]}), {}).settings.notify.receivers


def test_settings_that_are_shown_hold_no_secret_and_can_be_loaded_again(tmp_path):
    notify = {"receivers": [duty(tmp_path), hook()], "routes": [{"receivers": ["duty"], "severities": ["critical"]}]}
    loaded = load(file_of(tmp_path, notify), {})
    shown = print_config(loaded)
    assert KEY not in shown
    assert KEY not in repr(loaded)
    assert yaml.safe_load(shown)["notify"]["routes"][0]["severities"] == ["critical"]


def test_routes_of_the_settings_are_those_of_the_core(tmp_path):
    notify = {"receivers": [hook()], "routes": [{"receivers": ["chat"], "groups": ["Mail"], "severity": "info"}]}
    (route,) = routes_of(load(file_of(tmp_path, notify), {}).settings.notify).routes
    assert (dict(route.wanted), route.receivers, route.severity) == ({"groups": {"mail"}}, ("chat",), "info")


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"", "an empty file"), (b"a\nb", "on one line"), (b"\xff\xfe", "other bytes"), (b"x" * 70_000, "more than")],
)
def test_a_secret_that_is_none_is_said_and_not_repeated(tmp_path, text, said):
    file = tmp_path / "secret"
    file.write_bytes(text)
    with pytest.raises(NoSecret, match=said):
        secret(file, None)


def test_a_secret_may_come_from_a_variable_of_any_name():
    assert secret(None, "PD_KEY", {"PD_KEY": f" {KEY}\n"}) == KEY
    with pytest.raises(NoSecret, match="variable PD_KEY: expected a secret, got nothing"):
        secret(None, "PD_KEY", {})


def test_check_names_everything_that_would_keep_a_page_from_its_receiver(tmp_path):
    (tmp_path / "address").write_text("http://hook.example.com/secret-path")
    (tmp_path / "short").write_text("abc")
    notify = {
        "receivers": [
            {"name": "duty", "pagerduty": {"routing_key_file": str(tmp_path / "short")}},
            {"name": "chat", "webhook": {"url_file": str(tmp_path / "address"), "secret_file": str(tmp_path / "no")}},
        ],
        "routes": [{"receivers": ["chat"]}],
    }
    code, out, err = call("--check", "--config", str(file_of(tmp_path, notify)))
    said = err.splitlines()
    assert (code, out, len(said)) == (1, "", 4)
    assert "expected an integration key of 32 characters, got 3" in said[0]
    assert "expected a route that leads here" in said[1]
    assert "is the secret mounted?" in said[2]
    assert "expected an address with https" in said[3]
    assert "secret-path" not in err


def test_check_is_content_with_what_is_right(tmp_path):
    notify = {"receivers": [duty(tmp_path)], "routes": [{"receivers": ["duty"]}]}
    code, out, _ = call("--check", "--config", str(file_of(tmp_path, notify)))
    assert (code, out) == (0, "notify: no problems (1 receivers, 1 routes)\n")


def test_without_receivers_there_is_nothing_to_run(tmp_path):
    code, _, err = call("--config", str(file_of(tmp_path, {})))
    assert code == 1
    assert "expected a receiver, got none" in err


async def test_a_test_page_is_opened_and_closed(tmp_path):
    import asyncio

    async with pager() as server:
        receiver = duty(tmp_path)
        receiver["pagerduty"]["url"] = f"{server.url}/v2/enqueue"
        file = file_of(tmp_path, {"receivers": [receiver], "routes": [{"receivers": ["duty"]}]})
        code, out, _ = await asyncio.to_thread(call, "--test", "duty", "--config", str(file))
        assert (code, out) == (0, "duty: trigger was taken\nduty: resolve was taken\n")
        trigger, resolve = server.taken
        assert trigger["dedup_key"] == resolve["dedup_key"] != CLOCK
        assert "nothing is wrong" in trigger["payload"]["summary"]
        server.usual = 403
        code, out, _ = await asyncio.to_thread(call, "--test", "duty", "--config", str(file))
        assert (code, out) == (1, "duty: trigger was refused: 403 {}\n")


def test_a_test_of_nobody_names_who_there_is(tmp_path):
    notify = {"receivers": [duty(tmp_path)], "routes": [{"receivers": ["duty"]}]}
    code, _, err = call("--test", "dutty", "--config", str(file_of(tmp_path, notify)))
    assert code == 1
    assert err == "--test: expected the name of a receiver, got 'dutty' (known: duty)\n"


def test_problems_of_no_receivers_are_one():
    assert len(problems(load(None, {}).settings.notify)) == 1


def call(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = cli.main(["notify", *words], out, err)
    return code, out.getvalue(), err.getvalue()
