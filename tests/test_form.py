"""The rules and the engine run in one form, and it is the one that was asked for."""

import os
from importlib import import_module
from pathlib import Path

import pytest

import slamon
from slamon.engine.form import FORM

PACKAGE = Path(slamon.__file__).parent
MODULES = sorted(
    f"slamon.{room}.{path.stem}"
    for room in ("sla", "engine")
    for path in (PACKAGE / room).glob("*.py")
    if path.name != "__init__.py"
)


def test_there_is_something_to_look_at():
    assert len(MODULES) > 60


@pytest.mark.parametrize("name", MODULES)
def test_every_module_of_both_rooms_has_the_form_that_slamon_tells(name: str):
    assert str(import_module(name).__file__).endswith(".py") is (FORM == "pure")


def test_the_form_is_the_one_that_was_asked_for():
    """`make compiled` asks: without it the tests could run on the source beside the compiled modules."""
    asked = os.environ.get("FORM")
    if asked is None:
        pytest.skip("nobody asked for a form")
    assert asked == FORM
