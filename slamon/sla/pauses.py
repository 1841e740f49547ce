"""Why a clock does not run now: the objective's pause list, or an explicit hold."""

from typing import Final

from slamon.sla.conditions import Any, Condition, Field, Fields, holds, leaves, same
from slamon.sla.policy import Objective

KEPT_REASON: Final = 100  # characters: a clock may keep hundreds of reasons


def pause_reason(objective: Objective, fields: Fields, held: bool) -> str | None:
    """Why the objective does not run now, or None; an explicit hold counts unless the pause list is empty."""
    pause = objective.pause
    if isinstance(pause, Any) and not pause.parts:
        return None
    if held:
        return "on hold"
    return _reason(pause, fields) if pause is not None and holds(pause, fields) else None


def _reason(condition: Condition, fields: Fields) -> str:
    for leaf in leaves(condition):
        if isinstance(leaf, Field) and any(same(fields.get(leaf.name), wanted) for wanted in leaf.values):
            return f"{leaf.name}={fields.get(leaf.name)}"[:KEPT_REASON]
    return "pause condition"
