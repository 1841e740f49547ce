"""What one unit has on its tables: tickets and services over one view of the store, and one ledger of what is told."""

from slamon.engine.clock_rows import Form
from slamon.engine.desk import Desk
from slamon.engine.keys import is_head
from slamon.engine.ledger import Ledger
from slamon.engine.limits import Limits
from slamon.engine.listing import Changes
from slamon.engine.overlay import Overlay
from slamon.engine.position import Position
from slamon.engine.subjects import SERVICES, TICKETS, Subjects, kind_of
from slamon.engine.unit import Store, Unit
from slamon.sla.coverage import Rules


class Work:
    """The work of one batch or tick; `close` writes it all into the unit."""

    def __init__(
        self,
        store: Store,
        rules: Rules,
        limits: Limits,
        source: str,
        position: Position,
        caught_up: bool,
        clocks: Form | None = None,
    ) -> None:
        self.overlay = Overlay(store)
        self.unit: Unit = self.overlay.unit
        self.ledger = Ledger(self.overlay, source)
        self.position = position
        self._desks = {
            kind.name: Desk(
                kind,
                self.overlay,
                self.ledger,
                rules,
                limits,
                position,
                caught_up,
                None if clocks is None else Changes(clocks, kind, rules, self.unit),
            )
            for kind in (TICKETS, SERVICES)
        }

    def desk(self, kind: Subjects) -> Desk:
        """The desk of one kind of subject."""
        return self._desks[kind.name]

    def pass_time(self, keys: list[bytes], before: int) -> None:
        """Let everything happen that time brings to these subjects and facts before the instant."""
        self.overlay.look_ahead(keys)
        facts: list[bytes] = []
        subjects = [(self.desk(kind_of(key)), key[1:].decode()) for key in keys if is_head(key)]
        for desk, subject in subjects:
            facts += desk.pass_time(subject, before)
        self.overlay.look_ahead(facts)
        for desk, subject in subjects:
            desk.keep_time(subject, before)

    def flush(self) -> None:
        """Write the subjects."""
        for desk in self._desks.values():
            desk.flush()

    @property
    def moved(self) -> bool:
        """Whether other clocks are open than before."""
        return any(desk.position_changed for desk in self._desks.values())
