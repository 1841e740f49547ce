"""What comes into being with each record writes its constructor out, which mypyc compiles: each part lands in its own place."""

from dataclasses import fields
from typing import Any

import pytest

from slamon.engine.form import FORM
from slamon.engine.state import Telling
from slamon.sla.clock import Clock, Span
from slamon.sla.events import Fact, TicketEvent
from slamon.sla.ticket import Ticket


@pytest.mark.skipif(FORM == "compiled", reason="the compiled form takes only what has the declared type")
@pytest.mark.parametrize("made", [TicketEvent, Fact, Span, Clock, Ticket, Telling])
def test_every_part_lands_in_its_own_place(made: type[Any]) -> None:
    parts = {part.name: object() for part in fields(made) if part.init}
    one = made(**parts)
    assert {name: getattr(one, name) for name in parts} == parts
    assert made(*parts.values()) == one
