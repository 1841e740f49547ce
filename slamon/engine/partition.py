"""One partition: a batch of records or a tick -> one Unit. Synchronous, no I/O; the store is only read.

Two entrances, `on_batch` and `on_tick`, and one exit: whatever they decide is a Unit that the caller commits and
applies before it asks for the next one (architecture: one unit, one transaction).
"""

from collections.abc import Container, Sequence

from slamon.engine import letters
from slamon.engine.clock_rows import Form
from slamon.engine.codec import decode_watermark, is_watermark
from slamon.engine.desk import Desk
from slamon.engine.keys import APPLIED, is_head
from slamon.engine.limits import Limits
from slamon.engine.listing import Listing
from slamon.engine.partitioner import partition_of
from slamon.engine.position import Applied, OpenKey, Position, decode_position, digest_of, encode_position
from slamon.engine.render import Reading
from slamon.engine.replayed import came_at
from slamon.engine.subjects import SERVICES, TICKETS, Event, Subjects
from slamon.engine.sweep import Sweep
from slamon.engine.unit import Origin, Record, Store, Unit
from slamon.engine.work import Work
from slamon.sla.coverage import Rules
from slamon.sla.events import InvalidRecord
from slamon.sla.instants import render as rfc3339
from slamon.sla.policy import PolicyBook


