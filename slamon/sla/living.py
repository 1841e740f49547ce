"""The time between a clock's start and the record that told of it, lived through as the ticket's history tells (semantics 4.8)."""

from typing import TYPE_CHECKING

from slamon.sla import following
from slamon.sla.clock import Clock
from slamon.sla.pauses import pause_reason
from slamon.sla.ticket import Moment, View

if TYPE_CHECKING:
    from slamon.sla.fold import Fold


def live_through(fold: "Fold", clock: Clock, view: View, until: int, *, fires: bool) -> None:
    """Count the clock up to `until`, and stop it there if that lies before the record.

    `fires`: the promise held all the time, so its deadlines and the edges of the rules count. Otherwise the ticket came
    under it with this record: what has elapsed counts, but nothing fires in it.
    """
    moment = _before(fold, clock.start)
    _stand(fold, clock, clock.start, moment)
    for at in _turns(fold, clock.start, until):
        _pass(fold, clock, at, moment, view, fires)
        moment = _before(fold, at) or moment
        if fires and at in fold.rules.edges:
            following.turn(fold, clock, at)
        if not clock.open:
            return
        _stand(fold, clock, at, moment)
    _pass(fold, clock, until, moment, view, fires)
    if until < view.at:
        fold.stop(clock, until, "stop")


def _pass(fold: "Fold", clock: Clock, at: int, moment: Moment | None, view: View, fires: bool) -> None:
    if fires:
        fold.run(clock, at)
    fields = view.after if moment is None else {"status": moment[1], "group": moment[2]}
    fold.settle(clock, at, fields)


def _stand(fold: "Fold", clock: Clock, at: int, moment: Moment | None) -> None:
    """Pause or run as the ticket stood then; where nothing is known of it, it ran."""
    objective = fold.terms(clock)[1]
    if moment is None:
        fold.hold(clock, at, None)
        return
    _, status, group, held = moment
    fields = {**fold.ticket.fields, "status": status, "group": group}
    fold.hold(clock, at, pause_reason(objective, fields, held))


def _turns(fold: "Fold", start: int, until: int) -> list[int]:
    """The instants between at which the ticket, or the rules, changed."""
    moments = {moment[0] for moment in fold.ticket.history if start < moment[0] < until}
    return sorted(moments | {edge for edge in fold.rules.edges if start < edge <= until})


def _before(fold: "Fold", at: int) -> Moment | None:
    """How the ticket stood at the instant, as far as is known."""
    return next((moment for moment in reversed(fold.ticket.history) if moment[0] <= at), None)
