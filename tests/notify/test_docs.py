"""What docs/notify.md shows is so: its settings load, its check of a signature holds, its example of a summary is one."""

import re
from pathlib import Path

import yaml

from slamon.notify.incident import Trigger
from slamon.notify.post import webhook
from slamon.notify.receivers import routes_of
from slamon.notify.wording import details, summary
from slamon.runtime.wall import wall_ms
from slamon.service.settings import Settings
from tests.notify.facts import CLOCK, MINUTE, NOON, Desk, warning

PAGE = (Path(__file__).parents[2] / "docs" / "notify.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def page():
    (action,) = Desk().hear(warning(48, severity="critical")).tell()
    assert isinstance(action, Trigger)
    return action


def test_the_settings_of_the_example_are_good_ones():
    settings = Settings.model_validate(yaml.safe_load(block("yaml")))
    assert routes_of(settings.notify)(page().page) == {"duty": "critical", "chat": "critical"}


def test_the_check_of_a_signature_holds_for_what_is_posted_and_for_nothing_else():
    shown: dict = {}
    exec(block("python"), shown)
    post = webhook("https://x", b"secret", {}, CLOCK, page(), wall_ms())
    said = post.headers["X-Slamon-Signature"]
    assert shown["genuine"](said, post.body, b"secret")
    assert not shown["genuine"](said, post.body + b" ", b"secret")
    assert not shown["genuine"](said, post.body, b"another")
    old = webhook("https://x", b"secret", {}, CLOCK, page(), wall_ms() - 10 * MINUTE)
    assert not shown["genuine"](old.headers["X-Slamon-Signature"], old.body, b"secret")


def test_the_summary_of_the_example_is_one():
    assert f"`{summary(page(), NOON + 48 * MINUTE)}`" in PAGE


def test_every_detail_is_named():
    told = details(page().page, NOON)
    assert [name for name in told if f"`{name}`" not in PAGE] == []