class Partition:
    """Decides the units of one partition over its durable state."""

    def __init__(
        self,
        number: int,
        partitions: int,
        store: Store,
        book: PolicyBook,
        limits: Limits | None = None,
        prefix: str = "slamon.",
        clocks: Form | None = None,
    ) -> None:
        self.number = number
        self.partitions = partitions
        self.store = store
        self.limits = limits or Limits()
        self.source = f"/slamon/{prefix.rstrip('.')}"
        self.rules = Rules(book)
        position = store.get(APPLIED)
        self.position: Position = decode_position(position)
        self._listing = Listing(clocks, self.position, blank=position is None)
        self.behind = False
        self.silent: Container[Origin] = frozenset()
        self.held: Container[Origin] = frozenset()
        self._uptime = f"{prefix}uptime"
        self._sweep = Sweep(self.position)

    @property
    def book(self) -> PolicyBook:
        """The policies in force, all versions; assign a new book when one is published."""
        return self.rules.book

    @book.setter
    def book(self, book: PolicyBook) -> None:
        self.rules = Rules(book)
        self._sweep.changed()

    @property
    def open(self) -> dict[OpenKey, int]:
        """How many clocks stand in each (policy, objective, priority, stage)."""
        return self.position.open

    def applied(self) -> dict[str, Applied]:
        """By topic: the position after the last record that is part of the state."""
        return self.position.applied

    # -- the two entrances -------------------------------------------------------------------------------------

    def on_batch(
        self, topic: str, records: Sequence[Record], now: int, partition_time: int | None, caught_up: bool
    ) -> Unit:
        """The unit of these records of one topic, in the order of their offsets; `now` is for headers only.

        Facts leave only where `partition_time` is given. Before the partition has caught up nothing is too late.
        """
        work = self._work(caught_up=caught_up)
        kind = SERVICES if topic == self._uptime else TICKETS
        applied = self.position.applied.get(topic)
        following = applied.next_offset if applied is not None else 0
        new = [record for record in records if record.offset >= following]
        told = [self._told(kind, record) for record in new]
        desk, taken = work.desk(kind), 0
        desk.look_ahead([event for event in told if event is not None and not isinstance(event, InvalidRecord)])
        for record, event in zip(new, told, strict=True):
            taken += self._take(work.unit, desk, topic, record, event, partition_time)
        if taken:
            work.unit.counts["records", (topic,)] += taken
        self._close(work, topic, records, following)
        if partition_time is not None:
            self._release(work, partition_time, now)
        work.ledger.flush()
        return work.unit

    def on_tick(
        self,
        partition_time: int,
        now: int,
        behind: bool = False,
        silent: Container[Origin] = frozenset(),
        held: Container[Origin] = frozenset(),
    ) -> Unit:
        """Everything that time brings before partition time - allowed lateness; call again while `unit.more`.

        `silent` are the origins that have not been heard for longer than they should: the facts of what comes from there
        say so, or wait as long as the origin is among `held` too (semantics 4.4).
        """
        self.behind, self.silent, self.held = behind, silent, held
        before = partition_time - self.limits.allowed_lateness_ms
        work = self._work(caught_up=True)
        swept = self.position.swept
        listed = not self._listing.over and self._listing.page(self.store, self.rules, work.unit)
        keys = self._due(work.unit, before, now)
        work.pass_time(keys, before)
        work.flush()
        self._ripe(work, keys, before, now)
        work.ledger.flush()
        work.unit.more |= not self._listing.over
        carried = swept != self.position.swept or self._sweep.walking
        if work.moved or carried or listed or not work.unit.empty:
            work.overlay.put(APPLIED, encode_position(self.position))
        return work.unit

    def next_due(self, before: int = 2**63) -> int | None:
        """The earliest timer that lies before this instant, or the rules' next edge, or None.

        0 while all tickets are gone through for the rules or the topic `clocks`.
        """
        if self._sweep.walking or not self._listing.over:
            return 0
        first = self.store.due(before, 1)
        edge = self._sweep.next_edge(self.rules)
        return min([at for at, _ in first] + ([] if edge is None else [edge]), default=None)

    def _work(self, *, caught_up: bool) -> Work:
        form = self._listing.form
        return Work(self.store, self.rules, self.limits, self.source, self.position, caught_up, form)

    # -- records -----------------------------------------------------------------------------------------------

    def _told(self, kind: Subjects, record: Record) -> Event | InvalidRecord | None:
        """What the record says, what is wrong with it, or None of a watermark."""
        if is_watermark(record.headers):
            return None
        try:
            return self._decode(kind, record)
        except InvalidRecord as error:
            return error

    def _take(
        self,
        unit: Unit,
        desk: Desk,
        topic: str,
        record: Record,
        event: Event | InvalidRecord | None,
        present: int | None,
    ) -> bool:
        """Whether it was a record of a subject, and no watermark."""
        try:
            if event is None:
                unit.watermarks.append(decode_watermark(record.value))
                return False
            if isinstance(event, InvalidRecord):
                raise event
            desk.take(event, record.timestamp, present)
        except InvalidRecord as error:
            letter = letters.dead(error, topic, self.number, record, self.limits.max_record)
            unit.outgoing.append(letter)
            unit.size += letter.size
            unit.counts["dead", (error.reason,)] += 1
        return event is not None

    def _decode(self, kind: Subjects, record: Record) -> Event:
        value, told_key = record.value, record.key
        if value is not None and len(value) > self.limits.max_record:
            raise InvalidRecord(
                "too_large", f"value: expected at most {self.limits.max_record} bytes, got {len(value)}"
            )
        event = kind.decode(value, record.headers, told_key, came_at(record))
        key = event.subject.encode()
        if told_key is not None and told_key != key:
            raise InvalidRecord(
                "key_mismatch", f"key: expected the {kind.name} id {event.subject!r}, got {told_key[:256]!r}"
            )
        home = partition_of(key, self.partitions)
        if home != self.number:
            raise InvalidRecord(
                "wrong_partition",
                f"partition: expected {home} (murmur2 of the key over {self.partitions}), got {self.number}"
                f" (use the {kind.name} id as the key and Kafka's default partitioner, or an input through intake)",
            )
        latest = record.timestamp + self.limits.max_future_ms
        if event.at > latest:
            raise InvalidRecord(
                "from_the_future",
                f"at: expected at most {rfc3339(latest)} (Kafka's timestamp + max_future), got {rfc3339(event.at)}",
            )
        return event

    def _close(self, work: Work, topic: str, records: Sequence[Record], following: int) -> None:
        work.flush()
        if not records or records[-1].offset < following:
            return
        last = records[-1]
        self.position.applied[topic] = Applied(last.offset + 1, last.timestamp, digest_of(last))
        work.overlay.put(APPLIED, encode_position(self.position))

    def _release(self, work: Work, partition_time: int, now: int) -> None:
        before = partition_time - self.limits.allowed_lateness_ms
        reading = self._reading(now)
        work.ledger.release(list(work.ledger.touched), before, reading, work.unit, ticking=False)

    # -- time --------------------------------------------------------------------------------------------------

    def _due(self, unit: Unit, before: int, now: int) -> list[bytes]:
        """Keys whose time has come, those within `page_within` first, older ones filling the rest."""
        swept = self._sweep.page(self.store, self.rules, before, self.limits.tick_keys)
        if swept:
            unit.more = True
            return swept
        limit = self.limits.tick_keys
        pageable = self.store.due(before, limit, max(0, now - self.limits.page_within_ms))
        older = self.store.due(before, limit - len(pageable)) if len(pageable) < limit else []
        keys = list(dict.fromkeys(key for _, key in (*pageable, *older)))
        unit.more = len(keys) >= limit
        return keys

    def _ripe(self, work: Work, keys: list[bytes], before: int, now: int) -> None:
        waiting = [key for key in keys if not is_head(key)]
        work.ledger.release([*work.ledger.touched, *waiting], before, self._reading(now), work.unit)

    def _reading(self, now: int) -> Reading:
        limits = self.limits
        return Reading(now, limits.page_within_ms, limits.allowed_lateness_ms, self.behind, self.silent, self.held)
