"""What operators must see: tickets no policy covers, and values no policy knows (semantics 3.9)."""

from typing import TYPE_CHECKING

from slamon.sla.coverage import SLA, Coverage
from slamon.sla.frame import name_of
from slamon.sla.ticket import View

if TYPE_CHECKING:
    from slamon.sla.fold import Fold


def notice(fold: "Fold", view: View) -> None:
    """Count what no policy covers or knows; each ticket and each change of a value once."""
    if not (view.first or view.record.fields):
        return
    coverage = fold.rules.coverage(fold.rules.version_at(view.at))
    if view.first and not _covered(fold, coverage, view):
        fold.step.count("uncovered")
    for name, known in coverage.known_values.items():
        value = name_of(view.after, name)
        if value and value != name_of(view.before, name) and value.casefold() not in known:
            fold.step.count("unknown_value", name)


def _covered(fold: "Fold", coverage: Coverage, view: View) -> bool:
    promised = any(slot == SLA for slot, _ in fold.cover(coverage.version, view.at))
    return promised or coverage.exempted(view.after, view.at)
