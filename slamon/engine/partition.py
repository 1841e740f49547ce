"""One partition: a batch of records or a tick -> one Unit. Synchronous, no I/O; the store is only read.

Two entrances, `on_batch` and `on_tick`, and one exit: whatever they decide is a Unit that the caller commits and
applies before it asks for the next one (architecture: one unit, one transaction).
"""

from collections import Counter
from collections.abc import Sequence

from slamon.engine import letters
from slamon.engine.codec import APPLIED, HEAD, decode_ticket, decode_watermark, is_watermark
from slamon.engine.desk import Desk
from slamon.engine.limits import Limits
from slamon.engine.partitioner import partition_of
from slamon.engine.position import Applied, OpenKey, Position, decode_position, digest_of, encode_position
from slamon.engine.render import Reading
from slamon.engine.unit import Record, Store, Unit
from slamon.sla.coverage import Rules
from slamon.sla.events import InvalidRecord, TicketEvent
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
    ) -> None:
        self.number = number
        self.partitions = partitions
        self.store = store
        self.limits = limits or Limits()
        self.source = f"/slamon/{prefix.rstrip('.')}"
        self.rules = Rules(book)
        self.position: Position = decode_position(store.get(APPLIED))
        self.behind = False
        self.silent: frozenset[str] = frozenset()
        self.held: frozenset[str] = frozenset()
        self._sweep: list[bytes] | None = None
        self._sweeping = 0  # the edge that is being carried to all tickets

    @property
    def book(self) -> PolicyBook:
        """The policies in force, all versions; assign a new book when one is published."""
        return self.rules.book

    @book.setter
    def book(self, book: PolicyBook) -> None:
        self.rules = Rules(book)

    @property
    def open(self) -> Counter[OpenKey]:
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
        desk = Desk(self.store, self.rules, self.limits, self.source, self.position, caught_up)
        applied = self.position.applied.get(topic)
        following = applied.next_offset if applied is not None else 0
        for record in records:
            if record.offset >= following:
                self._take(desk, topic, record, partition_time)
        self._close(desk, topic, records, following)
        if partition_time is not None:
            self._release(desk, partition_time, now)
        desk.ledger.flush()
        return desk.unit

    def on_tick(
        self,
        partition_time: int,
        now: int,
        behind: bool = False,
        silent: frozenset[str] = frozenset(),
        held: frozenset[str] = frozenset(),
    ) -> Unit:
        """Everything that time brings before partition time - allowed lateness; call again while `unit.more`.

        `silent` are the sources that have not spoken for longer than they should: their tickets' facts say so, or wait
        as long as the source is among `held` too (semantics 4.4).
        """
        self.behind, self.silent, self.held = behind, silent, held
        before = partition_time - self.limits.allowed_lateness_ms
        desk = Desk(self.store, self.rules, self.limits, self.source, self.position, caught_up=True)
        keys = self._due(desk, before, now)
        for key in keys:
            if key.startswith(HEAD):
                desk.pass_time(key[1:].decode(), before)
        desk.flush()
        self._ripe(desk, keys, before, now)
        desk.ledger.flush()
        if desk.position_changed or not desk.unit.empty:
            desk.overlay.put(APPLIED, encode_position(self.position))
        return desk.unit

    def next_due(self) -> int | None:
        """The instant of the earliest timer, or None; 0 while a change of the rules is being carried to all tickets."""
        if self._sweep is not None:
            return 0
        first = self.store.due(2**63, 1)
        edge = self.rules.next_edge(self.position.swept) if self.position.swept is not None else None
        return min([at for at, _ in first] + ([] if edge is None else [edge]), default=None)

    # -- records -----------------------------------------------------------------------------------------------

    def _take(self, desk: Desk, topic: str, record: Record, present: int | None) -> None:
        try:
            if is_watermark(record.headers):
                desk.unit.watermarks.append(decode_watermark(record.value))
                return
            desk.unit.counts["records", (topic,)] += 1
            event = self._decode(record)
            desk.take(event, record.timestamp, present)
        except InvalidRecord as error:
            letter = letters.dead(error, topic, self.number, record, self.limits.max_record)
            desk.unit.outgoing.append(letter)
            desk.unit.size += len(letter.value)
            desk.unit.counts["dead", (error.reason,)] += 1

    def _decode(self, record: Record) -> TicketEvent:
        if record.value is not None and len(record.value) > self.limits.max_record:
            raise InvalidRecord(
                "too_large", f"value: expected at most {self.limits.max_record} bytes, got {len(record.value)}"
            )
        event = decode_ticket(record.value, record.headers, record.key, record.timestamp)
        key = event.ticket.encode()
        if record.key is not None and record.key != key:
            raise InvalidRecord(
                "key_mismatch", f"key: expected the ticket id {event.ticket!r}, got {record.key[:256]!r}"
            )
        home = partition_of(key, self.partitions)
        if home != self.number:
            raise InvalidRecord(
                "wrong_partition",
                f"partition: expected {home} (murmur2 of the key over {self.partitions}), got {self.number}"
                " (use the ticket id as the key and Kafka's default partitioner, or an input through intake)",
            )
        latest = record.timestamp + self.limits.max_future_ms
        if event.at > latest:
            raise InvalidRecord(
                "from_the_future",
                f"at: expected at most {rfc3339(latest)} (Kafka's timestamp + max_future), got {rfc3339(event.at)}",
            )
        return event

    def _close(self, desk: Desk, topic: str, records: Sequence[Record], following: int) -> None:
        desk.flush()
        if not records or records[-1].offset < following:
            return
        last = records[-1]
        self.position.applied[topic] = Applied(last.offset + 1, last.timestamp, digest_of(last))
        desk.overlay.put(APPLIED, encode_position(self.position))

    def _release(self, desk: Desk, partition_time: int, now: int) -> None:
        before = partition_time - self.limits.allowed_lateness_ms
        reading = self._reading(now)
        desk.ledger.release(list(desk.ledger.touched), before, reading, desk.unit, ticking=False)

    # -- time --------------------------------------------------------------------------------------------------

    def _due(self, desk: Desk, before: int, now: int) -> list[bytes]:
        """Keys whose time has come, those within `page_within` first, older ones filling the rest."""
        desk.position_changed = self.position.swept is None
        swept = self._sweep_page(before)
        if swept:
            desk.position_changed = True
            desk.unit.more = True
            return swept
        limit = self.limits.tick_keys
        pageable = self.store.due(before, limit, max(0, now - self.limits.page_within_ms))
        older = self.store.due(before, limit - len(pageable)) if len(pageable) < limit else []
        keys = list(dict.fromkeys(key for _, key in (*pageable, *older)))
        desk.unit.more = len(keys) >= limit
        return keys

    def _sweep_page(self, before: int) -> list[bytes]:
        """A page of all heads, when an edge of the rules has passed that they may have been written without."""
        if self.position.swept is None:
            self.position.swept = before - 1
        if self._sweep is None:
            edge = self.rules.next_edge(self.position.swept)
            if edge is None or edge >= before:
                return []
            self._sweep = [key for key, _ in self.store.scan(HEAD)]
            self._sweeping = edge
        page, rest = self._sweep[: self.limits.tick_keys], self._sweep[self.limits.tick_keys :]
        self._sweep = rest or None
        if not rest:
            self.position.swept = self._sweeping  # not before: a worker that ends meanwhile begins again
        return page

    def _ripe(self, desk: Desk, keys: list[bytes], before: int, now: int) -> None:
        waiting = [key for key in keys if not key.startswith(HEAD)]
        desk.ledger.release([*desk.ledger.touched, *waiting], before, self._reading(now), desk.unit)

    def _reading(self, now: int) -> Reading:
        limits = self.limits
        return Reading(now, limits.page_within_ms, limits.allowed_lateness_ms, self.behind, self.silent, self.held)
