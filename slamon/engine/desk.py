"""The tickets, or the services, of one unit on the table: loaded once, changed by records and time, written back once."""

from typing import Any

from slamon.engine.checkpoints import Checkpoints
from slamon.engine.difference import stood, tell_difference
from slamon.engine.heads import Glance, glance
from slamon.engine.ledger import Known, Ledger
from slamon.engine.limits import Limits
from slamon.engine.listing import Changes
from slamon.engine.overlay import Overlay
from slamon.engine.position import OpenKey, Position
from slamon.engine.state import decode_clock, encode_clock
from slamon.engine.subjects import Event, Folding, State, Subjects, apply
from slamon.sla.clock import Clock
from slamon.sla.coverage import Rules
from slamon.sla.events import InvalidRecord, Order, TicketEvent
from slamon.sla.service import Service
from slamon.sla.step import Step


class Desk:
    """Works on the subjects of one kind; `flush` writes what changed."""

    def __init__(
        self, kind: Subjects, overlay: Overlay, ledger: Ledger, rules: Rules, limits: Limits, position: Position, caught_up: bool,
        changes: Changes | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.overlay, self.ledger = kind, overlay, ledger
        self.unit = overlay.unit
        self.rules, self.limits, self.position = rules, limits, position
        self.position_changed = False
        self.caught_up = caught_up
        self._changes = changes  # of the topic `clocks`, if it is written
        self._log = kind.log(overlay, kind.letters)
        self._checkpoints = Checkpoints(overlay, kind, self._log)
        self._folds: dict[str, Folding] = {}
        self._glances: dict[str, Glance] = {}  # of subjects that no fold was needed for so far
        # To fold again once all records of the unit are logged, from the first late one.
        self._late: dict[str, Order] = {}
        self._opened: dict[str, list[OpenKey]] = {}
        # Old enough to be forgotten, but for a fact: to be looked at behind it. At their own instant they could fill every page
        # of what is due, and no fact would ever have its turn.
        self._waits: dict[str, int] = {}

    # -- records -----------------------------------------------------------------------------------------------

    def look_ahead(self, events: list[Event]) -> None:
        """Read together what these records will ask for one by one: heads, and whether their ids are known."""
        keys: dict[bytes, None] = {}
        for event in events:
            keys[self.kind.letters.head_key(event.subject)] = None
            keys[self._log.key(event.subject, event.id)] = None
        self.overlay.look_ahead(list(keys))

    def take(self, event: Event, arrived: int, present: int | None) -> None:
        """Apply one record to its subject, in its place (semantics 4.2, 4.3).

        `arrived` is Kafka's timestamp of it, `present` is partition time, if proven.
        """
        subject, told = event.subject, self.kind.encode_record(event)
        if self._repeated(event, told):
            return
        if isinstance(event, TicketEvent) and self._at_a_glance(event, arrived):
            self._log.put(subject, event.id, event.at, told)
            return
        fold = self._fold(subject)
        state: State = fold.state
        self._refuse_too_late(state, event)
        first = self.caught_up and state.last is None and present is not None
        if first and event.at < (present or 0) - self.limits.retention_ms:
            self.unit.counts["forgotten", ()] += 1
            return
        self._log.put(subject, event.id, event.at, told)
        state.heard = max(state.heard, arrived)
        in_place = _in_place(state, event)
        if in_place and subject not in self._late:
            apply(fold, event)
            self._keep_checkpoint(fold, event.at)
            self._keep(fold)
            return
        self.unit.counts["late", ()] += not in_place
        self._late[subject] = min(event.order, self._late.get(subject, event.order))
        state.last = max(event.order, state.last or event.order)

    def _repeated(self, event: Event, told: bytes) -> bool:
        known = self._log.known(event.subject, event.id)
        if known is None:
            return False
        # Written by another version it may differ in its bytes alone.
        if known != told and self.kind.encode_record(self.kind.decode_record(known)) != told:
            raise id_reused(self.kind.name, event)
        self.unit.counts["duplicate", ()] += 1
        return True

    def _at_a_glance(self, event: TicketEvent, arrived: int) -> bool:
        """Whether the record repeats what stands, and is taken in."""
        subject = event.subject
        if subject in self._folds:
            return False
        seen = self._glances.get(subject)
        if seen is None:
            value = self.overlay.get(self.kind.letters.head_key(subject))
            seen = None if value is None else glance(value)
            if seen is None:
                return False
            self._glances[subject] = seen
        return seen.takes(self.rules, event, arrived)

    def _refuse_too_late(self, state: State, event: Event) -> None:
        """Refuse a record later than allowed; before catching up, one that no kept state is old enough for."""
        if not self.caught_up and not 0 <= event.at <= self._cut(state):
            return
        if state.last is not None and event.at < state.last[0] - self.limits.max_lateness_ms:
            raise InvalidRecord(
                "too_late",
                f"at: expected at most {self.limits.max_lateness_ms // 1000} s behind the {self.kind.name}'s newest record,"
                f" got {(state.last[0] - event.at) // 1000} s",
            )

    def _cut(self, state: Any) -> int:
        cut: int = -1 if self.kind.checkpoint_every is None else state.cut
        return cut

    def _refold(self, subject: str, late: Order) -> None:
        """Work the subject out again from its log, or from a checkpoint before the late record, and tell what that changes."""
        before: State = self._folds[subject].state
        base: State | None = self._checkpoints.before(subject, late)
        kept, begin = (self.kind.blank(subject), -1) if base is None else (base, (base.last or late)[0])
        past = self._past(subject, begin)
        before.past = [clock for _, clock in past]
        was = stood(before, base)
        partial = _partial(before)
        for key, _ in past:
            self.overlay.put(key, None)
        fold = self.kind.fold(self.rules, kept, self.overlay)
        self._fold_again(fold, None if base is None else base.last, begin)
        if before.ticked >= 0:
            fold.time(before.ticked)
        fold.state.heard = before.heard
        after = fold.state
        if isinstance(after, Service):
            after.cut = max(after.cut, self._cut(before))
        step, fold.step = fold.step, Step()
        tell_difference(self.ledger, self._known(fold.state), was, step, fold.state)
        self.unit.counts["partial", ()] += max(0, _partial(fold.state) - partial)
        self._put_past(fold.state)
        self._folds[subject] = fold

    def _fold_again(self, fold: Folding, after: Order | None, begin: int) -> None:
        records = map(self.kind.decode_record, self._log.since(fold.state.subject, begin))
        for record in sorted(records, key=lambda record: record.order):
            if after is None or record.order > after:
                apply(fold, record)
                self._keep_checkpoint(fold, record.at)

    # -- time --------------------------------------------------------------------------------------------------

    def pass_time(self, subject: str, before: int) -> list[bytes]:
        """Let everything happen to the subject that time brings before the instant; the keys of the facts this makes.

        `keep_time` is to follow, once what stands under the keys of a page of subjects was read together.
        """
        fold = self._fold(subject)
        if fold.state.last is None:
            return []
        fold.time(before)
        facts = self.kind.letters.fact_key
        return [facts(subject, fact.at, fact.id) for fact in fold.step.added.values()]

    def keep_time(self, subject: str, before: int) -> None:
        """Keep what time has brought; drop the subject when it is old enough."""
        fold = self._fold(subject)
        if fold.state.last is None:
            return
        self._keep(fold)
        if self._forget_at(fold.state) >= before or any(clock.open for clock in fold.state.clocks):
            return
        waits = self.ledger.waiting(self.kind.letters.facts(subject))
        if waits is None:
            self._forget(subject)
        else:
            self._waits[subject] = waits

    def _forget_at(self, state: State) -> int:
        assert state.last is not None
        return state.last[0] + self.limits.retention_ms

    def _forget(self, subject: str) -> None:
        self._count_open(subject, self.kind.blank(subject))
        self.ledger.forget(self.kind.letters.facts(subject))
        for key, _ in self.overlay.scan(self.kind.letters.clocks(subject)):
            self.overlay.put(key, None)
        self._log.forget(subject)
        self._checkpoints.forget(subject)
        self.overlay.put(self.kind.letters.head_key(subject), None)
        if self._changes is not None:
            self._changes.left(self.kind.blank(subject))
        del self._folds[subject]
        self.unit.counts["forgotten", ()] += 1

    # -- loading and writing -----------------------------------------------------------------------------------

    def _fold(self, subject: str) -> Folding:
        fold = self._folds.get(subject)
        if fold is None:
            state = self._state(subject)
            fold = self._folds[subject] = self.kind.fold(self.rules, state, self.overlay)
            self._opened[subject] = open_clocks(state)
            if self._changes is not None:
                self._changes.found(state)
        return fold

    def _state(self, subject: str) -> Any:
        seen = self._glances.pop(subject, None)
        if seen is not None:
            return seen.ticket()
        value = self.overlay.get(self.kind.letters.head_key(subject))
        return self.kind.blank(subject) if value is None else self.kind.decode_head(value)

    def _keep(self, fold: Folding) -> None:
        """Hand the step's facts to the ledger and its counts to the unit."""
        step, state = fold.step, fold.state
        if not (step.added or step.withdrawn or step.counted or state.past):
            return
        fold.step = Step()
        known = self._known(state)
        for gone in step.withdrawn:
            self.ledger.withdraw(known, gone)
        for fact in step.added.values():
            self.ledger.assert_(known, fact, "true_again")
        if step.counted:
            self.unit.counts.update(step.counted)
        self._put_past(state)

    def flush(self) -> None:
        """Write the heads of all subjects on the table, each under the next instant to look at it."""
        for subject, late in self._late.items():
            self._refold(subject, late)
        self._late = {}
        for subject, seen in self._glances.items():
            self.overlay.put(self.kind.letters.head_key(subject), seen.head(self.limits.retention_ms))
        for subject, fold in self._folds.items():
            state: State = fold.state
            if state.last is None:
                continue
            look_at = self._look_at(fold, is_open=self._count_open(subject, state))
            self.overlay.put(self.kind.letters.head_key(subject), self.kind.encode_head(state, look_at))
            if self._changes is not None:
                self._changes.left(state)

    def _look_at(self, fold: Folding, *, is_open: bool) -> int | None:
        """When time alone changes the subject; one without open clocks is forgotten, unless the rules begin some before."""
        if is_open:
            return fold.next_instant()
        forget_at = self._waits.get(fold.state.subject, self._forget_at(fold.state))
        edge = None if self.kind.checkpoint_every is None else fold.next_instant()
        return forget_at if edge is None else min(edge, forget_at)

    def _count_open(self, subject: str, state: State) -> bool:
        """Whether the subject has open clocks, once they are counted as they stand."""
        now_open = open_clocks(state)
        before = self._opened.get(subject, [])
        if now_open != before:
            self.position.moved(before, now_open)
            self._opened[subject] = now_open
            self.position_changed = True
        return bool(now_open)

    def _keep_checkpoint(self, fold: Folding, at: int) -> None:
        """Keep the state now and then, at a record after which no clock has ended in its instant."""
        state = fold.state
        if self.kind.checkpoint_every is None or not isinstance(state, Service):
            return
        state.since += 1
        if state.since < self.kind.checkpoint_every or state.retired >= at:
            return
        state.since = 0
        self._checkpoints.keep(state)
        if self.caught_up:
            kept = self._checkpoints.trim(state.subject, at - self.limits.max_lateness_ms)
            if kept is not None:
                state.cut = kept
                self._drop_past(state.subject, kept - self.limits.retention_ms)

    def _drop_past(self, subject: str, before: int) -> None:
        self.ledger.drop_settled(self.kind.letters.facts(subject), before)
        last = self.kind.letters.clock_key(subject, "", max(0, before))
        for key, _ in self.overlay.scan(self.kind.letters.clocks(subject)):
            if key >= last:
                return
            self.overlay.put(key, None)

    def _known(self, state: State) -> Known:
        return Known(self.kind.letters, state.subject, state.source, state.heard)

    def _put_past(self, state: State) -> None:
        for clock in state.past:
            self.overlay.put(self.kind.letters.clock_key(state.subject, clock.id, clock.ended_at), encode_clock(clock))
        state.past = []

    def _past(self, subject: str, begin: int) -> list[tuple[bytes, Clock]]:
        """The ended clocks that a fold from the instant on makes anew."""
        letters = self.kind.letters
        first = letters.clock_key(subject, "", begin) if letters.kept and begin >= 0 else b""
        return [(key, decode_clock(value)) for key, value in self.overlay.scan(letters.clocks(subject), first)]


def _in_place(state: State, event: Event) -> bool:
    """Whether the record comes after everything that has happened to its subject."""
    last = state.last
    # The instants alone decide mostly: to compare places is to make objects of ten numbers.
    return last is None or (event.at > state.fired and (event.at > last[0] or event.order > last))


def open_clocks(state: State) -> list[OpenKey]:
    """(policy, objective, priority, stage) of each of the subject's open clocks."""
    priority = str(state.fields.get("priority") or "")
    return [(clock.policy, clock.objective, priority, clock.stage) for clock in state.clocks if clock.open]


def _partial(state: State) -> int:
    return sum(clock.partial for clock in (*state.past, *state.clocks))


def id_reused(kind: str, event: Event) -> InvalidRecord:
    """What is wrong with a record whose id was that of another one of its subject (semantics 4.2)."""
    return InvalidRecord(
        "id_reused",
        f"id: expected a new id for new content, got {event.id!r} of {kind} {event.subject!r} again (the first is kept)",
    )
