"""Facts as slamon's own engine writes them, for the views of the demo."""

from slamon.demo.board import Board, Service
from slamon.demo.fact import Fact

NOON = 1_704_456_000_000  # 2024-01-05T12:00:00Z


def fact(what: str, ticket: str = "INC-1", after: int = 0, **more) -> Fact:
    known = {
        "objective": "availability" if more.get("state") else "resolution",
        "target": "20s",
        "priority": "P1",
        "customer": "Acme",
        "id": f"{what}{ticket}{after}",
    }
    return Fact(what, ticket, NOON + after, 18, **{**known, **more})


def clock(ticket: str, due_at: str, **more) -> dict:
    context = {"title": "VPN drops every few minutes", "url": None, "customer": "Acme", "group": None, "assignee": None}
    told = {"ticket": ticket, "objective": "resolution", "policy": "gold", "target": "20s", "priority": "P1"}
    return {**told, "due_at": due_at, "context": context, **more}


def standing(name: str, state: str, due_at: int | None = None, breached_at: int | None = None) -> Service:
    """How a service stands at noon, with six seconds of its budget left."""
    return Service(name, state, "99.2%", 0.9944, 28_800, 6_000, due_at, breached_at, NOON)


def board_of(*facts: Fact) -> Board:
    board = Board()
    for one in facts:
        board.add(one)
    return board
