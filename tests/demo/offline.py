"""The demo's desk and promises through the engine without Kafka: what a run of so many seconds must show."""

from slamon.demo.board import Board
from slamon.demo.fact import read
from slamon.demo.worker import POLICIES
from slamon.engine.codec import decode_ticket
from slamon.engine.limits import Limits
from slamon.offline.machine import Machine
from slamon.policy_file import load
from slamon.simulation.stream import Plan, Sending, stream
from slamon.sla.policy import Activation, PolicyBook

STEP_MS = 250
LATENESS_MS = 20


class Listener:
    """Takes what leaves the engine as the demo takes it from the facts topics."""

    def __init__(self) -> None:
        self.board = Board()

    def hear(self, outgoing) -> None:
        for record in outgoing:
            self.board.add(read(record.value, record.headers))


def show(seconds: int, start: int, **plan) -> tuple[Board, Machine]:
    """The board after so many seconds of the demo, and the machine behind it."""
    loaded = load([POLICIES], start)
    book = PolicyBook((Activation(loaded.valid_from or 0, loaded.policies),))
    listener = Listener()
    machine = Machine(book, Limits(), listener)
    arriving = stream(Plan(start, **{"seed": 1, "rate": 2.0, "name": "INC-", **plan}))
    first = next(arriving)
    for now in range(start, start + seconds * 1000, STEP_MS):
        due = []
        while first.at <= now:
            due.append((event(first), first.at))
            first = next(arriving)
        if due:
            machine.deliver(due, now, now)
        machine.tick(now)
    return listener.board, machine


def event(sending: Sending):
    return decode_ticket(sending.value, [], sending.key, sending.at)
