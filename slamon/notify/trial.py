"""A page that is only a test: opened and closed at one receiver, by the way all others go."""

from collections.abc import Callable

from slamon.notify.attempt import Again, Delivered, Outcome
from slamon.notify.courier import Courier
from slamon.notify.incident import Action, Resolve, Trigger
from slamon.notify.page import Page

AHEAD_MS = 12 * 60_000


def sample(now: int) -> Page:
    """What somebody sees who tests a receiver."""
    return Page(
        what="warning",
        subject="TEST-1",
        service=False,
        at=now,
        policy="test",
        kind="SLA",
        objective="first_response",
        objective_kind="first_response",
        target="1h",
        due_at=now + AHEAD_MS,
        breached_at=None,
        remaining_ms=AHEAD_MS,
        threshold="80%",
        title="A test of slamon notify: nothing is wrong, nothing is to be done",
        customer="test",
        explained="48 min of 1h used; this page closes itself at once",
    )


async def tried(courier: Courier, say: Callable[[str], None]) -> bool:
    """Whether the receiver took a page and its end."""
    now = courier.now()
    page, clock_id = sample(now), f"slamon-test-{now}"
    actions: list[Action] = [
        Trigger("test", page, "info", update=False),
        Resolve("test", page, "only a test"),
    ]
    async with courier.session() as session:
        for action in actions:
            outcome = await courier.tell(session, clock_id, action)
            say(f"{courier.receiver.name}: {type(action).__name__.lower()} {_said(outcome)}")
            if not isinstance(outcome, Delivered):
                return False
    return True


def _said(outcome: Outcome) -> str:
    if isinstance(outcome, Delivered):
        return "was taken"
    how = "was not taken, would be tried again" if isinstance(outcome, Again) else "was refused"
    return f"{how}: {outcome.why}"
